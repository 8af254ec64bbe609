import Ledger
import LiveSync
import Messages
import Networking
import Peers
import Primitives

/// Asks peers for their heads from time to time: it shows whether we agree with them, and brings
/// blocks whose announcements were lost.
struct HeadFollower<Queue: LiveSyncQueue>: NodeService {
  let context: SyncContext
  let consensus: ConsensusJudge
  let liveSync: LiveSyncer<Queue>

  func run() async {
    var turn = 0
    while !Task.isCancelled {
      try? await context.runtime.sleep(for: NodeLimits.headInterval)
      if Task.isCancelled { return }
      let peers = context.peers.peers
      let count = min(peers.count, NodeLimits.headPeersMax)
      let chosen = (0..<count).map { peers[(turn + $0) % peers.count] }
      turn += count
      await askHeads(of: chosen)
    }
  }

  private func askHeads(of peers: [PeerID]) async {
    var answers = 0
    var agreeing = 0
    var fetched: Set<Hash256> = []
    await withTaskGroup(of: (PeerID, HeadResponse)?.self) { group in
      for peer in peers {
        group.addTask { await self.askHead(of: peer).map { (peer, $0) } }
      }
      for await case (let peer, let head)? in group {
        answers += 1
        if head.head == context.chain.headHash { agreeing += 1 }
        guard await isMissed(head), fetched.insert(head.head).inserted else { continue }
        group.addTask {
          await self.fetch(head.head, from: peer)
          return nil
        }
      }
    }
    consensus.headRound(asked: answers, agreeing: agreeing)
  }

  /// The head that the peer names; nil if it does not answer.
  private func askHead(of peer: PeerID) async -> HeadResponse? {
    do throws(RequestError) {
      return try await context.network.ask(RequestHead(), to: peer).response
    } catch {
      if error.isMisbehaviour { context.ban(peer, reason: error.reason) }
      return nil
    }
  }

  /// True if the block's announcement did not reach us: it is higher than our head, not known, and
  /// nowhere on its way to the chain.
  private func isMissed(_ head: HeadResponse) async -> Bool {
    let chain = context.chain.view
    guard head.number > chain.headNumber, !chain.isKnown(head.head) else { return false }
    return await !liveSync.queue.isExpected(head.head)
  }

  private func fetch(_ hash: Hash256, from peer: PeerID) async {
    let includeBody = context.chain.holdsState
    let answer: HeldAnswer<BlockResponse>
    do throws(RequestError) {
      answer = try await context.network.ask(
        RequestBlock(hash: hash, includeBody: includeBody), to: peer)
    } catch {
      if error.isMisbehaviour { context.ban(peer, reason: error.reason) }
      return
    }
    guard let block = answer.response.block else { return }
    if let evidence = block.contradiction(ofAnswerTo: hash, includeBody: includeBody) {
      context.ban(peer, reason: AnswerError.wrongBlock.reason, evidence: evidence)
      return
    }
    liveSync.push(block, from: peer)
    withExtendedLifetime(answer.claim) {}
  }
}

extension Block {
  /// Why this is not the block that was asked for; nil if it is.
  fileprivate func contradiction(ofAnswerTo hash: Hash256, includeBody: Bool) -> Evidence? {
    if self.hash != hash { return .otherBlock(asked: hash, header) }
    return hasBody == includeBody && bodyFitsHeader ? nil : .body(self)
  }
}
