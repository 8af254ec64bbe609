import Ledger

/// The snapshots that a node keeps and gives to others.
public protocol SnapshotShelf: Sendable {
  /// The newest ones, at most `limit`, the newest first; only such as are whole, and whose blocks
  /// `chain` leads to.
  func offers(limit: Int, of chain: Blockchain) throws(SnapshotFault) -> [OfferedSnapshot]

  /// The bytes of a chunk as they are kept.
  /// - Throws: `unknown_snapshot`, `unknown_chunk`, `storage`.
  func chunk(height: UInt64, format: UInt32, index: UInt32) throws(SnapshotFault) -> [UInt8]
}
