import Primitives
import Reconciliation

extension FuzzTarget {
  /// The first byte chooses a request or an answer. What is read is written again as the same
  /// bytes.
  static let syncMessages = FuzzTarget(
    "sync-messages",
    seeds: { requests.map { [0] + $0.wireBytes } + answers.map { [1] + $0.wireBytes } },
    check: { input in
      guard let choice = input.first else { return }
      let bytes = Array(input.dropFirst())
      if choice % 2 == 0 {
        guard let request = try? SyncRequest(wireBytes: bytes) else { return }
        try demand(request.wireBytes == bytes, "a request is read from bytes it would not write")
      } else {
        guard let answer = try? SyncAnswer(wireBytes: bytes) else { return }
        try demand(answer.wireBytes == bytes, "an answer is read from bytes it would not write")
      }
    })

  private static let id = RecordID(high: 1, low: 2)
  private static let summary = ReplicaSummary(root: .zero, count: 3, revision: 300)
  private static let entries: [SyncEntry] = [[1], [2, 3]].compactMap { key in
    Record(key: key, version: 7, value: [9, 9]).map { SyncEntry(record: $0, value: [9, 9]) }
  }

  private static var requests: [SyncRequest] {
    let offers = [
      SyncOffer(strategy: 5, expected: 40, messages: [[1, 2], []]),
      SyncOffer(strategy: 6, messages: [[97]]),
    ]
    let probe = SyncProbe(
      symbols: [1, 2, 3], bytesPerSecond: 1_000_000, roundTripUs: 20_000, slownessPercent: 100)
    let bodies: [SyncRequest.Body] = [
      .open(summary, offers: offers, probe: probe), .open(summary, offers: [], probe: nil),
      .compare(revision: 300, strategy: 2, message: [1, 2, 3]), .records([id, id]),
      .values([ValueWish(id: id), ValueWish(id: id, offer: [4])]), .store(entries), .summary,
      .look(revision: 300, strategy: 6, message: [97, 0, 0, 0], partsMax: 8),
    ]
    return bodies.map { SyncRequest(session: SyncSessionID(77), body: $0) }
  }

  private static var answers: [SyncAnswer] {
    [
      .opened(summary, strategies: [1, 2], taken: nil),
      .opened(summary, strategies: [5], taken: .offer(1, messages: [[1], [2, 3]])),
      .opened(summary, strategies: [5], taken: .solved(missing: [id], extra: [id, id])),
      .compared([1, 2, 3]), .moved(summary),
      .records([.unheld, .record(entries[0].record), .entry(entries[1])], revision: 4),
      .values([.unheld, .value([1]), .patch([2])]), .stored(summary), .summary(summary),
      .refused(.busy), .looked(PartsLook(parts: 16, differing: 3), message: [97]),
      .looked(PartsLook(parts: 16, differing: 16), message: nil),
      .opened(
        summary, strategies: [5],
        taken: .offer(0, messages: [[1]], look: PartsLook(parts: 16, differing: 2))),
    ]
  }
}
