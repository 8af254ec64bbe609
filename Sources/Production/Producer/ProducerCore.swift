import Primitives
import Runtime

/// Decides when a producer makes which block. A value without clock or keys: it is told what is
/// seen, and says what is due.
///
/// - A block is due one block time after its parent, by the time in the parent, but never later
///   than one block time after the parent was seen here, however wrong somebody's clock is.
/// - At a micro height the owner of the slot makes the block. If it does not, all others make a
///   skip block when `skipAfter` has passed.
/// - A macro block, which all make alike, is begun by the owner of the slot, and by the others when
///   `skipAfter` has passed.
/// - What fails is tried again, after a pause that doubles.
public struct ProducerCore: Sendable, Hashable {
  /// What is seen at one moment.
  public struct Sight: Sendable, Hashable {
    /// The head.
    public var parent: Hash256
    /// The time in the head, in milliseconds since the Unix epoch.
    public var parentMilliseconds: UInt64
    /// True if the next block is a macro or election block.
    public var isMacro: Bool
    /// True if the key of the owner of the next slot is held here.
    public var ownsSlot: Bool
    public var now: Moment
    /// The time of day, in milliseconds since the Unix epoch.
    public var milliseconds: UInt64

    public init(
      parent: Hash256, parentMilliseconds: UInt64, isMacro: Bool, ownsSlot: Bool, now: Moment,
      milliseconds: UInt64
    ) {
      self.parent = parent
      self.parentMilliseconds = parentMilliseconds
      self.isMacro = isMacro
      self.ownsSlot = ownsSlot
      self.now = now
      self.milliseconds = milliseconds
    }
  }

  /// What to do.
  public enum Step: Sendable, Hashable {
    /// Look again at this moment, or when the head changes.
    case wait(until: Moment)
    /// Make a micro block with this time, in milliseconds since the Unix epoch.
    case micro(milliseconds: UInt64)
    case skip
    case macro
  }

  /// Time from one block to the next.
  public let blockTime: Duration
  /// How much later others do what the owner of the slot has not done.
  public let skipAfter: Duration
  private var parent: Hash256?
  /// When the block after the parent is due.
  private var due = Moment.start
  private var notBefore = Moment.start
  private var failures = 0
  /// True if the owner's key cannot sign a micro block on this parent any more.
  private var isForfeit = false

  /// Both times are positive.
  public init(blockTime: Duration, skipAfter: Duration) {
    self.blockTime = blockTime
    self.skipAfter = skipAfter
  }

  /// What is to be done now.
  public mutating func step(_ sight: Sight) -> Step {
    if sight.parent != parent { begin(sight) }
    let isOwner = sight.ownsSlot && !isForfeit
    let moment = max(isOwner ? due : due.advanced(by: skipAfter), notBefore)
    guard sight.now >= moment else { return .wait(until: moment) }
    if sight.isMacro { return .macro }
    guard isOwner else { return .skip }
    return .micro(milliseconds: max(sight.parentMilliseconds + 1, sight.milliseconds))
  }

  /// The last step did not bring a block. `isForfeit`: the owner's key has signed another block at
  /// this height, so that only a skip block can follow.
  public mutating func failed(at now: Moment, isForfeit: Bool = false) {
    if isForfeit, !self.isForfeit {
      self.isForfeit = true
      return
    }
    let factor = 1 << min(failures, ProductionLimits.retryDoublingsMax)
    failures += 1
    notBefore = now.advanced(by: blockTime * factor)
  }

  /// True if another process may be asked for its signature of a skip block on `parent`: the owner
  /// has had most of its time.
  public func allowsSkip(on parent: Hash256, at now: Moment) -> Bool {
    parent == self.parent && now >= due.advanced(by: skipAfter / 2)
  }

  private mutating func begin(_ sight: Sight) {
    parent = sight.parent
    failures = 0
    isForfeit = false
    let ahead =
      sight.parentMilliseconds > sight.milliseconds
      ? Duration.milliseconds(Int64(clamping: sight.parentMilliseconds - sight.milliseconds))
      : .milliseconds(-Int64(clamping: sight.milliseconds - sight.parentMilliseconds))
    due = sight.now.advanced(by: min(blockTime, max(.zero, blockTime + ahead)))
    notBefore = due
  }
}
