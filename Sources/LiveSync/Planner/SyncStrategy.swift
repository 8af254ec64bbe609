/// How a node fills its state.
public enum SyncStrategy: String, Sendable, Hashable, CaseIterable {
  /// One chunk at a time, from the first missing key on, as the reference does.
  case sequential
  /// Many ranges at a time from all peers.
  case parallel
}
