/// What a scenario is there to bring about. A run in which it does not happen says nothing about
/// it, whatever else holds. To add one, add it here and in `SituationTally`.
public enum Situation: String, CaseIterable, Sendable, Hashable {
  /// A chunk came before the block whose state it is of.
  case chunkBuffered = "chunk_buffered"
  /// A chunk came for a block that the node no longer follows, or for a range that it holds.
  case chunkUnused = "chunk_unused"
  /// A block came before its parent.
  case headerMissing = "header_missing"
  /// A peer said that it lacks a diff.
  case diffLacked = "diff_lacked"
  /// An account of a state that was incomplete became what it had been before its last change.
  case valueReturned = "value_returned"
  /// The node adopted a final block without what lies between while it held a part of the state.
  case jumpWithPart = "jump_with_part"
  /// A range without an account was proven to be empty.
  case emptyChunk = "empty_chunk"
  /// A slow peer gave a chunk that was taken.
  case slowChunk = "slow_chunk"
  /// The last final block moved twice while the state was incomplete.
  case macroWhileIncomplete = "macro_while_incomplete"
  /// A branch was left while the state was incomplete.
  case rebranchWhileIncomplete = "rebranch_while_incomplete"
  /// Three requests ended without an answer.
  case timeout
  /// The node never had a connection to the full peers that nobody can dial.
  case neverConnected = "never_connected"
  /// A peer that never answers was asked for a part of the state.
  case silentAsked = "silent_asked"
  /// The node died with a part of the state.
  case killedWhileIncomplete = "killed_while_incomplete"
  /// It came back with what it had held.
  case restartWithState = "restart_with_state"
  /// A state that had been complete was no longer.
  case incompleteAgain = "incomplete_again"
  /// A lie was looked at and refused.
  case lieRefused = "lie_refused"
  /// A node that looked for snapshots was offered none.
  case noSnapshot = "no_snapshot"
  /// A peer no longer had the snapshot that the node was joining from.
  case snapshotLost = "snapshot_lost"
  /// There was one full peer and no other.
  case onePeer = "one_peer"
  /// Five forecasts were given.
  case forecast
  /// Planned faults of each of its classes had an effect.
  case faultsFired = "faults_fired"
  /// A write was refused, and the node stopped.
  case storeFailed = "store_failed"
  /// A process could not open its disk.
  case restartRefused = "restart_refused"
  /// A process refused a store for its older format.
  case formatRefused = "format_refused"
  /// The node came back with less than half of what it had held.
  case olderState = "older_state"
  /// It had held a part of the state, and came back with all of it.
  case finishedState = "finished_state"
  /// Each full peer said that it lacks a diff.
  case diffLackedByAll = "diff_lacked_by_all"
  /// An answer was larger than it may be.
  case answerTooLarge = "answer_too_large"
  /// What peers named as a snapshot was none of the chain.
  case snapshotRefused = "snapshot_refused"
  /// A peer told the node a lie.
  case lieTold = "lie_told"

  /// How often it must happen.
  package var least: Int {
    switch self {
    case .macroWhileIncomplete: 2
    case .timeout: 3
    case .forecast: 5
    default: 1
    }
  }
}
