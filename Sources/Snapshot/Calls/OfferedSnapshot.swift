/// What makes one snapshot another one than the next: how a host describes it to others.
///
/// The five fields are those of CometBFT's `Snapshot`, which takes two snapshots for the same if
/// all five are equal.
public struct OfferedSnapshot: Sendable, Hashable {
  /// Height of the block whose state it has.
  public var height: UInt64
  /// One of `SnapshotFormat`; others are somebody else's.
  public var format: UInt32
  /// Number of its chunks, as whoever offers it says.
  public var chunks: UInt32
  /// Names it: the hash of its manifest.
  public var hash: [UInt8]
  /// What the receiver needs to check it: the manifest.
  public var metadata: [UInt8]

  public init(height: UInt64, format: UInt32, chunks: UInt32, hash: [UInt8], metadata: [UInt8]) {
    self.height = height
    self.format = format
    self.chunks = chunks
    self.hash = hash
    self.metadata = metadata
  }
}

/// The numbers of the formats of snapshots (Docs/Snapshots.md).
public enum SnapshotFormat {
  /// One compressed stream, cut; believed until its end.
  public static let hashOnly: UInt32 = 1
  /// Each piece is proven alone against the state root.
  public static let provable: UInt32 = 2
}
