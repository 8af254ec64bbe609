/// What can be proven about a world before it is run: lower bounds of what winning takes.
///
/// Every number is rounded in favour of the world, and nothing is added for what a real node needs
/// besides: proofs, framing, requests that are lost, second tries. So a world in which `obstacle`
/// is nil may still be too hard; one that has an obstacle cannot be won by any node.
public struct WorldBounds {
  /// Bytes of a header with its justification, at least.
  package static let headerBytesMin = 250
  /// Bytes of a transaction, at least.
  package static let transactionBytesMin = 101
  /// Bytes of an account with its key in a chunk, at least.
  package static let accountBytesMin = 24
  /// The same in a piece of a snapshot: what a random address has beyond its neighbour's.
  package static let pieceAccountBytesMin = 12

  private let scenario: Scenario
  private let plan: PeerPlan

  public init(_ scenario: Scenario) {
    self.scenario = scenario
    plan = PeerPlan(scenario)
  }

  /// The first rule that no node could get around; nil if none is proven.
  public var obstacle: Obstacle? { path ?? time ?? blocks }

  /// Bytes that an account takes at least, in whatever form it comes.
  private var accountBytes: Int {
    scenario.snapshotInterval > 0 ? Self.pieceAccountBytesMin : Self.accountBytesMin
  }

  /// Uplinks of the peers that may give the state truthfully, together, in bytes a second.
  private var stateUpload: Int {
    let undialable = plan.undialable
    return plan.all.enumerated().filter { index, peer in
      let lies = index < scenario.liars.count && scenario.liars[index] == .wrongValue
      return !lies && !plan.silent.contains(peer) && !undialable.contains(peer)
    }.reduce(0) { $0 + plan.upload(of: $1.element) }
  }

  private var path: Obstacle? {
    guard stateUpload == 0 else { return nil }
    let liars = scenario.liars.filter { $0 == .wrongValue }.count
    let unreached = scenario.undialablePeers
    return Obstacle(
      .path,
      "none of \(scenario.fullPeers) full peers gives the state truthfully: \(liars) lie in every "
        + "chunk, \(scenario.silentPeers) never answer"
        + (unreached > 0 ? ", \(unreached) cannot be dialled" : ""))
  }

  /// Accounts that are there from beginning to end: those of the users alone can be emptied.
  private var lastingAccounts: Int {
    scenario.accounts - min(scenario.accounts, SimulationLimits.usersMax)
  }

  /// From joining to the complete state at least, in milliseconds: the accounts over the narrowest
  /// place, or a request for them and its answer.
  private var syncMilliseconds: Int {
    let rate = min(stateUpload, scenario.downloadBytesPerSecond)
    let transfer =
      lastingAccounts * (accountBytes + scenario.accountDataBytes) * 1_000 / rate
    return max(transfer, 2 * scenario.latencyMilliseconds)
  }

  private var time: Obstacle? {
    let interval = scenario.blockIntervalMilliseconds
    let limit = scenario.timeLimitSeconds * 1_000
    var gone = 0
    if scenario.killAtPercent > 0 { gone += scenario.restartAfterMilliseconds }
    if scenario.killAtPercent == 100 { gone += scenario.followBlocks * interval }
    let sync = syncMilliseconds + gone
    let followed =
      scenario.joinAtBlock + (sync + interval - 1) / interval + scenario.followBlocks - 1
    // A planned rebranch makes a block more.
    let needed = max(followed, scenario.blocks - 2) * interval
    guard needed > limit else { return nil }
    return Obstacle(
      .time,
      "it takes \(needed / 1_000) s at least: the chain has \(scenario.joinAtBlock) blocks when "
        + "the node joins, which completes its state after \(sync / 1_000) s at the soonest and "
        + "follows for \(scenario.followBlocks) blocks, of \(scenario.blocks) in all, one in "
        + "\(interval) ms; the limit is \(scenario.timeLimitSeconds) s")
  }

  /// True if nearly every micro block has all its transactions: nobody is emptied, no block
  /// skipped, and until the end at most a quarter of the users can have spent what they have.
  private var transactionsAreCertain: Bool {
    let users = min(scenario.accounts, SimulationLimits.usersMax)
    let blocks = scenario.timeLimitSeconds * 1_000 / scenario.blockIntervalMilliseconds + 2
    let spent =
      blocks * scenario.transactionsPerBlock
      * (SimulationLimits.amountMax + Int(SimulationLimits.fee))
    return scenario.emptyAccountPerMillion == 0 && scenario.skipPerMillion == 0
      && scenario.transactionsPerBlock >= 8 && spent <= users * Int(SimulationLimits.userCoins) / 4
  }

  /// The blocks made while the node follows must come to it, whatever else does.
  private var blocks: Obstacle? {
    let batch = scenario.blocksPerBatch
    let transactions = transactionsAreCertain ? scenario.transactionsPerBlock : 0
    func bytes(_ blocks: Int) -> Int {
      blocks * Self.headerBytesMin
        + max(0, blocks - blocks / batch - 2) * transactions * Self.transactionBytesMin
    }
    let carried = scenario.downloadBytesPerSecond * scenario.blockIntervalMilliseconds
    let delay = PathDelay(scenario).nanoseconds(
      bytes: bytes(2), upload: plan.all.map { plan.upload(of: $0) }.min() ?? 1)
    let onTheWay = Int(delay / 1_000_000) / scenario.blockIntervalMilliseconds + 2
    let blocks = scenario.followBlocks - onTheWay
    // More with every further batch, and too much after the fewest blocks there can be.
    guard bytes(2 * batch) - bytes(batch) > carried * batch / 1_000, blocks > 0,
      bytes(blocks) > carried * scenario.followBlocks / 1_000
    else { return nil }
    return Obstacle(
      .blocks,
      "\(scenario.followBlocks) blocks take \(bytes(scenario.followBlocks)) bytes at least, the "
        + "node receives \(carried * scenario.followBlocks / 1_000) meanwhile")
  }
}
