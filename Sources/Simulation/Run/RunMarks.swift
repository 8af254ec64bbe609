import EventLog
import LiveSync
import Node
import Peers
import Snapshot

/// What has happened in a run, counted by name: what its faults did, and states worth reaching
/// (coverage).
public struct RunMarks: Sendable, Hashable {
  /// What a mark is of; its name in a list of marks begins with it.
  public enum Kind: String, CaseIterable, Sendable {
    /// Faults of a class had an effect.
    case fault
    /// A state worth reaching was reached.
    case reached
    /// The node refused something, by event and reason.
    case refused

    /// The name of a mark among all.
    public func mark(_ name: String) -> String { "\(rawValue) \(name)" }
  }

  /// How often faults of each class had an effect.
  public private(set) var faults: [String: Int] = [:]
  /// How often the node refused something, by event and reason.
  public private(set) var reasons: [String: Int] = [:]
  /// How often each state worth reaching was reached.
  public private(set) var marks: [String: Int] = [:]

  /// The states worth reaching (C2).
  public static let known = [
    "rebranch_while_incomplete", "rebranch_while_complete", "macro_while_incomplete", "jump",
    "incomplete_again", "chunk_buffered", "chunk_discarded", "chunk_pruned", "block_buffered",
    "timeout", "restart", "restart_refused", "restart_while_incomplete",
    "store_failed", "stall", "ban", "snapshot_joined", "validators_changed", "chunk_of_joiner",
    "fork_proof", "restart_of_companion",
  ]

  public init() {}

  /// All of it in the order of kinds and names.
  var list: [SimulationReport.EventCount] {
    Kind.allCases.flatMap { kind in
      counts(of: kind).sorted { $0.key < $1.key }.map {
        .init(name: kind.mark($0.key), count: UInt64($0.value))
      }
    }
  }

  private func counts(of kind: Kind) -> [String: Int] {
    switch kind {
    case .fault: faults
    case .reached: marks
    case .refused: reasons
    }
  }

  mutating func fired(_ fault: String) { faults[fault, default: 0] += 1 }
  mutating func refused(_ event: String, _ reason: String) {
    reasons["\(event) \(reason)", default: 0] += 1
  }
  mutating func add(_ mark: String) { marks[mark, default: 0] += 1 }

  /// Counts what tells how much of the joining node a run has reached.
  /// - Parameter isComplete: whether the node's state was complete before the event.
  mutating func note(_ event: WatchedEvent, isComplete: Bool) {
    switch event.group {
    case .chunk(let event): note(event)
    case .chain(let event): note(event, isComplete: isComplete)
    case .diff(.rejected(_, _, _, let reason)), .block(.rejected(_, _, _, let reason)):
      refused(event.event.name, reason)
    case .block(.buffered): add("block_buffered")
    case .peer(.banned(_, let reason)):
      add("ban")
      refused(event.event.name, reason)
    case .stall(.detected): add("stall")
    case .state(.incomplete): add("incomplete_again")
    case .joining(.chosen): add("snapshot_joined")
    case .request(.ended(_, _, .timeout, _, _)): add("timeout")
    default: break
    }
  }

  private mutating func note(_ event: Event.Chunk) {
    switch event {
    case .rejected(_, let reason), .ignored(_, let reason): refused(event.name.rawValue, reason)
    case .buffered: add("chunk_buffered")
    case .discarded(_, let reason):
      add("chunk_discarded")
      refused(event.name.rawValue, reason)
    case .pruned(_, let reason):
      add("chunk_pruned")
      refused(event.name.rawValue, reason)
    case .requested, .received, .accepted: break
    }
  }

  private mutating func note(_ event: Event.Chain, isComplete: Bool) {
    switch event {
    case .rebranched: add(isComplete ? "rebranch_while_complete" : "rebranch_while_incomplete")
    case .finalized: if !isComplete { add("macro_while_incomplete") }
    case .historyAdopted: add("jump")
    case .forkProof: add("fork_proof")
    default: break
    }
  }
}
