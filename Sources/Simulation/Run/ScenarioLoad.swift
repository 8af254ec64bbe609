import Ledger
import SimulatedNetworking

/// What a scenario is expected to take: bytes on its lines, virtual time, and time to compute it.
///
/// Estimates, made to draw scenarios that can be won with room to spare and computed in seconds.
/// What a run is judged by is proven (`WorldBounds`) or measured.
struct ScenarioLoad {
  private let scenario: Scenario

  init(_ scenario: Scenario) {
    self.scenario = scenario
  }

  /// Bytes of one announced block, header and body.
  var blockBytes: Int {
    450 + scenario.slots / 8
      + (150 + scenario.accountDataBytes * scenario.setDataPerMillion / 1_000_000)
      * scenario.transactionsPerBlock
      + (scenario.blocksPerBatch < 20 ? 110 * scenario.validators / scenario.blocksPerBatch : 0)
  }

  /// Bytes of the diff of one block.
  private var diffBytes: Int {
    64 + (130 + 4 * scenario.accountDataBytes) * scenario.transactionsPerBlock
  }

  private var uplinks: [Int] {
    let plan = PeerPlan(scenario)
    return plan.all.map { plan.upload(of: $0) }
  }

  /// Bytes that an uplink carries in one block interval, at least and together.
  private func uplinkBytes(_ rate: Int) -> Int {
    rate * scenario.blockIntervalMilliseconds / 1_000
  }

  /// True if every uplink carries three times the gossip.
  var uplinksSuffice: Bool {
    // Whoever makes a block sends it to its neighbours, and so does nearly everybody who gets it.
    uplinks.allSatisfy { uplinkBytes($0) >= 3 * scenario.blockCopies * blockBytes }
  }

  /// Bytes a second that can come to the joining node from peers that answer.
  private var stateRate: Int {
    let plan = PeerPlan(scenario)
    let answering = plan.reachable.dropFirst(scenario.liars.count).filter {
      !plan.silent.contains($0)
    }
    // A node that fetches one chunk after another has one peer at a time, the slowest one too.
    let rates = answering.map { plan.upload(of: $0) }
    let together = scenario.strategy == .sequential ? rates.min() ?? 0 : rates.reduce(0, +)
    let gossip =
      (scenario.blockCopies * blockBytes + diffBytes) * 1_000 / scenario.blockIntervalMilliseconds
    return min(together, scenario.downloadBytesPerSecond) - gossip
  }

  /// True if gossip and diffs leave two thirds of the lines to the state.
  var linesSuffice: Bool {
    let gossip =
      (scenario.blockCopies * blockBytes + diffBytes) * 1_000 / scenario.blockIntervalMilliseconds
    return stateRate >= 2 * gossip
  }

  /// Mean time of a request, in milliseconds.
  private var roundTrip: Int {
    2 * (scenario.latencyMilliseconds + scenario.jitterMilliseconds) + 1
  }

  private var chunks: Int { 1 + scenario.accounts / scenario.chunkItems }

  private var stateBytes: Int {
    (70 + scenario.accountDataBytes) * scenario.accounts + 2_000 * chunks
  }

  /// Virtual time from joining to the complete state, in milliseconds.
  var syncMilliseconds: Int {
    let rate = max(1_000, stateRate)
    let isSequential = scenario.strategy == .sequential
    let lost = chunks * scenario.lossPerMillion / 1_000_000 * 10_000
    let silent = chunks * scenario.silentPeers / scenario.fullPeers * 5_000
    let waiting = chunks * roundTrip + lost + silent
    return stateBytes * 1_000 / rate + 10 * roundTrip + (isSequential ? waiting : waiting / 8)
  }

  /// True if a message takes a part of the time that others remember a block for, and there are
  /// fewer blocks beside the chain than are remembered.
  var memoriesSuffice: Bool {
    let batch = scenario.blocksPerBatch
    let flight =
      scenario.latencyMilliseconds + PathDelay.jitterMeansMax * scenario.jitterMilliseconds
    let replaced = 2 * batch * scenario.forkPerMillion / 1_000_000 * scenario.forkDepthMax
    return 2 * flight <= 4 * batch * scenario.blockIntervalMilliseconds
      && replaced <= LedgerLimits.sideBlocksMax
  }

  /// Block intervals in which the chain grows by so many blocks: a fork in four is shorter than
  /// what it should replace.
  private func intervals(_ blocks: Int) -> Int {
    20 + blocks * 11 / 10 * 1_000_000 / (1_000_000 - scenario.forkPerMillion / 4)
  }

  /// Virtual time with room to spare, in milliseconds.
  var roomyMilliseconds: Int {
    let interval = scenario.blockIntervalMilliseconds
    let lives = scenario.killAtPercent > 0 ? 2 : 1
    let gone = scenario.killAtPercent > 0 ? scenario.restartAfterMilliseconds : 0
    let away = scenario.leavePerMillion > 0 ? 2 * scenario.absenceMilliseconds : 0
    // Each silent peer is waited for some times before it is known.
    let life =
      4 * syncMilliseconds + 200 * roundTrip + 120_000 + 60_000 * scenario.silentPeers
      + 2 * intervals(scenario.followBlocks) * interval
    let synced = intervals(scenario.joinAtBlock) * interval + gone + away + lives * life
    return max(synced, intervals(scenario.blocks) * interval)
  }

  /// Blocks that are made until the node is done.
  private var blocksMade: Int {
    let interval = scenario.blockIntervalMilliseconds
    let lives = scenario.killAtPercent > 0 ? 2 : 1
    let gone = scenario.killAtPercent > 0 ? scenario.restartAfterMilliseconds : 0
    let synced =
      scenario.joinAtBlock
      + lives * (scenario.followBlocks + (syncMilliseconds + 20 * roundTrip) / interval) + gone
      / interval
    return max(scenario.blocks, synced)
  }

  /// Time that the run takes to compute if it goes on to its time limit, in microseconds.
  var worstCostMicroseconds: Int {
    let whole = scenario.sharedPeers > 0 ? 0 : scenario.fullPeers
    return roomyMilliseconds / scenario.blockIntervalMilliseconds * (300 + 100 * whole)
  }

  /// Time that the run takes to compute, in microseconds, on a processor of today.
  var costMicroseconds: Int {
    let whole = scenario.sharedPeers > 0 ? 0 : scenario.fullPeers
    let block =
      500 + 100 * whole + 60 * scenario.transactionsPerBlock
      + 12 * scenario.transactionsPerBlock * whole
    let compared = scenario.accounts <= 5_000 ? chunks : blocksMade / scenario.blocksPerBatch
    return blocksMade * block + scenario.accounts * (40 + 25 * whole) + compared * scenario.accounts
      + chunks * 1_000
  }
}

extension Scenario {
  /// Neighbours that a peer sends a block to, one after another.
  var blockCopies: Int {
    sharedPeers > 0 ? 1 : min(fullPeers, SimulatedNetworkLimits.gossipDegreeMax)
  }
}
