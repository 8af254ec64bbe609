import CRDT
import Primitives

/// How changes get from one replica to another: numbered, acknowledged, and as a full state where
/// the numbers no longer reach. Another way of exchanging takes the place of this one.
struct DeltaExchange<Value: ReplicatedType>: Sendable {
  private var buffer: DeltaBuffer<Value>
  private(set) var receipts: DeltaReceipts
  private var acknowledged: [ReplicaID: UInt64] = [:]
  /// Peers that have less than they acknowledged once.
  private var wantFull: Set<ReplicaID> = []

  /// - Parameter last: the number of the last change before a restart. Those changes are not kept:
  ///   who lacks some of them gets the full state.
  init(sender: ReplicaID, last: UInt64, receipts: DeltaReceipts = DeltaReceipts()) {
    buffer = DeltaBuffer(sender: sender, last: last)
    self.receipts = receipts
  }

  var sender: ReplicaID { buffer.sender }
  /// The number of the last change.
  var last: UInt64 { buffer.last }

  mutating func append(_ delta: Value.Delta) { buffer.append(delta) }

  /// The last change alone.
  func newest(_ delta: Value.Delta) -> DeltaInterval<Value.Delta> {
    DeltaInterval(sender: sender, numbers: last...last, delta: delta)
  }

  /// What `peer` is to get next, nil if it has all.
  func next(
    for peer: ReplicaID, full: () -> Value.Delta
  ) throws(CRDTError) -> DeltaInterval<Value.Delta>? {
    guard wantFull.contains(peer), last > 0 else {
      return try buffer.interval(for: peer, state: full)
    }
    return DeltaInterval(sender: sender, numbers: 1...last, delta: full(), isFull: true)
  }

  /// Notes that `peer` has all up to `number`. Throws `gap` if that number was never given here:
  /// this store is an old copy.
  mutating func acknowledge(
    _ number: UInt64, by peer: ReplicaID, of peers: [ReplicaID]
  ) throws(CRDTError) {
    try buffer.acknowledge(number, by: peer, of: peers)
    acknowledged[peer] = max(number, acknowledged[peer] ?? 0)
    if number >= acknowledged[peer] ?? 0 { wantFull.remove(peer) }
  }

  /// Notes what `peer` says to have after it was opened, which may be less than before.
  mutating func learn(
    _ number: UInt64, of peer: ReplicaID, among peers: [ReplicaID]
  ) throws(CRDTError) {
    if number < acknowledged[peer] ?? 0 {
      wantFull.insert(peer)
    } else {
      try acknowledge(number, by: peer, of: peers)
    }
  }

  /// Whether `peer` acknowledged the last change.
  func hasAll(_ peer: ReplicaID) -> Bool { acknowledged[peer] ?? 0 >= last }

  func had(of sender: ReplicaID) -> UInt64 { receipts.last(of: sender) }

  /// Merges what came; false if it was here already. Throws `gap` if something before it is missing.
  mutating func receive(
    _ interval: DeltaInterval<Value.Delta>, into value: inout Value
  ) throws(CRDTError) -> Bool {
    try receipts.receive(interval, into: &value)
  }

  /// Planted: whoever has all but the last change is taken to have that, too.
  mutating func forgetLast(for peers: [ReplicaID]) throws(CRDTError) {
    for peer in peers where (acknowledged[peer] ?? 0) + 1 == last {
      try acknowledge(last, by: peer, of: peers)
    }
  }
}
