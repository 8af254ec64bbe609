import CRDT
import Primitives

/// What is stored of one replica: the numbers of the last operation that was let go and of the last
/// one that is known, two varints.
struct StoredStrand: WireCodable, Hashable {
  var reach: UInt64
  var last: UInt64

  init(reach: UInt64, last: UInt64) {
    self.reach = reach
    self.last = last
  }

  init(from decoder: inout WireDecoder) throws(WireError) {
    reach = try decoder.uint64()
    last = try decoder.uint64()
  }

  func encode(to encoder: inout WireEncoder) {
    encoder.append(reach)
    encoder.append(last)
  }
}

/// What is stored of one operation, whose dot is in its key: its place in the order of the log
/// (varint), its kind (one byte), a varint count of causes and of each the replica (8 bytes) and
/// the counter (varint), and its bytes.
package struct StoredOperation: WireCodable, Hashable {
  let sequence: UInt64
  let operation: LoggedOperation

  package init(sequence: UInt64, operation: LoggedOperation) {
    self.sequence = sequence
    self.operation = operation
  }

  /// A record as that of this dot.
  init(_ read: StoredOperation, dot: Dot) {
    let operation = read.operation
    self.init(
      sequence: read.sequence,
      operation: LoggedOperation(
        dot: dot, kind: operation.kind, causes: operation.causes, bytes: operation.bytes))
  }

  package init(from decoder: inout WireDecoder) throws(WireError) {
    let start = decoder.offset
    sequence = try decoder.uint64()
    // Half of all numbers are left to count up.
    guard sequence < .max / 2 else { throw .invalidValue("no place in a log", at: start) }
    let kind = try decoder.byte()
    var causes: [Dot] = []
    for _ in 0..<(try decoder.count(elementBytes: 9, limit: DeltaLimits.causesMax)) {
      let replica = try decoder.replica(after: causes.last?.replica)
      causes.append(Dot(replica, try decoder.uint64()))
    }
    operation = LoggedOperation(
      dot: Dot(ReplicaID(0), 0), kind: kind, causes: causes,
      bytes: try decoder.bytes(limit: DeltaLimits.operationBytesMax))
  }

  package func encode(to encoder: inout WireEncoder) {
    encoder.append(sequence)
    encoder.append(byte: operation.kind)
    encoder.append(count: operation.causes.count)
    for cause in operation.causes {
      encoder.append(cause.replica)
      encoder.append(cause.counter)
    }
    encoder.append(operation.bytes)
  }
}
