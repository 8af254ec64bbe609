import Testing

/// Histories that once went wrong, and one of a planted fault, as `code(named:)` prints them.
@Suite struct FoundCaseTests {
  @Test func revert_shouldReachAllHeldKeys_whileTwoRangesAreMissing() throws {
    let found = TrieCase(
      startsMissing: true,
      items: ["f0": "", "f": ""],
      steps: [
        .chunk(from: "f", to: nil, limit: 1, edges: .both, lie: 0),
        .apply(["f": nil]),
        .revert(back: 0, byInverse: false),
      ])
    try found.run()
  }
}
