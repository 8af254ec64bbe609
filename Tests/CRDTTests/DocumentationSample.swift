import CRDT
import TestSupport
import Testing

/// The sample of Docs/CRDT.md: what stands between the marks is the code block of the page.
@Suite struct DocumentationSample {
  private func sample() throws -> [String] {
    var output: [String] = []
    func print(_ values: Any...) { output.append(values.map { "\($0)" }.joined(separator: " ")) }
    // sample begins
    let (a, b) = (ReplicaID(1), ReplicaID(2))
    var clock = HybridClock(replica: a)  // reads no time itself: it is an argument
    var mine = ORSet()
    let added = try mine.apply(
      .add(Array("tea".utf8)), at: Stamp(dot: mine.nextDot(of: a), time: clock.now(at: 1_000)))
    var theirs = ORSet()
    try theirs.merge(delta: added)  // by deltas, in any order, any number of times
    try theirs.merge(delta: added)
    print(theirs.count)

    // Apart: one removes the tea, the other one adds it again.
    _ = try mine.apply(
      .remove(Array("tea".utf8)),
      at: Stamp(dot: mine.nextDot(of: a), time: clock.now(at: 2_000)))
    _ = try theirs.apply(
      .add(Array("tea".utf8)), at: Stamp(dot: theirs.nextDot(of: b), time: .zero))
    print(mine.count, theirs.count)

    try mine.merge(ORSet(wireBytes: theirs.wireBytes))  // or by whole values, over the wire
    try theirs.merge(mine)
    print(mine == theirs, mine.count)
    // sample ends
    return output
  }

  @Test func sample_shouldPrintWhatThePageSays() throws {
    let page = try PackageFiles.text("Docs/CRDT.md")
    let expected = try #require(page.firstMatch(of: /It prints\n\n```\n([\s\S]*?)```/))
    #expect(try sample().joined(separator: "\n") + "\n" == String(expected.1))
  }

  @Test func sample_shouldBeTheCodeOfThePage() throws {
    let source = try PackageFiles.text("Tests/CRDTTests/DocumentationSample.swift")
    let page = try PackageFiles.text("Docs/CRDT.md")
    let lines = source.split(separator: "\n", omittingEmptySubsequences: false)
    let first = try #require(lines.firstIndex { $0.hasSuffix("// sample begins") })
    let last = try #require(lines.firstIndex { $0.hasSuffix("// sample ends") })
    let code = lines[(first + 1)..<last].map { $0.hasPrefix("    ") ? $0.dropFirst(4) : $0 }
    #expect(page.contains("```swift\n" + code.joined(separator: "\n") + "\n```"))
  }
}
