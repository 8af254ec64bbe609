import EventLog

/// What came of the seeds of a campaign so far. Bounded: of many failures it keeps how many they
/// are and the first seeds of each class.
public struct CampaignSummary: Sendable {
  /// A seed whose run was no pass, and why.
  public struct Entry: Sendable, Hashable {
    public let seed: UInt64
    public let verdict: Event.RunVerdict
    public let failure: FailureClass
    public let reason: String
    public let logDigest: String
  }

  /// The failures of one class.
  public struct Group: Sendable, Hashable {
    public let verdict: Event.RunVerdict
    public let failure: FailureClass
    public fileprivate(set) var count = 0
    /// The lowest seeds, in order.
    public fileprivate(set) var seeds: [UInt64] = []
  }

  /// A seed and the real time that it took.
  public struct SlowSeed: Sendable, Hashable {
    public let seed: UInt64
    public let nanoseconds: Int64
  }

  /// Profile or scenario.
  public let name: String
  /// Whether each seed draws another world: then a world that no node can win, or that proves
  /// nothing, is no failure.
  public let isDrawn: Bool
  /// Names of the marks that it must have once it is long enough; none if nothing is asked.
  public let expected: [String]
  /// Whether its runs are of nodes that sync: with events, chunks, diffs and rebranches.
  public let isOfSyncs: Bool
  /// Seeds that are to be run.
  public let planned: Int
  public private(set) var count = 0
  /// How many seeds came to each verdict.
  public private(set) var verdicts: [Event.RunVerdict: Int] = [:]
  /// The seeds that took most real time, the slowest first.
  public private(set) var slow: [SlowSeed] = []
  public private(set) var chunks = 0
  public private(set) var diffs = 0
  public private(set) var rebranches = 0
  public private(set) var rebranchesWhileIncomplete = 0
  public private(set) var virtualNanoseconds: Int64 = 0
  /// In how many runs each mark of a result was seen, by name.
  public private(set) var seen: [String: Int] = [:]
  /// How many runs took so many thousandths of the least possible time, by tenths.
  private var ratios: [Int: Int] = [:]
  private var ratioRange: (least: Int, most: Int)?
  /// The lowest seeds of each verdict but pass, in order.
  private var named: [Event.RunVerdict: [Entry]] = [:]
  private var classes: [FailureClass: Group] = [:]

  /// Of nodes that sync.
  /// - Parameter profile: draws the world of each seed; nil if all have the same.
  public init(name: String, profile: Profile?, planned: Int) {
    self.init(
      name: name, isDrawn: profile != nil, expected: profile?.coverage ?? [], isOfSyncs: true,
      planned: planned)
  }

  /// Of worlds of another kind, each drawn with its seed.
  public init(name: String, expected: [String], planned: Int) {
    self.init(name: name, isDrawn: true, expected: expected, isOfSyncs: false, planned: planned)
  }

  private init(name: String, isDrawn: Bool, expected: [String], isOfSyncs: Bool, planned: Int) {
    self.name = name
    self.isDrawn = isDrawn
    self.expected = expected
    self.isOfSyncs = isOfSyncs
    self.planned = planned
  }

  public mutating func add(_ result: SeedResult) {
    count += 1
    verdicts[result.verdict, default: 0] += 1
    chunks += result.chunks
    diffs += result.diffs
    rebranches += result.rebranches
    rebranchesWhileIncomplete += result.rebranchesWhileIncomplete
    virtualNanoseconds &+= result.virtualNanoseconds
    for mark in result.marks { seen[mark.name, default: 0] += 1 }
    Self.insert(
      SlowSeed(seed: result.seed, nanoseconds: result.wallNanoseconds), into: &slow,
      limit: CampaignLimits.slowSeedsMax
    ) { (-$0.nanoseconds, $0.seed) < (-$1.nanoseconds, $1.seed) }
    if let ratio = result.limitPerMille {
      ratios[ratio / 100, default: 0] += 1
      let range = ratioRange ?? (ratio, ratio)
      ratioRange = (min(range.least, ratio), max(range.most, ratio))
    }
    if result.verdict != .pass { addFailure(result) }
  }

  private mutating func addFailure(_ result: SeedResult) {
    let entry = Entry(
      seed: result.seed, verdict: result.verdict, failure: result.failure, reason: result.reason,
      logDigest: result.logDigest)
    Self.insert(
      entry, into: &named[result.verdict, default: []], limit: CampaignLimits.seedsNamedMax
    ) { $0.seed < $1.seed }
    var kind = result.failure
    if classes[kind] == nil, classes.count >= CampaignLimits.classesMax {
      kind = FailureClass(invariant: "others", place: "others")
    }
    var group = classes[kind] ?? Group(verdict: result.verdict, failure: kind)
    group.count += 1
    Self.insert(result.seed, into: &group.seeds, limit: CampaignLimits.seedsOfClassMax, by: <)
    classes[kind] = group
  }

  /// Keeps the first `limit` in this order.
  private static func insert<Item>(
    _ item: Item, into list: inout [Item], limit: Int, by isBefore: (Item, Item) -> Bool
  ) {
    let place = list.firstIndex { isBefore(item, $0) } ?? list.count
    guard place < limit else { return }
    list.insert(item, at: place)
    if list.count > limit { list.removeLast() }
  }

  /// Verdicts that count as failures, the gravest first.
  public var failing: [Event.RunVerdict] {
    isDrawn
      ? [.safety, .crash, .liveness] : [.safety, .crash, .liveness, .unwinnable, .vacuous]
  }

  /// The gravest verdict; if no seed failed, pass, or vacuous if they prove too little together.
  public var verdict: Event.RunVerdict {
    failing.first { verdicts[$0] != nil } ?? (isThin ? .vacuous : .pass)
  }

  /// Expected marks that no run had (C1, C2).
  public var missed: [String] { expected.filter { seen[$0] == nil } }

  /// C3: a campaign of a profile that expects something has been long enough for it, and has not
  /// done what it is for.
  public var isThin: Bool {
    !expected.isEmpty && count >= SimulationLimits.coveredRunsMin
      && (!missed.isEmpty || passed * 2 < count
        || isOfSyncs && min(chunks, diffs, rebranches) < count)
  }

  public var passed: Int { verdicts[.pass] ?? 0 }
  public var failureCount: Int { failing.reduce(0) { $0 + (verdicts[$1] ?? 0) } }
  public var isWhole: Bool { count >= planned }

  /// The failures that are named, by seed.
  public var failures: [Entry] {
    failing.flatMap { named[$0] ?? [] }.sorted { $0.seed < $1.seed }
  }

  /// The seeds of one verdict that are named.
  public func entries(_ verdict: Event.RunVerdict) -> [Entry] { named[verdict] ?? [] }

  /// The classes of all that was no pass, the most frequent first.
  public var groups: [Group] {
    classes.values.sorted {
      ($1.count, $0.failure) < ($0.count, $1.failure)
    }
  }

  /// How many runs took from so many thousandths of the least possible time to the next step, in
  /// rising order. A step is a quarter of a doubling; what took less than the least time stands
  /// with 0, and what is beyond the last step with that.
  public var ratioSteps: [(perMille: Int, runs: Int)] {
    let steps =
      [0]
      + (0..<CampaignLimits.ratioStepsMax).map { step in
        [1_000, 1_189, 1_414, 1_682][step % 4] << (step / 4)
      }
    var counts = [Int](repeating: 0, count: steps.count)
    for (tenth, runs) in ratios {
      counts[(steps.lastIndex { $0 <= tenth * 100 + 99 } ?? 0)] += runs
    }
    return zip(steps, counts).filter { $0.1 > 0 }.map { ($0, $1) }
  }

  /// Least, median (to a tenth) and most time to the complete state in thousandths of the least
  /// possible, and of how many runs; nil if none was measured.
  public var ratio: (least: Int, median: Int, most: Int, runs: Int)? {
    guard let ratioRange else { return nil }
    let runs = ratios.values.reduce(0, +)
    var left = (runs + 1) / 2
    for (tenth, count) in ratios.sorted(by: { $0.key < $1.key }) {
      left -= count
      if left <= 0 { return (ratioRange.least, tenth * 100, ratioRange.most, runs) }
    }
    return nil
  }
}
