import EventLog
import Primitives

/// What identifies a run beside its seed and scenario; all of it goes into the log's first record.
public struct RunIdentity: Sendable, Hashable {
  /// Short name of the program's commit, or "unknown".
  public var commit: String
  /// Such as "swift-6.3".
  public var toolchain: String
  /// "release" or "debug".
  public var mode: String

  public init(commit: String, toolchain: String, mode: String) {
    self.commit = commit
    self.toolchain = toolchain
    self.mode = mode
  }
}

/// How far a run is, for a progress line.
public struct SimulationProgress: Sendable, Hashable {
  /// 0…1,000,000; never goes back.
  public var partsPerMillion: Int
  /// Height of the network's chain.
  public var block: UInt32
  /// Held share of the joining node's key space, in parts per million.
  public var heldPartsPerMillion: Int
  /// Virtual time in nanoseconds.
  public var virtualNanoseconds: Int64
}

/// The outcome of a run and its figures. Everything in it follows from the run's identity.
public struct SimulationReport: Sendable, Hashable {
  public var scenario: String
  public var seed: UInt64
  public var verdict: Event.RunVerdict = .unwinnable
  /// One sentence on why, if it is not pass.
  public var reason: String = ""
  /// Where a broken rule was seen: the kind of the event, or what the node lacked in the end; nil
  /// if the reason says it.
  public var place: String?
  public var virtualNanoseconds: Int64 = 0
  /// Virtual time from the node's start to its complete state; nil if it never was.
  public var completeAfterNanoseconds: Int64?
  /// Whether the state was complete when the node joined and ever since, if old.
  public var wasAlwaysComplete: Bool = false
  /// How an old state came to the present; nil if it did not, or block by block.
  public var carried: Carried?
  public var steps: Int = 0
  public var foreignJobs: Int = 0
  public var blocks: UInt32 = 0
  public var forks: Int = 0
  public var head: UInt32 = 0
  public var chunksAccepted: Int = 0
  public var chunksRejected: Int = 0
  public var diffsAccepted: Int = 0
  public var rebranches: Int = 0
  public var rebranchesWhileIncomplete: Int = 0
  /// What completing the state took; nil if it was never complete.
  public var measurement: SyncMeasurement?
  /// What the node forecast meanwhile.
  public var forecasts: ForecastTrack = ForecastTrack()
  /// When the node joined, since the run began.
  public var joinedNanoseconds: Int64?
  /// Bytes of the accounts that the planned rebranch made different, keys and values.
  public var divergedBytes: Int = 0
  public var comparisons: Int = 0
  public var banned: [UInt32] = []
  /// What faults did and what was reached.
  public var marks = RunMarks()
  /// Faults of the run's plan; nil if it has none.
  public var plannedFaults: Int?
  /// Why liveness is not asked for; nil if it is.
  public var disarmed: String?
  /// The first key that was not as it should be, in hexadecimal digits, if a check compared keys.
  public var wrongKey: String?
  /// The blocks around the last rebranch, or the newest ones, as lines for people; of a run with a
  /// plan that did not pass.
  public var blockTree: [String] = []
  public var bytesReceived: Int = 0
  public var bytesSent: Int = 0
  /// Root of the joined node's trie, of its head's header, and of the oracle's dictionary.
  public var nodeRoot: Hash256?
  public var headerRoot: Hash256?
  public var oracleRoot: Hash256?
  public var records: UInt64 = 0
  /// SHA-256 of the event log.
  public var logDigest: Hash256?
  /// Number of records of each event that was seen, by name.
  public var coverage: [EventCount] = []

  /// The report of a run in which nothing has happened yet.
  package init(of scenario: Scenario, seed: UInt64) {
    self.scenario = scenario.name
    self.seed = seed
  }

  /// How an old state came to the present.
  public struct Carried: Sendable, Hashable {
    /// By which way.
    public var way: String
    /// Bytes of answers that it took.
    public var bytes: Int
    /// Ranges that were left to chunks.
    public var missingRanges: Int
    /// Virtual time since the run began.
    public var atNanoseconds: Int64
  }

  /// How often one event was recorded.
  public struct EventCount: Sendable, Hashable {
    public var name: String
    public var count: UInt64
  }
}

extension SimulationReport {
  /// The figures as names and JSON values, in fixed order.
  private var fields: [(String, String)] {
    func hash(_ hash: Hash256?) -> String { hash.map { "\"\($0.hex)\"" } ?? "null" }
    return [
      ("scenario", JSONText.quoted(scenario)), ("seed", "\(seed)"),
      ("verdict", "\"\(verdict.rawValue)\""), ("reason", JSONText.quoted(reason)),
      ("virtual_ns", "\(virtualNanoseconds)"),
      ("complete_after_ns", completeAfterNanoseconds.map { "\($0)" } ?? "null"),
      ("steps", "\(steps)"), ("foreign_jobs", "\(foreignJobs)"), ("blocks", "\(blocks)"),
      ("forks", "\(forks)"), ("head", "\(head)"), ("chunks_accepted", "\(chunksAccepted)"),
      ("chunks_rejected", "\(chunksRejected)"), ("diffs_accepted", "\(diffsAccepted)"),
      ("rebranches", "\(rebranches)"),
      ("rebranches_while_incomplete", "\(rebranchesWhileIncomplete)"),
      ("comparisons_with_oracle", "\(comparisons)"),
      ("banned", "[\(banned.map(String.init).joined(separator: ","))]"),
      ("bytes_received", "\(bytesReceived)"), ("bytes_sent", "\(bytesSent)"),
      ("node_root", hash(nodeRoot)), ("header_root", hash(headerRoot)),
      ("oracle_root", hash(oracleRoot)), ("records", "\(records)"),
      ("log_sha256", hash(logDigest)),
      (
        "events",
        "{" + coverage.map { "\"\($0.name)\":\($0.count)" }.joined(separator: ",") + "}"
      ),
    ] + planFields + carriedFields + forecastFields + (measurement?.fields ?? [])
  }

  private var planFields: [(String, String)] {
    guard let plannedFaults else { return [] }
    return [
      ("planned_faults", "\(plannedFaults)"),
      ("liveness_disarmed", disarmed.map(JSONText.quoted) ?? "null"),
      ("fired", Self.json(marks.faults)), ("reasons", Self.json(marks.reasons)),
      ("marks", Self.json(marks.marks)),
    ]
  }

  private static func json(_ counts: [String: Int]) -> String {
    let pairs = counts.sorted { $0.key < $1.key }.map { "\(JSONText.quoted($0.key)):\($0.value)" }
    return "{" + pairs.joined(separator: ",") + "}"
  }

  /// What came of the plan, as a line; nothing without one.
  private var planText: String {
    guard let plannedFaults else { return "" }
    let fired = marks.faults.keys.sorted().joined(separator: " ")
    return """
      faults    \(plannedFaults) planned; had an effect: \(fired.isEmpty ? "none" : fired)
      reached   \(marks.marks.keys.sorted().joined(separator: " "))\
      \(disarmed.map { "\nliveness  not asked for: \($0)" } ?? "")

      """
  }

  /// Virtual time from the node's start until its old state was the network's.
  private var carriedAfter: Int64? {
    joinedNanoseconds.flatMap { start in carried.map { $0.atNanoseconds - start } }
  }

  private var carriedFields: [(String, String)] {
    guard let carried, let carriedAfter else { return [] }
    return [
      ("carried_by", JSONText.quoted(carried.way)), ("carried_after_ns", "\(carriedAfter)"),
      ("carried_bytes", "\(carried.bytes)"), ("carried_missing_ranges", "\(carried.missingRanges)"),
    ]
  }

  /// What became of the state.
  private var state: String {
    var parts: [String] = []
    if let carried, let carriedAfter {
      parts.append(
        "old; brought to the present by \(carried.way) after \(seconds(carriedAfter)), "
          + "\(carried.bytes / 1000) kB")
    }
    if let completeAfterNanoseconds {
      parts.append("complete after \(seconds(completeAfterNanoseconds))")
    } else {
      parts.append(wasAlwaysComplete ? "complete all the time" : "never complete")
    }
    return parts.joined(separator: ", ")
  }

  private var forecastFields: [(String, String)] {
    [
      ("forecasts", "\(forecasts.entries.count)"),
      ("forecasts_judged", "\(forecasts.judged.count)"),
      ("forecast_last", "\"\(forecasts.last.rawValue)\""),
      ("forecast_error", forecastErrorPerMille.map(thousandths) ?? "null"),
      ("diverged_bytes", "\(divergedBytes)"),
    ]
  }

  /// How far the worst judged forecast was off, in thousandths of the time to complete.
  public var forecastErrorPerMille: Int? {
    guard let joinedNanoseconds, let completeAfterNanoseconds else { return nil }
    return forecasts.worstErrorPerMille(
      start: joinedNanoseconds, end: joinedNanoseconds + completeAfterNanoseconds)
  }

  /// One JSON object; `more` are further names and JSON values.
  public func json(adding more: [(String, String)] = []) -> String {
    "{" + (fields + more).map { "\"\($0.0)\":\($0.1)" }.joined(separator: ",") + "}"
  }

  /// The outcome as a few lines.
  public var text: String {
    func short(_ hash: Hash256?) -> String { hash?.short ?? "unknown" }
    let gone = banned.isEmpty ? "nobody" : banned.map { "p\($0)" }.joined(separator: " ")
    let digest = logDigest.map { String($0.hex.prefix(16)) } ?? "-"
    let measured = measurement.map { $0.text + "\n" } ?? ""
    let result =
      switch verdict {
      case .pass: "PASS"
      case .unwinnable: "UNWINNABLE: \(reason)"
      default: "FAIL \(verdict.rawValue): \(reason)"
      }
    return """
      roots     node \(short(nodeRoot))  header \(short(headerRoot))  oracle \(short(oracleRoot))
      state     \(state), \(chunksAccepted) chunks, \(diffsAccepted) diffs, \
      \(chunksRejected) chunks rejected
      chain     \(blocks) blocks, \(forks) forks; the node rebranched \(rebranches) times, \
      \(rebranchesWhileIncomplete) of them while incomplete
      traffic   \(bytesReceived / 1000) kB received, \(bytesSent / 1000) kB sent
      \(measured)\(planText)checks    \(comparisons) comparisons with the oracle, banned \(gone)
      events    \(records) records, \(coverage.count) kinds, sha256 \(digest)
      \(result)  \(seconds(virtualNanoseconds)) virtual, \(steps) steps
      """
  }
}
