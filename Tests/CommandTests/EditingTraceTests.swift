import CRDT
import Compression
import Foundation
import TestSupport
import Testing
import livesync_bench

/// Recorded editing sessions (josephg/editing-traces, CC BY 4.0) from the folder
/// `LIVESYNC_EDITING_TRACES`, and a small one that was made up.
@Suite struct EditingTraceTests {
  private static let recordings = Campaign.text("LIVESYNC_EDITING_TRACES")

  /// The sessions of several authors.
  private static let concurrent =
    ["small-trace"] + (recordings == nil ? [] : ["friendsforever", "clownschool"])

  private func trace(_ name: String) throws -> EditingTrace {
    let vectors = PackageFiles.root.appending(path: "Fixtures/Vectors").path
    return try EditingTrace(name, in: name == "small-trace" ? vectors : Self.recordings ?? "")
  }

  @Test(.enabled(if: EditingTraceTests.recordings != nil))
  func recordedPaper_shouldEndInItsText_inLittleMemory() throws {
    let trace = try trace("automerge-paper")
    var text = RGAText()
    for transaction in trace.transactions {
      for patch in transaction.patches { _ = try patch.apply(to: &text, as: ReplicaID(1)) }
    }
    #expect(text.value == trace.endContent)
    #expect(text.storageBytes <= 16 * text.everCount)
    let bytes = text.wireBytes
    let stored = ZstdCompressor(level: 3).frame(of: bytes)
    #expect(stored.count <= 2 * trace.endContent.utf8.count)
    let read = try RGAText(wireBytes: bytes)
    #expect(read == text)
    #expect(read.value == trace.endContent)
  }

  @Test func damagedTrace_shouldBeRefused_withItsFile() throws {
    let folder = try Program.scratchFolder()
    defer { try? FileManager.default.removeItem(at: folder) }
    for (name, text) in [
      ("a", "{"), ("b", "{}"),
      ("c", #"{"endContent":"","txns":[{"parents":[0]}],"kind":"concurrent"}"#),
      ("d", #"{"endContent":"","txns":[{"patches":[[-1,0,""]]}]}"#),
    ] {
      try Data(text.utf8).write(to: folder.appending(path: name + ".json"))
      let error = #expect(throws: BenchmarkError.self) {
        try EditingTrace(name, in: folder.path)
      }
      #expect(error?.description.contains("\(name).json'") ?? false)
    }
  }

  @Test(arguments: EditingTraceTests.concurrent)
  func authors_shouldEndInOneText_whateverTheirIDs(name: String) throws {
    let trace = try trace(name)
    let agents = trace.authors
    // The small one has true conflicts, which the ids decide; the end was made with ascending ones.
    let orders = name == "small-trace" ? [Array(0..<agents)] : Self.permutations(agents)
    for order in orders {
      let (deltas, texts) = try trace.replayed(ids: order.map { UInt64(10 + $0) })
      var end = RGAText()
      for delta in deltas.joined() { try end.merge(delta: delta) }
      #expect(end.value == trace.endContent, "\(order)")
      for var text in texts {
        try text.merge(end)
        #expect(text == end)
        #expect(text.value == trace.endContent)
      }
    }
  }

  @Test(arguments: EditingTraceTests.concurrent)
  func changes_shouldEndInOneText_inEveryOrder(name: String) throws {
    let trace = try trace(name)
    let agents = trace.authors
    let (deltas, _) = try trace.replayed(ids: (0..<agents).map { UInt64(10 + $0) })
    let all = Array(deltas.joined())
    var generator = SeededGenerator(seed: 5)
    var orders = [all, all.reversed()]
    for _ in 0..<4 {
      // With a third of them twice.
      let again = (0..<all.count / 3).map { _ in all[generator.below(all.count)] }
      orders.append((all + again).shuffled(using: &generator))
    }
    for order in orders {
      var text = RGAText()
      var inbox = TextInbox()
      for delta in order { try inbox.receive(delta, into: &text) }
      #expect(inbox.count == 0)
      #expect(text.value == trace.endContent)
    }
  }

  private static func permutations(_ count: Int) -> [[Int]] {
    guard count > 0 else { return [[]] }
    return permutations(count - 1).flatMap { list in
      (0...list.count).map { list[..<$0] + [count - 1] + list[$0...] }
    }
  }
}
