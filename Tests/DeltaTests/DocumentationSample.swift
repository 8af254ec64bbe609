import CRDT
import Delta
import Reconciliation
import Runtime
import TestSupport
import Testing

/// The samples of Docs/Delta.md: what stands between the marks are the code blocks of the page.
@Suite struct DocumentationSample {
  private let me = ReplicaID(1)
  private let them = ReplicaID(2)

  @Test func sampleOfTheLog_shouldDoWhatThePageSays() throws {
    var theirs = OperationLog(author: them)
    let (codec, dictionaries, operation) = (DeltaCodec(), DictionaryShelf(), [UInt8(7)])
    // sample begins
    var mine = OperationLog(author: me)
    try mine.append(kind: 1, operation)  // gives the dot
    let delta = try mine.generateDelta(from: theirs.version)  // tooOld if it was let go
    let bytes = codec.encode(delta).bytes
    let read = try codec.decode(bytes, dictionaries)
    try theirs.take(read.operations)  // what is news, all or nothing
    try mine.acknowledge(theirs.version, by: them)  // lets go what all peers have
    // sample ends
    #expect(theirs.version == mine.version && mine.extent.operations == 0)
  }

  @Test func sampleOfPieces_shouldDoWhatThePageSays() throws {
    let random = RandomStream(seed: 1, consumer: RandomConsumer(.test))
    let theirs = LatticeReplica(ORSet(), salts: random)
    let now = HybridTime(ticks: 1, replica: me)
    let line = PathFigures(bytesPerSecond: 1e6, roundTrip: 0.05)
    // sample begins
    let mine = LatticeReplica(ORSet(), salts: random)
    let added = try mine.apply(.add([7])) { Stamp(dot: $0.nextDot(of: me), time: now) }
    try theirs.merge(delta: added)  // by a delta, or, when some were lost, by a session
    let session = try LatticeExchange(mine, with: theirs, by: AdaptivePolicy(), on: line)
    // sample ends
    #expect(session.phase == .complete && mine.value == theirs.value)
  }

  @Test func samples_shouldBeTheCodeOfThePage() throws {
    let source = try PackageFiles.text("Tests/DeltaTests/DocumentationSample.swift")
    let page = try PackageFiles.text("Docs/Delta.md")
    let lines = source.split(separator: "\n", omittingEmptySubsequences: false)
    let firsts = lines.indices.filter { lines[$0].hasSuffix("// sample begins") }
    let lasts = lines.indices.filter { lines[$0].hasSuffix("// sample ends") }
    #expect(firsts.count == page.split(separator: "```swift\n").count - 1)
    for (first, last) in zip(firsts, lasts) {
      let code = lines[(first + 1)..<last].map { $0.hasPrefix("    ") ? $0.dropFirst(4) : $0 }
      #expect(page.contains("```swift\n" + code.joined(separator: "\n") + "\n```"))
    }
  }
}
