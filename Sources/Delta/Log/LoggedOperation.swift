import CRDT
import Primitives

/// A change that one replica made, as the log keeps it and deltas carry it.
public struct LoggedOperation: Sendable, Hashable {
  /// Which one it is. An operation without effect has one, too: else the next one would seem to
  /// follow a gap.
  public let dot: Dot
  /// The type of the value that it changes, by the owner's numbers.
  public let kind: UInt8
  /// Beside the operation before it of its own replica, what it stands on: of what its replica had
  /// seen since that one, the last operations, those that no other one of them stands on. In order
  /// of replicas, each once.
  public let causes: [Dot]
  /// What is to be done; may be empty.
  public let bytes: [UInt8]

  public init(dot: Dot, kind: UInt8, causes: [Dot] = [], bytes: [UInt8]) {
    self.dot = dot
    self.kind = kind
    self.causes = causes
    self.bytes = bytes
  }

  /// Bytes that it has in a log: its own, and those of its causes.
  var size: Int { bytes.count + causes.count * MemoryLayout<Dot>.stride }
}

/// What an operation is said to stand on.
public enum OperationCauses: Sendable, Hashable {
  /// All that its replica has seen: receivers take it only after that.
  case everything
  /// Nothing but the operation before it of its own replica.
  case ownOnly
  /// These operations of other replicas.
  case these([Dot])
}

/// Some of the operations of a log.
public struct LogExtent: Sendable, Hashable {
  public var operations: Int
  /// Bytes of the operations and of what they stand on.
  public var bytes: Int

  public init(operations: Int = 0, bytes: Int = 0) {
    self.operations = operations
    self.bytes = bytes
  }

  /// What they take in memory.
  public var heldBytes: Int { bytes + operations * DeltaLimits.entryBytes }

  static func + (a: LogExtent, b: LogExtent) -> LogExtent {
    LogExtent(operations: a.operations + b.operations, bytes: a.bytes + b.bytes)
  }

  static func - (a: LogExtent, b: LogExtent) -> LogExtent {
    LogExtent(operations: a.operations - b.operations, bytes: a.bytes - b.bytes)
  }
}

/// How much a log holds at most; above that it lets go the oldest, whoever still lacks it.
public struct LogBounds: Sendable, Hashable {
  public let operations: Int
  /// As `LogExtent.heldBytes` counts them.
  public let bytes: Int

  public init(
    operations: Int = DeltaLimits.logOperationsMax, bytes: Int = DeltaLimits.logBytesMax
  ) {
    precondition(operations > 0 && bytes > 0, "a log of \(operations) operations, \(bytes) bytes")
    self.operations = operations
    self.bytes = bytes
  }

  func hold(_ extent: LogExtent) -> Bool {
    extent.operations <= operations && extent.heldBytes <= bytes
  }

  /// What is left when the oldest were let go.
  var afterTrim: LogBounds {
    let part = DeltaLimits.trimPart
    return LogBounds(
      operations: max(1, operations - operations / part), bytes: max(1, bytes - bytes / part))
  }
}
