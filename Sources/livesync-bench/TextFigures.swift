import CRDT
import Compression
import Runtime

/// What a recorded editing history costs.
struct TextFigures {
  /// Orders in which the changes of several authors are delivered.
  private static let orders = 6

  let trace: EditingTrace
  let seed: UInt64
  let progress: Progress

  func run() throws -> [Bound] {
    progress.show(trace.name)
    return trace.authors == 1 ? try alone() : try together()
  }

  private func alone() throws -> [Bound] {
    var text = RGAText()
    let start = BenchClock.nanoseconds
    for transaction in trace.transactions {
      for patch in transaction.patches { _ = try patch.apply(to: &text, as: ReplicaID(1)) }
    }
    let seconds = Double(BenchClock.nanoseconds - start) / 1e9
    let stored = ZstdCompressor(level: 3).frame(of: text.wireBytes).count
    return [
      Bound(
        name: "\(trace.name), its text in the end", value: text.value == trace.endContent ? 1 : 0,
        unit: "of 1", limit: 1, isLeast: true),
      Bound(
        name: "\(trace.name), \(trace.transactions.count) edits applied", value: seconds, unit: "s",
        limit: 1, isLeast: false),
      Bound(
        name: "\(trace.name), memory beside the text, a character ever typed",
        value: Double(text.storageBytes) / Double(text.everCount), unit: "bytes", limit: 16,
        isLeast: false),
      Bound(
        name: "\(trace.name), stored after zstd, over its text",
        value: Double(stored) / Double(text.utf8.count), unit: "", limit: 2, isLeast: false),
    ]
  }

  private func together() throws -> [Bound] {
    let (deltas, _) = try trace.replayed(ids: (0..<trace.authors).map { UInt64(10 + $0) })
    let all = Array(deltas.joined())
    var random = RandomStream(seed: seed)
    var right = 0
    for number in 0..<Self.orders {
      var order = all
      if number == 1 { order.reverse() }
      if number > 1 {
        // Some come twice.
        for _ in 0..<all.count / 3 { order.append(all[random.below(all.count)]) }
        random.shuffle(&order)
      }
      var text = RGAText()
      var inbox = TextInbox()
      for delta in order { try inbox.receive(delta, into: &text) }
      if inbox.count == 0, text.value == trace.endContent { right += 1 }
    }
    return [
      Bound(
        name: "\(trace.name), \(trace.authors) authors, orders of delivery that end in its text",
        value: Double(right), unit: "of \(Self.orders)", limit: Double(Self.orders), isLeast: true)
    ]
  }
}
