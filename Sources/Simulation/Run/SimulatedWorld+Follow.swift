import Ledger
import Messages
import Networking
import SimulatedNetworking

/// Whether the joining node is where it shall be, and whether it could be.
extension SimulatedWorld {
  /// True if the joining node has done all that the scenario asks for, and those that joined with
  /// it are where the chain is.
  var isDone: Bool {
    guard let joiner, let completeAt, observer.isComplete, !isKillDue, faultsAreOver,
      companions.allSatisfy({ $0.follows(heads, now: runtime.now) })
    else { return false }
    let head = Int(producer.source.headNumber)
    let follow = scenario.followBlocks
    return head >= scenario.blocks && head - Int(completeAt.source) >= follow
      && Int(joiner.chain.headNumber) - Int(completeAt.node) >= follow
      && heads.isFollowed(by: joiner.chain.headHash, now: runtime.now.nanoseconds)
  }

  /// The chain has grown by `blocks`, which `maker` announced; nil if nobody could.
  func noteHead(_ blocks: [Block], maker: PeerID?) {
    var bytes = 0
    for block in blocks {
      bytes += HeaderAnnouncement(of: block).wireBytes.count + network.overheadBytes
      guard let body = block.body else { continue }
      bytes += BodyAnnouncement(blockHash: block.hash, body: body).wireBytes.count
      bytes += network.overheadBytes
    }
    let upload = maker.map { plan.upload(of: $0) } ?? scenario.uploadBytesPerSecond
    let now = runtime.now.nanoseconds
    let delay =
      PathDelay(scenario).nanoseconds(bytes: bytes, upload: upload) + network.slackNanoseconds
    heads.add(producer.source.headHash, due: now + delay, now: now)
    if let maker { watch.made(by: maker) }
  }

  /// One block interval is over.
  func watchLines() {
    if scenario.sharedPeers == 0 {
      for peer in plan.all {
        watch.gossip(gossip(network.statistics(of: peer)) { $0.sent }, sentBy: peer)
      }
    }
    guard joiner != nil else { return }
    let tally = observer.tally
    let needed =
      tally.usefulChunkBytes + tally.diffBytes
      + gossip(network.statistics(of: Self.joinerPeer)) { $0.received }
    watch.received(needed, from: answering, isWaiting: !observer.isComplete)
  }

  /// Full peers that can answer for the state now, and would answer with the truth.
  private var answering: [PeerID] {
    let undialable = plan.undialable
    return peers.filter { node in
      !undialable.contains(node.peer) && !away.contains(node.peer)
        && !plan.silent.contains(node.peer)
        && !liars.contains { $0.peer == node.peer } && node.chain.stateComplete
    }.map(\.peer)
  }

  private func gossip(
    _ statistics: NodeStatistics, _ direction: (Traffic) -> TrafficCount
  ) -> Int {
    statistics.byKind.reduce(0) { sum, entry in
      guard case .gossip = entry.key else { return sum }
      return sum + direction(entry.value).bytes
    }
  }
}
