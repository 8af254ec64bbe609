/// Range-based comparison (negentropy V1).
extension ReconciliationLimits {
  /// Bytes of the smallest frame: what the published protocol asks for.
  public static let frameBytesMin = 4_096
  /// Bytes of a frame that are kept free for what ends the message: a message goes on while it has
  /// these left, and what follows takes less.
  public static let frameReserveBytes = 200
  /// Bytes of a message that is read, whatever frames were agreed: the ids of two million records.
  public static let rangeMessageBytesMax = 64 << 20
  /// Messages of one comparison's initiator. Frames of the least size hold some 120 ids, so this is
  /// enough for five million differences of two sets in such frames.
  public static let rangeMessagesMax = 1 << 16
  /// Ids that the other side may name as its own in one comparison, counted as often as they come.
  public static let rangeIDsNeededMax = 1 << 23
  /// Entries of a node of `NegentropyTree`: items of a leaf, children of a branch.
  public static let rangeNodeEntriesMax = 64
  /// Parts of a first message that a look compares; more are not looked at.
  public static let lookPartsMax = 64
}
