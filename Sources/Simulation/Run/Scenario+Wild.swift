import Runtime

extension Scenario {
  /// The scenario of `seed` in the profile `wild`: any value that the table of keys allows, an end
  /// of its range included, in any company. The seed is also the one to run it with.
  ///
  /// Most can be won with room to spare; one in eight is left as it was drawn if it is proven that
  /// nobody could win it. All can be computed in seconds but few.
  public static func wild(seed: UInt64) -> Scenario {
    var draw = WildDraw(seed: seed)
    var scenario = draw.scenario()
    scenario.name = "wild-\(seed)"
    scenario.description = "Drawn over all ranges, with seed \(seed)."
    return scenario
  }
}

/// Draws one scenario.
private struct WildDraw {
  private var random: RandomStream
  private var drawn: Scenario
  /// Keys that stand at an end of their range, and stay there if it can be.
  private var pinned: Set<String> = []

  init(seed: UInt64) {
    random = RandomStream(seed: seed, consumer: RandomConsumer(.swarm))
    drawn = Scenario()
  }

  mutating func scenario() -> Scenario {
    // Without the default, those with snapshots and who comes back, so that the worlds of seeds
    // stay.
    let bases = Scenario.basic.dropFirst().filter { $0.snapshotInterval == 0 && !$0.isReturning }
    drawn = random.pick(bases) ?? Scenario()
    // What comes about in a drawn world cannot be foretold.
    (drawn.bug, drawn.needs) = ("", [])
    drawn.strategy = random.below(3) == 0 ? .sequential : .parallel
    drawNumbers()
    drawLiars()
    let mayBeHopeless = random.below(8) == 0
    settle()
    if mayBeHopeless, WorldBounds(drawn).obstacle != nil { return drawn }
    makeRoom()
    return drawn
  }

  /// A few numbers anywhere in their ranges, one or two of them at an end.
  private mutating func drawNumbers() {
    var fields = Scenario.fields.filter {
      $0.key != Self.dataKey && !Self.fixedKeys.contains($0.key)
    }
    random.shuffle(&fields)
    let atEnds = 1 + random.below(2)
    for (place, field) in fields.prefix(atEnds + 2 + random.below(12)).enumerated() {
      if place < atEnds {
        let end = random.below(2) == 0 ? field.range.lowerBound : field.range.upperBound
        drawn[keyPath: field.path] = end
        pinned.insert(field.key)
      } else {
        drawn[keyPath: field.path] = random.scaled(in: field.range)
      }
    }
  }

  private mutating func drawLiars() {
    drawn.liars = []
    guard random.below(3) == 0 else { return }
    for _ in 0..<1 + random.below(random.below(4) == 0 ? 6 : 2) {
      if let kind = random.pick(LiarKind.ofEveryWorld) { drawn.liars.append(kind) }
    }
  }

  // MARK: Contradictions

  /// Takes back what contradicts itself.
  private mutating func settle() {
    if drawn.slots < drawn.validators {
      if pinned.contains("slots") {
        drawn.validators = drawn.slots
      } else {
        drawn.slots = drawn.validators
      }
    }
    settlePeers()
    if drawn.rebranchAtPercent > 0, drawn.rebranchDepth >= drawn.blocksPerBatch {
      if pinned.contains("rebranch_depth") {
        drawn.blocksPerBatch = drawn.rebranchDepth + 1
      } else {
        drawn.rebranchDepth = drawn.blocksPerBatch - 1
      }
    }
    if drawn.followBlocks < drawn.blocksPerBatch {
      if pinned.contains("follow_blocks") {
        drawn.blocksPerBatch = drawn.followBlocks
        drawn.rebranchDepth = min(drawn.rebranchDepth, drawn.blocksPerBatch - 1)
      } else {
        drawn.followBlocks = drawn.blocksPerBatch
      }
    }
  }

  /// Enough full peers for all kinds of them.
  private mutating func settlePeers() {
    if !pinned.contains("nodes") {
      let wanted = drawn.slowPeers + drawn.silentPeers + drawn.liars.count + 2
      drawn.nodes = min(max(drawn.nodes, wanted), 64)
    }
    drawn.liars = Array(drawn.liars.prefix(drawn.fullPeers - 1))
    let honest = drawn.fullPeers - drawn.liars.count
    if pinned.contains("slow_peers") {
      drawn.slowPeers = min(drawn.slowPeers, honest)
      drawn.silentPeers = min(drawn.silentPeers, honest - drawn.slowPeers, drawn.fullPeers - 1)
    } else {
      drawn.silentPeers = min(drawn.silentPeers, honest, drawn.fullPeers - 1)
      drawn.slowPeers = min(drawn.slowPeers, honest - drawn.silentPeers)
    }
  }

  // MARK: Room

  /// Longest a scenario may take to compute, in microseconds; and one of those few that reach an
  /// end of what is dear.
  private static let costMax = 600_000
  private static let costOfEndsMax = 40_000_000
  /// Longest virtual time, in milliseconds.
  private static let timeMax = 900_000_000
  /// Times as much that a run may take which is not won before its time limit.
  private static let failureCost = 8
  /// Steps towards a scenario that has room.
  private static let stepsMax = 600

  /// Changes one number after another until there is room for everything.
  private mutating func makeRoom() {
    let costMax =
      random.below(4) == 0 && !pinned.isDisjoint(with: Self.dear)
      ? Self.costOfEndsMax : Self.costMax
    // Whole nodes would each take the memory of a large state.
    if costMax > Self.costMax, !pinned.contains("shared_peers") { drawn.sharedPeers = 1 }
    if drawn.liars.count + drawn.silentPeers >= drawn.fullPeers { giveAnHonestPeer() }
    for step in 0..<Self.stepsMax {
      // What cannot stay at its end is let go.
      if step == Self.stepsMax / 2 { pinned = [] }
      settle()
      let load = ScenarioLoad(drawn)
      if !load.uplinksSuffice {
        ease(Self.uplinkEasings)
      } else if !load.linesSuffice {
        ease(Self.lineEasings)
      } else if !load.memoriesSuffice {
        ease(Self.memoryEasings)
      } else if max(load.costMicroseconds, load.worstCostMicroseconds / Self.failureCost) > costMax
      {
        ease(Self.costEasings)
      } else if load.roomyMilliseconds > Self.timeMax {
        ease(Self.timeEasings)
      } else {
        break
      }
    }
    drawData(costMax)
    let needed = (ScenarioLoad(drawn).roomyMilliseconds + 999) / 1_000
    if !(pinned.contains("time_limit_s") && drawn.timeLimitSeconds >= needed) {
      drawn.timeLimitSeconds = needed
    }
  }

  /// Drawn after everything else, as much as the room allows.
  /// Not drawn: the worlds of seeds stay, are without snapshots, and nobody comes back.
  private static let fixedKeys: Set = [
    "snapshot_interval", "snapshots_kept", "snapshot_hosts", "snapshot_gone_at_percent",
    "changed_percent", "changed_per_million", "return_way", "joiners", "changing_validators",
    "producer_gossips", "undialable_peers",
  ]
  private static let dataKey = "account_data_bytes"

  /// One world in eight has accounts with data.
  private mutating func drawData(_ costMax: Int) {
    guard random.below(8) == 0, let field = Scenario.fields.first(where: { $0.key == Self.dataKey })
    else { return }
    drawn[keyPath: field.path] =
      random.below(4) == 0 ? field.range.upperBound : random.scaled(in: field.range)
    while drawn[keyPath: field.path] > 0 {
      let load = ScenarioLoad(drawn)
      if load.uplinksSuffice, load.linesSuffice, load.costMicroseconds <= costMax,
        load.roomyMilliseconds <= Self.timeMax
      {
        return
      }
      drawn[keyPath: field.path] /= 2
    }
  }

  private mutating func giveAnHonestPeer() {
    if drawn.silentPeers > 0 { drawn.silentPeers -= 1 } else { drawn.liars.removeLast() }
  }

  /// Keys whose ends are dear to compute.
  private static let dear: Set = [
    "accounts", "blocks", "join_at_block", "follow_blocks", "blocks_per_batch", "nodes",
    "transactions_per_block",
    "chunk_items", "restart_after_ms", "block_interval_ms", "latency_ms", "upload_bytes_per_s",
    "download_bytes_per_s",
  ]

  /// A key, and whether more of it or less makes it easier.
  private typealias Easing = (key: String, isMore: Bool)
  private static let uplinkEasings: [Easing] = [
    ("transactions_per_block", false), ("block_interval_ms", true), ("upload_bytes_per_s", true),
    ("slow_factor", false),
    ("slots", false), ("validators", false),
  ]
  private static let lineEasings: [Easing] = [
    ("transactions_per_block", false), ("block_interval_ms", true), ("upload_bytes_per_s", true),
    ("download_bytes_per_s", true), ("slow_factor", false),
  ]
  private static let memoryEasings: [Easing] = [
    ("latency_ms", false), ("jitter_ms", false), ("block_interval_ms", true),
    ("blocks_per_batch", true),
    ("fork_per_million", false), ("fork_depth_max", false),
  ]
  private static let timeEasings: [Easing] = [
    ("accounts", false), ("chunk_items", true), ("upload_bytes_per_s", true), ("latency_ms", false),
    ("jitter_ms", false),
    ("block_interval_ms", false), ("loss_per_million", false), ("follow_blocks", false),
    ("blocks", false), ("join_at_block", false),
  ]
  private static let costEasings: [Easing] = [
    ("accounts", false), ("blocks", false), ("join_at_block", false),
    ("follow_blocks", false), ("blocks_per_batch", false), ("nodes", false),
    ("transactions_per_block", false), ("shared_peers", true),
    ("block_interval_ms", true), ("restart_after_ms", false), ("silent_peers", false),
    ("latency_ms", false),
    ("loss_per_million", false), ("upload_bytes_per_s", true),
  ]

  /// Doubles or halves one of these numbers.
  private mutating func ease(_ easings: [Easing]) {
    let free = easings.filter { easing in
      guard !pinned.contains(easing.key),
        let field = Scenario.fields.first(where: { $0.key == easing.key })
      else { return false }
      return drawn[keyPath: field.path]
        != (easing.isMore ? field.range.upperBound : field.range.lowerBound)
    }
    guard let easing = random.pick(free),
      let field = Scenario.fields.first(where: { $0.key == easing.key })
    else {
      pinned = []
      return
    }
    let value = drawn[keyPath: field.path]
    drawn[keyPath: field.path] =
      easing.isMore
      ? min(max(1, value * 2), field.range.upperBound) : max(value / 2, field.range.lowerBound)
  }
}
