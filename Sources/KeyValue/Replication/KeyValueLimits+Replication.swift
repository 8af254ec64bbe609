/// What bounds replication.
extension KeyValueLimits {
  // MARK: Members

  /// Members of a cluster.
  public static let membersMax = 64
  /// Members that were removed and are remembered so that they stay out; beyond it the first
  /// removed ones are forgotten.
  public static let removedMembersMax = 256
  /// Addresses of a member, and addresses whose keys are pinned for each member.
  public static let memberAddressesMax = 4
  /// Bytes of an address.
  public static let addressBytesMax = 255
  /// Bytes of a member's name.
  public static let memberNameBytesMax = 64
  /// Addresses of peers that an operator may name.
  public static let namedPeersMax = 64
  /// Addresses whose keys are pinned. Of more those go at which no member is.
  public static let pinsMax = membersMax * memberAddressesMax + namedPeersMax

  /// Milliseconds that a node may tell of its clock beyond what it has stored of it last.
  public static let clockLeaseMilliseconds: UInt64 = 10_000

  // MARK: Messages

  /// Bytes of a hello, of its answer, of a round and of its answer: lists of members and rows.
  public static let gossipBytesMax = 1 << 20
  /// Bytes of the items of a push, from which on it ends.
  public static let pushBytesWanted = 64 << 10
  /// Items of a push.
  public static let pushItemsMax = 8_192
  /// Bytes of a value that is sent within a push; larger ones are fetched.
  public static let pushValueBytesMax = 256 << 10
  /// Bytes of a push's items: what is wanted, and one of the longest behind it.
  public static let pushBodyBytesMax = pushBytesWanted + pushValueBytesMax + (4 << 10)
  /// Bytes of a push's items below which they are not compressed.
  public static let compressedBytesMin = 256
  /// Bytes of a value that are fetched at a time.
  public static let valueSliceBytesMax = 1 << 20

  // MARK: Queues

  /// Keys that wait to be pushed to one peer; beyond it the queue is dropped for a round.
  public static let queuedKeysMax = 65_536
  /// Bytes of these keys.
  public static let queuedKeyBytesMax = 8 << 20
  /// Keys that wait and that let a push begin while another is under way.
  public static let pushKeysWanted = 512
  /// Bytes of pushes under way to one peer, at least and at most.
  public static let pushWindowBytesMin = 64 << 10
  public static let pushWindowBytesMax = 2 << 20
  /// Pushes under way to one peer.
  public static let pushesUnderWayMax = 16
  /// Bytes of one peer's pushes that are being applied; beyond it a push is answered with busy.
  public static let applyingBytesMax = 8 << 20
  /// Values that are fetched at a time; further ones are answered with busy.
  public static let fetchesMax = 2
  /// Attempts at a slice of a value, before the push that named it is answered with busy.
  public static let sliceAttemptsMax = 4
  /// Pause before what was not taken is pushed again, doubled each time up to the second one.
  public static let pushPauseFirst = Duration.milliseconds(100)
  public static let pushPauseMax = Duration.seconds(30)
  /// Pause before an address is dialled again, doubled each time up to the second one.
  public static let dialPauseFirst = Duration.milliseconds(500)
  public static let dialPauseMax = Duration.seconds(30)
  /// Rounds put off because pushes are under way, after which one is made all the same.
  public static let roundsPutOffMax = 3
  /// Sessions that this node begins at a time.
  public static let sessionsMax = 1
  /// Sessions in a row that found nothing to repair while the roots differed, before it is told.
  public static let fruitlessSessionsMax = 3
}
