import Networking
import Reconciliation

/// What a session with another replica came to.
public struct AntiEntropyOutcome: Sendable, Hashable {
  public enum End: Sendable, Hashable {
    /// The other side's root became that of this side's view.
    case equal
    /// All that differed between a view here and one there was given and taken; both may have
    /// changed since.
    case exchanged
    /// Not all was, for this reason. What was taken stays.
    case incomplete(AntiEntropyFailure)
  }

  public var end: End
  /// The ticks of the clock here when the view was taken: it has all that was written here with
  /// them or less, and nothing with more.
  public var ownTicks: UInt64 = 0
  /// The ways in which the difference was found, first one first.
  public var strategies: [StrategyID] = []
  /// Records that were compared: those of the side that has more.
  public var keysCompared = 0
  /// What became of the records that came.
  public var received = StoreTally()
  /// Records that were news to the other side.
  public var keysSent = 0
  /// Bytes of requests and of answers.
  public var sentBytes = 0
  public var receivedBytes = 0

  /// Whether both sides have now what either had when the views were taken.
  public var isComplete: Bool {
    switch end {
    case .equal, .exchanged: true
    case .incomplete: false
    }
  }

  /// Keys that hold something else now, here or there.
  public var keysRepaired: Int { received.changed + keysSent }

  public init(end: End) { self.end = end }
}

/// Why a session did not exchange all.
public enum AntiEntropyFailure: Error, Sendable, Hashable, CustomStringConvertible {
  /// It could not begin.
  case notStarted(SyncStartError)
  /// The comparison or the exchange failed.
  case failed(SyncFailure)
  /// The peer went away.
  case disconnected
  /// More records changed here than can be undone for the view (`KeyValueLimits.viewChangesMax`).
  case viewGivenUp
  /// Records that differed were overwritten meanwhile, here or there, so that they could not be
  /// given.
  case overwritten(Int)
  /// Records were said to differ, and none was given or taken.
  case fruitless
  /// Records were not taken, here or there.
  case refused(here: Int, there: Int)
  /// Values above `ReconciliationLimits.valueBytesMax` could not be fetched.
  case largeValues(String)

  public var description: String {
    switch self {
    case .notStarted(let error): "not begun: \(error)"
    case .failed(let failure): "\(failure)"
    case .disconnected: "the peer went away"
    case .viewGivenUp:
      "more than \(KeyValueLimits.viewChangesMax) records changed here during the session"
    case .overwritten(let count): "\(count) records were overwritten during the session"
    case .fruitless: "records were said to differ, and none was given or taken"
    case .refused(let here, let there): "\(here) records were refused here, \(there) there"
    case .largeValues(let reason): "a large value was not exchanged: \(reason)"
    }
  }
}

/// What sessions tell the operator.
public enum AntiEntropyNotice: Sendable, Hashable, CustomStringConvertible {
  /// A peer broke the protocol.
  case fault(PeerID, ReconciliationError)
  /// What a peer gave to store is not what its record says.
  case wrongContent(PeerID, ContentError)
  /// What a peer gave could not be stored.
  case notStored(PeerID, String)
  /// A record was refused, for instance for a time too far ahead.
  case refused(PeerID, KeyValueCore.Refusal, records: Int)
  /// Tree and sketch were not those of the data, and were made anew.
  case rebuilt(because: PeerID, records: Int)
  /// They seemed not to be, were made anew, and are the same.
  case sound(despite: PeerID, records: Int)

  public var description: String {
    switch self {
    case .fault(let peer, let error): "\(peer) breaks the protocol: \(error)"
    case .wrongContent(let peer, let error): "\(peer): \(error)"
    case .notStored(let peer, let reason): "records of \(peer) were not stored: \(reason)"
    case .refused(let peer, let refusal, let records):
      "\(records) records of \(peer) were refused: \(refusal)"
    case .rebuilt(let peer, let records):
      "the indexes of anti-entropy were not those of the data, as a session with \(peer) showed;"
        + " they were made anew of \(records) records"
    case .sound(let peer, let records):
      "sessions with \(peer) bring what is held here already, but the indexes of anti-entropy are"
        + " those of the data, \(records) records: try SYNC.REPAIR there"
    }
  }
}
