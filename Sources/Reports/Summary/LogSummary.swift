import EventLog
import Peers

/// What a log says in numbers: how long the sync took, what was accepted and refused and why, what
/// was transferred, what was reverted, and what each peer was worth.
///
/// Pure: records go in one by one, and equal records give an equal summary, text and JSON.
public struct LogSummary: Sendable, Hashable {
  /// What became of things of one kind, for one reason.
  struct Outcome: Hashable, Comparable {
    let outcome: String
    let reason: String

    static func < (a: Outcome, b: Outcome) -> Bool { (a.outcome, a.reason) < (b.outcome, b.reason) }
  }

  /// Number and size of things.
  struct Tally: Hashable {
    var count = 0
    var items = 0
    var bytes = 0
  }

  /// What went over the network for one type of request.
  struct Traffic: Hashable {
    var sent = Tally()
    var ended = Tally()
  }

  /// What one peer gave.
  struct Service: Hashable {
    var outcomes: [Event.RequestOutcome: Int] = [:]
    var bytes = 0
    var chunks = Tally()
    var rejections = 0
    var bans = 0
    /// Bytes of chunks that were not taken, for whatever reason.
    var wastedBytes = 0
  }

  /// What was refused, by whom it was given, and why.
  struct Refusal: Hashable, Comparable {
    let kind: String
    /// Nil where the log does not say who gave it.
    let peer: UInt32?
    let reason: String

    static func < (a: Refusal, b: Refusal) -> Bool {
      (a.kind, a.peer ?? 0, a.reason) < (b.kind, b.peer ?? 0, b.reason)
    }
  }

  /// A time in which nothing moved.
  struct Stall: Hashable {
    let node: String
    let from: Int64
    /// Nil while it lasts.
    var length: Int64?
    let blocker: String
  }

  /// A change to a better branch.
  struct Rebranch: Hashable {
    let time: Int64
    let node: String
    let block: UInt32
    let depth: Int
    let adopted: Int
  }

  /// Where one node stands, as far as the log has said.
  struct Standing: Hashable {
    var started: Int64?
    var head: UInt32?
    var heldPpm: Int?
    var missingRanges: Int?
    /// Earliest and latest end that a forecast has named since a fifth was done.
    var forecastEnds: ClosedRange<Int64>?
  }

  /// The only node whose records count, nil for all.
  let node: String?
  var start: Event.Run?
  /// How the run ended, nil if the log was cut off.
  public internal(set) var verdict: Event.RunVerdict?
  var verdictDetail = ""
  /// The last line of the log if that was cut off.
  public var cut: EventLogCut?
  /// Number of records that were counted.
  public internal(set) var recordCount = 0
  /// Time of the last record, in nanoseconds since the run began.
  public internal(set) var duration: Int64 = 0
  /// Time at which the state was first complete, in nanoseconds since the run began.
  public internal(set) var timeToComplete: Int64?
  var stateResets = 0
  var stalls = 0
  /// The first of the stalls.
  var stallList: [Stall] = []
  /// The first of the rebranches.
  var rebranches: [Rebranch] = []
  var refusals: [Refusal: Tally] = [:]
  var standing = Standing()
  var crashes = 0
  var blocks: [Outcome: Int] = [:]
  var chunks: [Outcome: Tally] = [:]
  var diffs: [Outcome: Tally] = [:]
  var traffic: [String: Traffic] = [:]
  /// Number of reverts by the number of blocks they reverted.
  public internal(set) var revertDepths: [Int: Int] = [:]
  /// Number of blocks that were reverted.
  public internal(set) var revertedBlocks = 0
  var peers: [UInt32: Service] = [:]

  /// A summary of no records yet. With a `node`, only that node's records and the run's own count.
  public init(node: String? = nil) {
    self.node = node
  }

  /// The summary of `records`.
  public init(_ records: some Sequence<EventRecord>, node: String? = nil) {
    self.init(node: node)
    for record in records { add(record) }
  }

  /// Number of blocks with this outcome, such as `accepted`, whatever the reason.
  public func blockCount(_ outcome: String) -> Int {
    blocks.reduce(0) { $0 + ($1.key.outcome == outcome ? $1.value : 0) }
  }

  /// Number of chunks with this outcome, such as `rejected`, whatever the reason.
  public func chunkCount(_ outcome: String) -> Int {
    chunks.reduce(0) { $0 + ($1.key.outcome == outcome ? $1.value.count : 0) }
  }
}
