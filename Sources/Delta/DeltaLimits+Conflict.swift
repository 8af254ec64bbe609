import CRDT
import Reconciliation

/// Limits of replicas that are reconciled by the pieces of their values.
extension DeltaLimits {
  /// Bytes of the wire form of one piece: what a session takes as a value.
  public static let pieceBytesMax = ReconciliationLimits.valueBytesMax
  /// Pieces that one replica holds, those of strangers among them, unless something else is said:
  /// what one session may find to differ.
  public static let piecesMax = ReconciliationLimits.differenceMax
  /// Pieces that one delta is taken to have at most: with less room than that it is looked at
  /// before it is taken.
  public static let deltaPiecesMax = piecesMax / 4
  /// Pieces that wait for what they stand on. If there are more, those that wait are let go: the
  /// next comparison finds them again.
  public static let waitingPiecesMax = CRDTLimits.textWaitingMax
}
