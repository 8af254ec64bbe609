import EventLog
import LiveSync
import Runtime

/// What a forecast is made from, read at one moment. Bytes and blocks are totals since the start.
public struct SyncSample: Sendable, Hashable {
  public var at = Moment.start
  /// True once a peer has been through macro sync, so that blocks and chunks can come.
  public var isLive = false
  /// Missing share of the key space, 0…1; 0 only if nothing is missing.
  public var missingShare = 1.0
  /// Bytes that the missing part will take; nil before there is anything to go by.
  public var missingBytes: Double?
  /// Bytes of chunks that were taken in, or wait for their blocks.
  public var chunkBytes = 0
  /// Verified diffs.
  public var diffs = 0
  /// Blocks that change nothing, so that there was nothing to verify.
  public var emptyDiffs = 0
  /// Bytes of verified diffs.
  public var diffBytes = 0
  /// Blocks above the head whose diffs are here.
  public var diffsWaiting = 0
  /// Bytes by which these diffs make the state grow.
  public var grownBytes = 0
  /// Blocks that were applied, by the height of the head.
  public var head: UInt32 = 0
  /// When the head was made, by its header: milliseconds.
  public var headMilliseconds: UInt64 = 0
  /// Time between two blocks by the chain's configuration: milliseconds, at least 1.
  public var blockMilliseconds: UInt64 = 1_000
  /// Height of the network's chain as far as it was named.
  public var target: UInt32 = 0

  public init() {}
}

/// When the sync will end, or why it will not.
public struct SyncForecast: Sendable, Hashable {
  public var verdict: Event.StateForecast
  /// Time until state and head are those of the network; nil unless the verdict is `converges`.
  public var eta: Duration?
  /// Share of the whole sync that is done, in parts per million; falls only if the state is given
  /// up, which makes it another sync.
  public var progressPpm: Int
  /// Bytes of chunks and diffs a second, without those of no use.
  public var hasBytesPerSecond: Double
  /// Bytes a second that the changes of the chain alone take: its diffs, and what they add to the
  /// missing part.
  public var needsBytesPerSecond: Double

  /// What the missing part is expected to take, and where it comes from; nil before there is
  /// anything to go by.
  public var expected: ExpectedBytes?

  /// One line for people.
  public var text: String {
    guard let sources = expected?.text else { return verdictText }
    return verdictText + "; " + sources
  }

  private var verdictText: String {
    switch verdict {
    case .converges:
      let seconds = ((eta ?? .zero).wholeNanoseconds + 999_999_999) / 1_000_000_000
      return "done in \(seconds) s"
    case .diverges:
      return "will not finish: needs \(ByteText.amount(needsBytesPerSecond))/s, "
        + "has \(ByteText.amount(hasBytesPerSecond))/s"
    case .stalled:
      return "stalled: nothing comes in"
    case .unknown:
      return "too little is known yet"
    }
  }

  /// The forecast while nothing moves: a time that was told would pass without an end. That there
  /// is none stays true.
  package var whileStalled: SyncForecast {
    guard verdict == .converges || verdict == .unknown else { return self }
    var forecast = self
    forecast.verdict = .stalled
    forecast.eta = nil
    return forecast
  }
}
