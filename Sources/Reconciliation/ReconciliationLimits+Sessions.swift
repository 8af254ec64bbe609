/// Limits of sessions and of what is measured for the choice of a strategy.
extension ReconciliationLimits {
  /// Sessions of one replica at one time; one more is refused (`tooManyConcurrentSyncs`).
  public static let sessionsMax = 16
  /// Sessions whose peer went away and that wait for it to come back; the oldest gives way.
  public static let interruptedSessionsMax = 64
  /// Requests of one session under way at one time.
  public static let sessionRequestsMax = 8
  /// Requests of all sessions under way at one time.
  public static let requestsUnderWayMax = 64
  /// Times that one request is sent before the session fails.
  public static let attemptsMax = 6
  /// Comparisons of one session: more than one if a strategy failed or a side moved.
  public static let roundsMax = 8
  /// Times that one session changes its strategy because another one is cheaper.
  public static let changesMax = 4
  /// Records that one session may lack or have to give.
  public static let differenceMax = 8 << 20
  /// Records in one message.
  public static let batchItemsMax = 4_096
  /// Bytes of records and values in one message, unless one entry alone has more.
  public static let batchBytesMax = 256 << 10
  /// Bytes of a value that comes with its record; a larger one is asked for by itself.
  public static let inlineValueBytesMax = 1 << 10
  /// Bytes of a value.
  public static let valueBytesMax = 1 << 20
  /// Bytes of a comparison's message in a session.
  public static let comparisonBytesMax = 2 << 20
  /// Bytes of the longest message: a value or a comparison's message, and what names it.
  public static let sessionMessageBytesMax = (2 << 20) + (64 << 10)
  /// Bytes of entries that are given to the replica and not stored yet; while there are more, no
  /// more are asked for.
  public static let unstoredBytesMax = 4 << 20
  /// Views of earlier revisions that a replica keeps for sessions under way.
  public static let viewsMax = 4
  /// Requests that one peer may send in the window of the rate limits.
  public static let sessionRequestsPerWindowMax = 2_000
  /// Records gone through for one request that count as one request more.
  public static let recordsPerCharge = 1 << 14
  /// Requests that go through all records, however many these are, that one peer may send in the
  /// window of the rate limits: more than one comparison by tables takes.
  public static let passesPerWindow = 16
  /// Peers whose line and last difference are remembered; above that they are forgotten.
  public static let rememberedPeersMax = 256
  /// Sessions that ended and that nobody has waited for yet; above that they are forgotten.
  public static let endedSessionsMax = 64
  /// Strategies that one side names.
  public static let strategiesMax = 32

  /// How long an answer is waited for before anything was measured.
  public static let patienceFirst: Duration = .seconds(10)
  /// The least that an answer is waited for.
  public static let patienceMin: Duration = .milliseconds(200)
  /// The most that an answer is waited for.
  public static let patienceMax: Duration = .seconds(120)
  /// How long a measured rate or round trip counts.
  public static let linkWindow: Duration = .seconds(30)
  /// Samples kept of each.
  public static let linkSamplesMax = 64
  /// Bytes of an answer that tells what the line carries.
  public static let rateSampleBytesMin = 1 << 10
  /// How many times as fast as its whole time says an answer can have been carried.
  public static let carriedShareMax = 8.0

  /// Ways to compare that one opening offers.
  public static let plansMax = 128
  /// Bytes of the first requests of one plan among several.
  public static let offerBytesMax = 4 << 10
  /// Bytes of the coded symbols that are sent along with an opening.
  public static let probeBytesMax = 64 << 10
  /// Weight of the newest session in what predictions are corrected by.
  public static let correctionWeight = 0.3
  /// How many times as long, or as short, as predicted a strategy can have taken at most.
  public static let correctionMax = 10.0
  /// How many times as fast or as slow as the cost model's machine a peer can be, weight of the
  /// newest session in that, and what its processor must take for a session to tell: seconds, and
  /// a share of all the rest.
  public static let slownessMax = 64.0
  public static let slownessWeight = 0.7
  public static let slownessSecondsMin = 0.000_2
  public static let slownessShareMin = 0.1
  /// What symbols that are sent along may take, as a share of a round trip.
  public static let probeShareMax = 0.04
  /// Symbols that are sent along at the least and at the most.
  public static let probeSymbolsMin = 1
  public static let probeSymbolsMax = 1_024
  /// Symbols from which the other side can tell how much differs.
  public static let tellingSymbolsMin = 32
  /// Records of a set whose ranges are looked at: in smaller ones the first flight tells little.
  public static let rangeLookRecordsMin = 8_192
  /// What a look may cost as a share of the rest, as a share of what is saved if the difference
  /// lies together, and, if it is sent along with an opening, as a share of a round trip.
  public static let lookShareMax = 0.1
  public static let lookOddsMax = 0.3
  public static let lookOpeningShareMax = 0.06
  /// Symbols are not left before twice as many would cost this share of what another strategy
  /// takes, unless that is below the other share of what they take themselves.
  public static let waitShareMax = 0.01
  public static let doubtlessShareMax = 0.5
  /// What another strategy may take at most, as a share of the rest by ranges, for these to be
  /// left.
  public static let leaveShareMax = 0.85
  /// Parts that may differ for a look to be answered in full.
  public static let lookedPartsMax = 8
  /// Symbols that are sent along with a look, so that the other side can weigh what it sees.
  public static let lookProbeSymbols = 8
  /// Coded symbols that are asked for before the first answer, in one window of requests.
  public static let aheadSymbolsMax = 7 << 13
  /// The largest difference that an opening has a plan for, and how much larger each next one is.
  public static let plannedDifferenceMax = 48_000
  public static let planStep = 1.07
  /// Symbols that a later flight asks for beyond those that it is expected to take.
  public static let laterFlightMargin = 0.05
  /// Bytes a second of a line of which nothing is known.
  public static let bytesPerSecondUnknown = 1e6
}
