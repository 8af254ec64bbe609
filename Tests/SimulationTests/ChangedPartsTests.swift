import Primitives
import Runtime
import Simulation
import StateTrie
import Testing

/// Which parts of the state are compared anew.
@Suite struct ChangedPartsTests {
  private static func key(_ random: inout RandomStream) -> KeyNibbles {
    KeyNibbles(bytes: random.bytes(20))
  }

  private static func isCovered(_ key: KeyNibbles, by ranges: [KeyRange]) -> Bool {
    ranges.filter { $0.contains(key) }.count == 1
  }

  @Test(arguments: 1...20 as ClosedRange<UInt64>)
  func parts_shouldCoverEveryKeyThatMayHaveChanged_andNoOther(seed: UInt64) throws {
    var random = SimulatedRuntime(seed: seed).randomStream(RandomConsumer(.workload))
    var parts = ChangedParts()
    // At first nothing was compared.
    #expect(parts.take() == StateCheck.parts)
    #expect(parts.take().isEmpty)
    for _ in 0..<50 {
      let ends = [Self.key(&random), Self.key(&random)].sorted()
      let isOpen = random.below(4) == 0
      parts.add(KeyRange(start: ends[0], end: isOpen ? nil : ends[1]))
      let diff = try TrieDiff(entries: [
        .init(key: Self.key(&random), old: nil, new: [1])
      ])
      parts.add(diff)
      let ranges = parts.take()
      #expect(
        Self.isCovered(ends[0], by: ranges) && Self.isCovered(diff.entries[0].key, by: ranges))
      for _ in 0..<20 {
        let key = Self.key(&random)
        let isMeant = key >= ends[0] && (isOpen || key < ends[1])
        if isMeant { #expect(Self.isCovered(key, by: ranges), "seed \(seed)") }
        // The other keys of a part are compared with it.
        let nibbles = Set(ranges.map(\.start))
        #expect(ranges.contains { $0.contains(key) } == nibbles.contains(start(of: key)))
      }
    }
    parts.addAll()
    #expect(parts.take() == StateCheck.parts)
  }

  private func start(of key: KeyNibbles) -> KeyNibbles {
    StateCheck.parts.last { $0.start <= key }?.start ?? .empty
  }
}
