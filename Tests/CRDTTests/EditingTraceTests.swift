import CRDT
import Compression
import Foundation
import TestSupport
import Testing

@Suite struct EditingTraceTests {
  @Test(.enabled(if: EditingTrace.recordings != nil))
  func recordedPaper_shouldEndInItsText_inLittleMemory() throws {
    let trace = try EditingTrace("automerge-paper")
    var text = RGAText()
    let start = Date()
    for transaction in trace.transactions {
      for patch in transaction.patches { _ = try patch.apply(to: &text, as: ReplicaID(1)) }
    }
    let seconds = Date().timeIntervalSince(start)
    #expect(text.value == trace.endContent)
    #expect(text.storageBytes <= 16 * text.everCount)
    let bytes = text.wireBytes
    let stored = ZstdCompressor(level: 3).frame(of: bytes)
    #expect(stored.count <= 2 * trace.endContent.utf8.count)
    print(
      "\(trace.transactions.count) edits in \(seconds) s, \(text.storageBytes) bytes beside the",
      "text for \(text.everCount) characters, \(bytes.count) bytes, \(stored.count) after zstd")
    let reading = Date()
    let read = try RGAText(wireBytes: bytes)
    print("read in \(Date().timeIntervalSince(reading)) s")
    #expect(read == text)
    #expect(read.value == trace.endContent)
  }

  @Test(arguments: EditingTrace.concurrent)
  func authors_shouldEndInOneText_whateverTheirIDs(name: String) throws {
    let trace = try EditingTrace(name)
    let agents = 1 + (trace.transactions.map(\.agent).max() ?? 0)
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

  @Test(arguments: EditingTrace.concurrent)
  func changes_shouldEndInOneText_inEveryOrder(name: String) throws {
    let trace = try EditingTrace(name)
    let agents = 1 + (trace.transactions.map(\.agent).max() ?? 0)
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
