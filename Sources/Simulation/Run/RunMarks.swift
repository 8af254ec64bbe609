/// What has happened in a run, counted by name: what its faults did, and states worth reaching
/// (coverage).
public struct RunMarks: Sendable, Hashable {
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
    "store_failed", "stall", "ban", "snapshot_joined",
  ]

  public init() {}

  mutating func fired(_ fault: String) { faults[fault, default: 0] += 1 }
  mutating func refused(_ event: String, _ reason: String) {
    reasons["\(event) \(reason)", default: 0] += 1
  }
  mutating func add(_ mark: String) { marks[mark, default: 0] += 1 }
}
