import Networking
import Primitives

/// A session's request.
public struct SyncRequest: Request, Hashable {
  public typealias Response = SyncAnswer
  public static let type = RequestType(
    320, name: "reconcile", requestBytesMax: ReconciliationLimits.sessionMessageBytesMax,
    responseBytesMax: ReconciliationLimits.sessionMessageBytesMax,
    perWindowMax: ReconciliationLimits.sessionRequestsPerWindowMax, traffic: .bulk)

  /// What is asked for.
  public enum Body: Sendable, Hashable {
    /// The beginning of a comparison with whatever the other side holds now: the asking side's
    /// summary, ways to go on of which the other side takes one, and what to choose by.
    case open(ReplicaSummary, offers: [SyncOffer], probe: SyncProbe?)
    /// A further request of a comparison, for the view of this revision.
    case compare(revision: UInt64, strategy: UInt8, message: [UInt8])
    /// The first message of a comparison whose parts are to be looked at: it is answered only if
    /// at most `partsMax` of them differ.
    case look(revision: UInt64, strategy: UInt8, message: [UInt8], partsMax: UInt8)
    /// Records by name.
    case records([RecordID])
    /// Values of records by name, each with what is offered of an older value.
    case values([ValueWish])
    /// Entries that the other side lacks.
    case store([SyncEntry])
    /// What the other side holds now.
    case summary
  }

  /// The session, numbered by who started it.
  public var session: SyncSessionID
  public var body: Body

  public init(session: SyncSessionID, body: Body) {
    self.session = session
    self.body = body
  }
}

/// A way to compare: the first requests of a comparison.
public struct SyncOffer: Sendable, Hashable {
  public var strategy: UInt8
  /// Records that are expected to differ; 0 if the strategy makes no use of it.
  public var expected: UInt64
  /// At least one, at most `ReconciliationLimits.sessionRequestsMax`.
  public var messages: [[UInt8]]

  public init(strategy: UInt8, expected: UInt64 = 0, messages: [[UInt8]]) {
    self.strategy = strategy
    self.expected = expected
    self.messages = messages
  }
}

/// What the other side chooses by: the asking side's first coded symbols, its line and processor as
/// it has measured them. All of it is a claim that decides what it costs the asking side.
public struct SyncProbe: Sendable, Hashable {
  /// A `SymbolBatch` from index 0 on.
  public var symbols: [UInt8]
  public var bytesPerSecond: UInt64
  public var roundTripUs: UInt64
  /// How many hundredths of the time of the cost model's machine its processor takes.
  public var slownessPercent: UInt32

  public init(
    symbols: [UInt8], bytesPerSecond: UInt64, roundTripUs: UInt64, slownessPercent: UInt32
  ) {
    self.symbols = symbols
    self.bytesPerSecond = bytesPerSecond
    self.roundTripUs = roundTripUs
    self.slownessPercent = slownessPercent
  }
}

/// What the other side makes of an opening.
public enum SyncTaken: Sendable, Hashable {
  /// It takes this offer and answers its messages: the first ones, as many as have room. If it
  /// looked how the difference lies, it says what it saw.
  case offer(UInt32, messages: [[UInt8]], look: PartsLook? = nil)
  /// The probe was enough: ids that only the other side has, and ids that only the asking side has.
  case solved(missing: [RecordID], extra: [RecordID])
}

/// Names a session among those of one replica.
public struct SyncSessionID: Sendable, Hashable, Comparable, CustomStringConvertible {
  public var rawValue: UInt64
  public init(_ rawValue: UInt64) { self.rawValue = rawValue }
  public var description: String { "s\(rawValue)" }
  public static func < (a: Self, b: Self) -> Bool { a.rawValue < b.rawValue }
}

/// A value that is asked for.
public struct ValueWish: Sendable, Hashable {
  public var id: RecordID
  /// What the asking side offers of the older value that it has (`ValueTransfer`).
  public var offer: [UInt8]?

  public init(id: RecordID, offer: [UInt8]? = nil) {
    self.id = id
    self.offer = offer
  }
}

/// The answer to a `SyncRequest`.
public enum SyncAnswer: WireCodable, Hashable {
  /// What the other side holds, the strategies that it has, and which offer it takes; none if the
  /// roots are equal.
  case opened(ReplicaSummary, strategies: [UInt8], taken: SyncTaken?)
  /// The answer to a comparison's message, from the view that was asked for.
  case compared([UInt8])
  /// How many parts of a look's message differ, and the answer to it if they are few enough.
  case looked(PartsLook, message: [UInt8]?)
  /// The view that was asked for is not kept any longer.
  case moved(ReplicaSummary)
  /// For the first names that were asked for, as many as have room: the record, with its value if
  /// that is short, or nothing if it is not held.
  case records([RecordAnswer], revision: UInt64)
  /// For the first wishes, as many as have room.
  case values([ValueAnswer])
  /// The entries were looked at; this is what is held now.
  case stored(ReplicaSummary)
  /// What is held now.
  case summary(ReplicaSummary)
  /// Nothing is given, and why.
  case refused(SyncRefusal)
}

/// Why a request is not answered.
public enum SyncRefusal: UInt8, Sendable, Hashable, CaseIterable {
  /// Too many requests; later ones may be answered.
  case busy = 0
  /// The strategy is not known or cannot be used with what is held.
  case strategy = 1
  /// The comparison's message cannot be answered.
  case message = 2
}

/// What is said of one name.
public enum RecordAnswer: Sendable, Hashable {
  case unheld
  case record(Record)
  case entry(SyncEntry)
}

/// What is said of one wish.
public enum ValueAnswer: Sendable, Hashable {
  case unheld
  case value([UInt8])
  case patch([UInt8])
}
