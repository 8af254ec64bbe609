/// How urgent a message is, most urgent first. Each end sends `control` before `headers` before all
/// others, which share what is left of the line.
public enum TrafficClass: UInt8, Sendable, Hashable, CaseIterable {
  /// Small requests and answers that others wait for.
  case control = 0
  /// Headers of new blocks.
  case headers = 1
  /// Bodies and blocks.
  case blocks = 2
  /// Diffs.
  case diffs = 3
  /// Chunks of a state that moves.
  case chunks = 4
  /// What nobody waits for, such as parts of snapshots.
  case bulk = 5
}
