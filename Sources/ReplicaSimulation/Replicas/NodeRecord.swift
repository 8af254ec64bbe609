import CRDT
import Primitives
import Storage

/// What a replica keeps in its store beside its value and its identity.
struct NodeRecord: WireCodable {
  /// Whose numbers `last` counts.
  let sender: ReplicaID
  let last: UInt64
  let receipts: VersionVector
  let ticks: UInt64
  let claims: [ReplicaClaim]

  static let namespace = Namespace("replica-simulation/node")
  static let valueKey = namespace.key([1])
  static let recordKey = namespace.key([2])

  init(
    sender: ReplicaID, last: UInt64, receipts: VersionVector, ticks: UInt64,
    claims: [ReplicaClaim]
  ) {
    self.sender = sender
    self.last = last
    self.receipts = receipts
    self.ticks = ticks
    self.claims = claims
  }

  init(from decoder: inout WireDecoder) throws(WireError) {
    sender = try decoder.value()
    last = try decoder.uint64()
    receipts = try decoder.value()
    ticks = try decoder.uint64()
    claims = try decoder.array()
  }

  func encode(to encoder: inout WireEncoder) {
    encoder.append(sender)
    encoder.append(last)
    encoder.append(receipts)
    encoder.append(ticks)
    encoder.append(claims)
  }
}
