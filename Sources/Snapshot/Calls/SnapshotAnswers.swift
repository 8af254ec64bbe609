/// What an application says to a snapshot that it is offered. The raw values are CometBFT's.
public enum OfferVerdict: UInt8, Sendable, Hashable, CaseIterable {
  /// Chunks may come.
  case accept = 1
  /// No snapshot at all: state sync ends.
  case abort = 2
  /// Not this one.
  case reject = 3
  /// None of this format.
  case rejectFormat = 4
  /// None of those who offer this one.
  case rejectSender = 5
}

/// The answer to `offerSnapshot`, and why it is not `accept`.
public struct OfferAnswer: Sendable, Hashable {
  public var verdict: OfferVerdict
  /// Nil for `accept`.
  public var fault: SnapshotFault?

  public init(_ verdict: OfferVerdict, _ fault: SnapshotFault? = nil) {
    self.verdict = verdict
    self.fault = fault
  }

  public static let accept = OfferAnswer(.accept)
}

/// What an application says to a chunk.
public enum ChunkVerdict: Sendable, Hashable {
  /// It is applied, or was before.
  case accept
  /// State sync ends.
  case abort
  /// The chunk is to be applied again; `refetch` names those that are to be fetched anew before,
  /// and nothing more is wanted of `rejectedSenders`.
  case retry(refetch: [UInt32], rejectedSenders: [String])
  /// The snapshot is to be begun anew with the chunks that are there.
  case retrySnapshot
  /// Another snapshot is to be taken.
  case rejectSnapshot
}

/// The answer to `applySnapshotChunk`, and why it is not `accept`.
public struct ChunkAnswer: Sendable, Hashable {
  public var verdict: ChunkVerdict
  /// Nil for `accept`.
  public var fault: SnapshotFault?

  public init(_ verdict: ChunkVerdict, _ fault: SnapshotFault? = nil) {
    self.verdict = verdict
    self.fault = fault
  }

  public static let accept = ChunkAnswer(.accept)
}

/// Where an application's state stands.
public struct ApplicationInfo: Sendable, Hashable {
  /// Height of the newest block whose state it has whole; 0 if there is none.
  public var height: UInt64
  /// The root of that state; empty if there is none.
  public var appHash: [UInt8]

  public init(height: UInt64, appHash: [UInt8]) {
    self.height = height
    self.appHash = appHash
  }
}
