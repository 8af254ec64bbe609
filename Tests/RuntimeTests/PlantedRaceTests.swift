import Runtime
import TestSupport
import Testing

/// A race that is there on purpose, to see that ThreadSanitizer sees one. Runs only when asked for.
@Suite struct PlantedRaceTests {
  /// `@unchecked Sendable`, and a lie.
  private final class Unguarded: @unchecked Sendable {
    var count = 0
  }

  @Test(.enabled(if: Campaign.text("LIVESYNC_PLANTED_RACE") != nil))
  func plantedRace_shouldBeReported() async {
    let shared = Unguarded()
    await withDiscardingTaskGroup { group in
      for _ in 0..<8 {
        group.addTask { for _ in 0..<200_000 { shared.count += 1 } }
      }
    }
    #expect(shared.count > 0)
  }
}
