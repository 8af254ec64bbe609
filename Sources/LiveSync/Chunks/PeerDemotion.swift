/// Why a peer is asked after the others.
public enum PeerDemotion: String, Sendable, Hashable, CaseIterable {
  /// It lets requests time out.
  case late = "timeout"
  /// Its verified throughput is far below that of the others.
  case slow
  /// It answers with less than it could.
  case short
}
