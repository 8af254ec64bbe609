import CRDT
import Delta
import Runtime
import TestSupport
import Testing

/// What coming together by pieces costs. Prints the table of `Docs/Delta.md`, where
/// `LIVESYNC_CONFLICT_ELEMENTS` is 10000.
@Suite struct ConflictFiguresTests {
  private let random = RandomStream(seed: 11, consumer: RandomConsumer(.test))

  private func table(
    _ title: String, _ measure: (Int) throws -> ConflictFigures
  ) throws -> [ConflictFigures] {
    let rows = try [99, 93, 85, 50, 0].map(measure)
    print(title)
    for row in rows {
      let ways = row.ways.map { "\($0.name) \($0.bytes) (\($0.comparisonBytes))" }
      print(
        "\(row.similarity) %: \(row.differences) differ, whole \(row.wholeBytes), "
          + ways.joined(separator: ", "))
    }
    return rows
  }

  @Test func pieces_shouldCostAFractionOfTheStates_whenThereIsLittleDifference() throws {
    let count = Int(Campaign.seeds("LIVESYNC_CONFLICT_ELEMENTS", default: 1_000))
    let sets = try table("sets of \(count) elements of 32 bytes") {
      try .sets(count: count, similarity: $0, random: random)
    }
    let large = try table("sets of \(count) elements of 256 bytes") {
      try .sets(count: count, elementBytes: 256, similarity: $0, random: random)
    }
    let counters = try table("counters of 4,000 replicas") {
      try .counters(similarity: $0, random: random)
    }
    for rows in [sets, large, counters] {
      #expect(rows[0].ways[0].bytes * 4 < rows[0].wholeBytes)
      // What differs a little costs less by symbols, what differs much less by filters.
      #expect(rows[0].ways[0].bytes < rows[0].ways[1].bytes)
      #expect(rows[3].ways[1].comparisonBytes < rows[3].ways[0].comparisonBytes)
    }
  }
}
