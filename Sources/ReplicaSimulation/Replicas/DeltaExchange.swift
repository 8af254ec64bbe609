import CRDT
import Primitives

/// How changes get from one replica to another: numbered, acknowledged, and as a full state where
/// the numbers no longer reach. Another way of exchanging takes the place of this one.
///
/// Peers are processes, named by the nonces of their claims: two copies of one store have one id,
/// but do not have the same changes.
struct DeltaExchange<Value: ReplicatedType>: Sendable {
  private var buffer: DeltaBuffer<Value>
  private(set) var receipts: DeltaReceipts

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

  /// What the process `peer` is to get next, nil if it has all.
  func next(
    for peer: UInt64, full: () -> Value.Delta
  ) throws(CRDTError) -> DeltaInterval<Value.Delta>? {
    try buffer.interval(for: ReplicaID(peer), state: full)
  }

  /// Notes that `peer` has all up to `number`. Throws `gap` if that number was never given here:
  /// this store is an old copy.
  mutating func acknowledge(
    _ number: UInt64, by peer: UInt64, of peers: [UInt64]
  ) throws(CRDTError) {
    try buffer.acknowledge(number, by: ReplicaID(peer), of: peers.map { ReplicaID($0) })
  }

  /// The process `peer` has ended.
  mutating func forget(_ peer: UInt64) { buffer.forget(ReplicaID(peer)) }

  func had(of sender: ReplicaID) -> UInt64 { receipts.last(of: sender) }

  /// Merges what came; false if it was here already. Throws `gap` if something before it is
  /// missing.
  mutating func receive(
    _ interval: DeltaInterval<Value.Delta>, into value: inout Value
  ) throws(CRDTError) -> Bool {
    try receipts.receive(interval, into: &value)
  }

  /// Planted: processes that have all but the last change are taken to have that, too.
  mutating func forgetLast(for peers: [UInt64], _ full: Value.Delta) throws(CRDTError) {
    for peer in peers where try next(for: peer, full: { full })?.numbers == last...last {
      try acknowledge(last, by: peer, of: peers)
    }
  }
}
