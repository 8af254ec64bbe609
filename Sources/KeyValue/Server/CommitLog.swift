/// Where the effects of batches go before anything is acknowledged: a log, or other replicas.
public protocol CommitLog: AnyObject {
  /// Takes what a batch wrote (`core.isCleared`, then `core.forEachEffect`), on the loop's thread.
  /// Batches come in order.
  /// - Parameter batch: counts from 1.
  func commit(_ core: borrowing KeyValueCore, batch: UInt64) -> CommitOutcome
}

/// What became of a batch.
public enum CommitOutcome: Sendable, Hashable {
  /// It is safe: the replies may go out.
  case done
  /// It will be: `KeyValueServer.committed(through:)` says when. All replies from this batch on
  /// wait, also those of later batches, because they may tell what it wrote.
  case waiting
  /// It cannot be made safe. The connections of the batch are closed without replies, and writes
  /// are refused from now on for this reason.
  case failed(String)
}

/// What the server tells its operator.
public enum KeyValueNotice: Sendable, Hashable, CustomStringConvertible {
  case replyTooLarge(client: String, bytes: Int)
  case malformed(client: String, String)
  case tooManyClients(from: String, max: Int)
  case noDescriptors(from: String)
  case notAccepted(call: String, code: Int32)
  case commitFailed(String)
  /// More replies wait for all clients than may.
  case tooMuchWaits(client: String, bytes: Int, all: Int, max: Int)
  /// SHUTDOWN SAVE could not save.
  case notSaved(String)
  /// The Merkle tree was not that of the data, and was made anew.
  case indexRebuilt

  public var description: String {
    switch self {
    case .replyTooLarge(let client, let bytes):
      "client \(client) closed: a reply of more than \(KeyValueLimits.replyBytesMax) bytes"
        + " (\(bytes) so far)"
    case .malformed(let client, let error): "client \(client) closed: \(error)"
    case .tooManyClients(let client, let max):
      "client \(client) refused: there are \(max) connections already"
    case .noDescriptors(let client): "client \(client) refused: no descriptors are left"
    case .notAccepted(let call, let code): "\(call) failed with errno \(code); trying again"
    case .commitFailed(let reason): "writes are refused from now on: \(reason)"
    case .tooMuchWaits(let client, let bytes, let all, let max):
      "client \(client) closed: \(bytes) bytes of replies wait for it, \(all) for all clients,"
        + " which may be \(max)"
    case .notSaved(let reason): "SHUTDOWN could not save: \(reason)"
    case .indexRebuilt: "the Merkle tree was not that of the data, and was made anew"
    }
  }
}
