import Node
import Runtime

extension FaultPlan {
  /// The plan of `seed` in the profile `swarm`: a small world, and faults of the classes that this
  /// seed switches on (swarm testing, Groce et al. 2012). One honest full peer, the last one, is
  /// never disabled for good, so that the node can always get to its end.
  public static func swarm(seed: UInt64) -> FaultPlan { swarm(seed: seed, isSmallest: false) }

  /// The plan of `seed` in the profile `small`: what `swarm` draws, in a world of the least size in
  /// which all of it can come about. It takes a fraction of the time.
  public static func small(seed: UInt64) -> FaultPlan { swarm(seed: seed, isSmallest: true) }

  private static func swarm(seed: UInt64, isSmallest: Bool) -> FaultPlan {
    var world = SwarmWorld(seed: seed)
    var scenario = world.scenario()
    if isSmallest { world.shrink(&scenario) }
    let faults = SwarmFaults(
      seed: seed, scenario: scenario, hasAbsence: world.hasAbsence,
      latest: isSmallest ? 6_000 : 18_000
    ).faults()
    let end = FaultPlan(unchecked: seed, scenario, faults).end
    scenario.timeLimitSeconds = end / 1_000 + SwarmWorld.roomSeconds
    return FaultPlan(unchecked: seed, scenario, faults)
  }
}

/// Draws a small world.
private struct SwarmWorld {
  /// Virtual seconds that the node has once the faults are over.
  static let roomSeconds = 1_500

  /// Blocks of a batch in a world whose node is away for so many batches that it gives a complete
  /// state up; few, so that the world stays small.
  private static let batchOfAbsence = 4

  private let seed: UInt64
  private var random: RandomStream
  /// What was added later, in the order in which it was, so that the worlds of seeds stay.
  private var later: RandomStream
  /// Whether the node is away for long once it has its state.
  let hasAbsence: Bool

  init(seed: UInt64) {
    self.seed = seed
    // Streams 0 and 1 are those of other profiles.
    random = RandomStream(seed: seed, consumer: RandomConsumer(.swarm, index: 2))
    later = RandomStream(seed: seed, consumer: RandomConsumer(.swarm, index: 5))
    hasAbsence = later.below(12) == 0
  }

  mutating func scenario() -> Scenario {
    var world = Scenario()
    world.name = "swarm-\(seed)"
    world.description = "A small world with faults, drawn with seed \(seed)."
    world.nodes = 1 + random.number(in: 3...8)
    world.accounts = random.number(in: 150...1_200)
    world.blocksPerBatch = random.number(in: 4...10)
    if hasAbsence { world.blocksPerBatch = Self.batchOfAbsence }
    world.batchesPerEpoch = random.number(in: 1...4)
    world.validators = random.number(in: 1...4)
    world.slots = world.validators * random.number(in: 1...4) + 3
    world.blockIntervalMilliseconds = random.number(in: 500...1_500)
    world.transactionsPerBlock = random.number(in: 2...8)
    world.newAccountPerMillion = random.number(in: 0...600_000)
    world.emptyAccountPerMillion = random.number(in: 0...300_000)
    world.forkPerMillion = random.below(3) == 0 ? 0 : random.number(in: 20_000...350_000)
    world.forkDepthMax = random.number(in: 1...4)
    world.skipPerMillion = random.below(2) == 0 ? 0 : random.number(in: 10_000...200_000)
    world.latencyMilliseconds = random.number(in: 2...80)
    world.jitterMilliseconds = random.number(in: 0...40)
    world.lossPerMillion = random.below(2) == 0 ? 0 : random.number(in: 100...20_000)
    world.uploadBytesPerSecond = random.number(in: 25_000...100_000)
    world.downloadBytesPerSecond = world.uploadBytesPerSecond * random.number(in: 1...4)
    world.joinAtBlock = random.number(in: 2...2 * world.blocksPerBatch)
    world.chunkItems = random.number(in: 3...30)
    world.sharedPeers = random.below(2)
    world.strategy = random.below(4) == 0 ? .sequential : .parallel
    world.followBlocks = world.blocksPerBatch + random.below(4)
    world.blocks = world.joinAtBlock + 2 * world.blocksPerBatch
    if random.below(6) == 0 {
      world.snapshotInterval = world.blocksPerBatch * random.number(in: 1...2)
      world.snapshotsKept = random.number(in: 1...3)
      // There is one when the node joins.
      world.joinAtBlock += world.snapshotInterval
      world.blocks += world.snapshotInterval
    }
    if later.below(6) == 0 { world.joiners = later.number(in: 2...3) }
    if later.below(3) == 0 { world.changingValidators = 1 }
    if later.below(4) == 0 { world.producerGossips = 1 }
    return world
  }

  /// Makes a world as small as it can be and still have every part of what is simulated.
  func shrink(_ world: inout Scenario) {
    var random = RandomStream(seed: seed, consumer: RandomConsumer(.swarm, index: 7))
    world.name = "small-\(seed)"
    world.nodes = 1 + random.number(in: 3...4)
    world.accounts = random.number(in: 60...180)
    world.transactionsPerBlock = random.number(in: 1...3)
    world.validators = random.number(in: 1...2)
    world.blocksPerBatch = Self.batchOfAbsence
    let snapshots = world.snapshotInterval > 0 ? world.blocksPerBatch : 0
    world.snapshotInterval = snapshots
    world.joinAtBlock = random.number(in: 2...world.blocksPerBatch) + snapshots
    world.blocks = world.joinAtBlock + 2 * world.blocksPerBatch
    world.followBlocks = world.blocksPerBatch
    world.chunkItems = random.number(in: 3...12)
    world.blockIntervalMilliseconds = random.number(in: 800...1_600)
  }
}

/// Draws what goes wrong in a world.
private struct SwarmFaults {
  private let seed: UInt64
  private let scenario: Scenario
  /// Number of full peers; the last one stays honest.
  private var peers: Int { scenario.fullPeers }
  /// Milliseconds between which faults begin.
  private let times: ClosedRange<Int>
  private let hasAbsence: Bool

  /// - Parameter latest: milliseconds after the node joins at which faults begin at most.
  init(seed: UInt64, scenario: Scenario, hasAbsence: Bool, latest: Int) {
    self.seed = seed
    self.scenario = scenario
    self.hasAbsence = hasAbsence
    let join = scenario.joinAtBlock * scenario.blockIntervalMilliseconds
    var random = RandomStream(seed: seed, consumer: RandomConsumer(.swarm, index: 3))
    times = max(0, join - 1_000)...join + random.number(in: 3_000...latest)
  }

  func faults() -> [PlannedFault] {
    var random = RandomStream(seed: seed, consumer: RandomConsumer(.swarm, index: 4))
    // How many of a hundred classes are on: none in some worlds, half of them in others.
    let share = random.pick([0, 8, 15, 25, 25, 50]) ?? 0
    let mostLie = random.below(8) == 0
    var list: [PlannedFault] = []
    for kind in FaultClass.all {
      // Each has its own stream, named by its name: a new class moves nothing.
      var own = RandomStream(seed: seed, consumer: RandomConsumer(.faults, index: kind.tag))
      // There are many lies; a world has few of them.
      let isOn = own.below(100) < (kind.layer == .lie ? share / 3 : share)
      guard isOn else { continue }
      list += strikes(of: kind, &own)
    }
    if mostLie { list += lies(by: 1..<peers) }
    list += liesAboutSnapshots() + list.flatMap(gap) + forgeries()
    list += faultsOfCompanions()
    if hasAbsence { list.append(absence) }
    list = list.filter { !isForbidden($0) }
    return list.enumerated().sorted {
      ($0.element.start, $0.offset) < ($1.element.start, $1.offset)
    }.map(\.element)
  }

  /// What could leave the node without an honest peer, or has no object in this world.
  private func isForbidden(_ fault: PlannedFault) -> Bool {
    if fault.kind == "other_store", scenario.sharedPeers > 0 { return true }
    if fault.node == peers, fault.lie != nil { return true }
    if let lie = fault.lie, [.wrongPiece, .wrongManifest, .forgedSnapshot].contains(lie) {
      return scenario.snapshotInterval == 0
    }
    return false
  }

  private func strikes(of kind: FaultClass, _ random: inout RandomStream) -> [PlannedFault] {
    let count: Int
    switch kind.place {
    case .link: count = random.number(in: 1...6)
    case .chain: count = kind.holdsAlways ? 1 : random.number(in: 1...3)
    case .joiner, .fresh: count = kind.holdsAlways ? 1 : random.number(in: 1...2)
    case .peer, .node: count = random.number(in: 1...max(1, peers / 2))
    }
    return (0..<count).map { _ in strike(of: kind, &random) }
  }

  private func strike(of kind: FaultClass, _ random: inout RandomStream) -> PlannedFault {
    var fault = PlannedFault(kind.name, start: random.number(in: times))
    fault.amount = kind.amount.map { random.scaled(in: $0.drawn) } ?? 0
    let staying = random.below(2) == 0
    fault.duration = kind.lasts.map { random.scaled(in: $0) } ?? 0
    let first = random.below(peers + 1)
    let second = (first + 1 + random.below(peers)) % (peers + 1)
    // Links of the joining node more often than others.
    let touches = random.below(3) > 0
    switch kind.place {
    case .link:
      (fault.node, fault.peer) = (first, second)
      if touches, first != 0, second != 0 { fault.peer = 0 }
    case .peer: fault.node = 1 + random.below(peers)
    case .node: fault.node = touches ? 0 : first
    case .joiner, .fresh, .chain: break
    }
    // The last peer may be disabled for a while, and never for good.
    if kind.mayStay, staying, fault.node != peers { fault.duration = 0 }
    if kind.holdsAlways { fault.start = 0 }
    return fault
  }

  /// In one of three worlds with snapshots some of those who keep them lie about them, from before
  /// the node looks for them.
  private func liesAboutSnapshots() -> [PlannedFault] {
    var random = RandomStream(seed: seed, consumer: RandomConsumer(.adversaries, index: 2))
    guard scenario.snapshotInterval > 0, random.below(3) == 0 else { return [] }
    let kind: LiarKind = random.below(2) == 0 ? .wrongPiece : .wrongManifest
    return (1..<peers).compactMap { peer in
      random.below(2) == 0
        ? nil
        : PlannedFault("lie_\(kind.rawValue)", start: max(0, times.lowerBound), node: peer)
    }
  }

  /// In one of three worlds with snapshots, whatever else is said of them, one peer names some that
  /// nobody has.
  private func forgeries() -> [PlannedFault] {
    var random = RandomStream(seed: seed, consumer: RandomConsumer(.adversaries, index: 3))
    guard scenario.snapshotInterval > 0, random.below(3) == 0 else { return [] }
    return [
      PlannedFault(
        "lie_forged_snapshot", start: times.lowerBound, duration: 30_000,
        node: random.number(in: 1...peers - 1))
    ]
  }

  /// What happens to the processes and links of those that join together with the node.
  private static let ofCompanions = [
    "crash", "crash", "empty_store", "pause", "isolate", "latency", "loss", "clog", "partition",
    "disconnect", "full_queue", "thin_line", "slow_processor", "state_given_up", "small_buffers",
    "small_chunks",
  ].compactMap(FaultClass.named)

  /// Of each two nodes that join together with the node one meets some faults of its own.
  private func faultsOfCompanions() -> [PlannedFault] {
    var random = RandomStream(seed: seed, consumer: RandomConsumer(.swarm, index: 6))
    return PeerPlan(scenario).companions.map { Int($0.number) }.flatMap { number in
      let count = random.below(2) * random.number(in: 1...4)
      return (0..<count).compactMap { _ in
        random.pick(Self.ofCompanions).map { kind in
          var fault = strike(of: kind, &random)
          let isOutgoing = random.below(2) == 0
          let other = random.below(scenario.nodes)
          fault.node = number
          if kind.place == .link {
            (fault.node, fault.peer) = isOutgoing ? (number, other) : (other, number)
          }
          return fault
        }
      }
    }
  }

  /// Who lies about missing blocks must be asked for some: the node hears nothing for some blocks.
  private func gap(for fault: PlannedFault) -> [PlannedFault] {
    guard let lie = fault.lie, [.gapInBlocks, .otherBlocks].contains(lie) else { return [] }
    let blocks = 5 * scenario.blockIntervalMilliseconds
    return [PlannedFault("isolate", start: fault.start + 500, duration: blocks)]
  }

  /// The node is gone for so long, once it has its state, that the state is fetched anew.
  private var absence: PlannedFault {
    let blocks = (Int(NodeLimits.catchUpBatchesMax) + 2) * scenario.blocksPerBatch
    return PlannedFault(
      "crash", start: times.upperBound + 5_000,
      duration: blocks * scenario.blockIntervalMilliseconds)
  }

  /// A lie for each of these peers, to the end of the run.
  private func lies(by liars: Range<Int>) -> [PlannedFault] {
    var random = RandomStream(seed: seed, consumer: RandomConsumer(.adversaries, index: 1))
    return liars.compactMap { peer in
      random.pick(FaultClass.lies.filter(\.mayStay)).map {
        PlannedFault($0.name, start: times.lowerBound, node: peer)
      }
    }
  }
}

extension FaultClass {
  /// A number that follows from its name.
  fileprivate var tag: UInt32 {
    name.utf8.reduce(2_166_136_261) { ($0 ^ UInt32($1)) &* 16_777_619 }
  }
}
