import CRDT

/// How a delta is written.
public enum DeltaCompression: Sendable, Hashable {
  case none
  case zstd
  /// zstd with a trained dictionary that both sides have.
  case dictionary(DictionaryID)

  var dictionary: DictionaryID? {
    if case .dictionary(let id) = self { id } else { nil }
  }
}

/// Operations that follow what one has. It speaks only of the replicas that it has operations of:
/// what the operations stand on else they say themselves.
public struct Delta: Sendable, Hashable {
  /// In an order in which causes come before effects; of each replica numbers that follow each
  /// other.
  public let operations: [LoggedOperation]
  /// Of each replica in it, the number before its first operation and that of its last one.
  public let from: VersionVector
  public let to: VersionVector
  /// How it was written, if it was read.
  public let compression: DeltaCompression

  /// - Parameter operations: in order, those of each replica without a gap.
  public init(_ operations: [LoggedOperation], compression: DeltaCompression = .none) {
    self.operations = operations
    self.compression = compression
    var (from, to) = (VersionVector(), VersionVector())
    for operation in operations {
      let dot = operation.dot
      let last = to[dot.replica]
      precondition(dot.counter > 0 && (last == 0 || dot.counter == last + 1), "a gap at \(dot)")
      if last == 0 { from.raise(dot.replica, to: dot.counter - 1) }
      to.raise(dot.replica, to: dot.counter)
    }
    self.from = from
    self.to = to
  }

  public var isEmpty: Bool { operations.isEmpty }
}
