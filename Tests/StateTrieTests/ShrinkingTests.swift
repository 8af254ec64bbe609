import Primitives
import StateTrie
import TestSupport
import Testing

/// The campaign's own test: planted faults are caught, shrunk and printed.
@Suite(.serialized) struct ShrinkingTests {
  struct PlantedFault: CustomTestStringConvertible {
    let name: String
    let stepsMax: Int
    let operations: TrieOperations
    var testDescription: String { name }
  }

  static let faults = [
    PlantedFault(
      name: "a removed key comes back when a longer one begins with it", stepsMax: 1,
      operations: TrieOperations(apply: { trie, diff in
        let receipt = try trie.apply(diff)
        for entry in diff.entries where entry.new == nil && !trie.missing.contains(entry.key) {
          guard trie.items.contains(where: { entry.key.isPrefix(of: $0.key) }) else { continue }
          try trie.put(entry.key, entry.old!)
        }
        return receipt
      })),
    PlantedFault(
      name: "a revert does nothing while two ranges are missing", stepsMax: 4,
      operations: TrieOperations(revert: { trie, receipt in
        if trie.missing.ranges.count < 2 { try trie.revert(receipt) }
      })),
    PlantedFault(
      name: "a chunk loses its last item", stepsMax: 2,
      operations: TrieOperations(take: { trie, chunk in
        trie.apply(chunk)
        if chunk.items.count > 1 { _ = try? trie.remove(chunk.items.last!.key) }
      })),
    PlantedFault(
      name: "a range is given up to its subtree's end", stepsMax: 1,
      operations: TrieOperations(forget: { trie, range in
        trie.forget(KeyRange(start: range.start, end: range.start.subtreeEnd))
      })),
  ]

  @Test(arguments: faults)
  func plantedFault_shouldBeFoundShrunkAndPrinted(fault: PlantedFault) throws {
    var found: (seed: UInt64, history: TrieCase, result: TrieCase, failure: TrieCaseFailure)?
    for seed in 0..<UInt64(100) where found == nil {
      let history = TrieCase.random(style: .prefixes, seed: seed, steps: 200)
      if let shrunk = history.shrunk(by: fault.operations) {
        found = (seed, history, shrunk.smallest, shrunk.failure)
      }
    }
    let (seed, history, smallest, failure) = try #require(found)
    let code = smallest.code(named: "found_\(seed)")
    print("\(fault.name): seed \(seed), \(history.steps.count) steps: \(failure)\n\(code)")
    #expect(smallest.steps.count <= fault.stepsMax && smallest.items.list.count <= 3)
    #expect(throws: TrieCaseFailure.self) { try smallest.run(by: fault.operations) }
    #expect(throws: Never.self) { try smallest.run() }
  }

  @Test func printedCode_shouldBeTheCodeOfATest() throws {
    let history = TrieCase.random(style: .prefixes, seed: 1, steps: 200)
    let shrunk = try #require(history.shrunk(by: Self.faults[1].operations))
    let code = shrunk.smallest.code(named: "revert_shouldReachAllHeldKeys_whileTwoRangesAreMissing")
    let pasted = try PackageFiles.text("Tests/StateTrieTests/FoundCaseTests.swift")
    #expect(pasted.contains(code), "\(code)")
  }

  @Test func trappingHistory_shouldBeShrunk() throws {
    let trap = TrieOperations(apply: { trie, diff in
      let removals = diff.entries.filter { $0.new == nil }
      precondition(removals.count < 3, "planted")
      return try trie.apply(diff)
    })
    var smallest: TrieCase?
    for seed in 0..<UInt64(100) where smallest == nil {
      smallest = TrieCase.random(style: .prefixes, seed: seed, steps: 200)
        .shrunkWhileTrapping(by: trap)
    }
    let found = try #require(smallest)
    #expect(found.steps.count <= 2 && found.items.list.count <= 3)
  }
}
