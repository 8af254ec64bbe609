import EventLog
import Ledger
import Messages
import Networking
import Peers
import Primitives

extension SyncNode {
  /// Writes what happens to the chain to the log.
  func recordChain() async {
    let recorder = context.recorder.actor("chain")
    while !Task.isCancelled {
      for await event in chain.events() {
        for entry in describe(event) { recorder.record(.chain(entry)) }
        if let count = signatureCount(at: event) { recorder.record(.chain(count)) }
        judgeConsensus()
      }
    }
  }

  /// Writes down which producers signed twice.
  func recordForkProofs() async {
    let recorder = context.recorder.actor("chain")
    while !Task.isCancelled {
      for await proof in chain.forkProofs() {
        recorder.record(
          .chain(
            .forkProof(
              block: proof.first.number, hash: proof.first.hash, otherHash: proof.second.hash)))
      }
    }
  }

  /// How well signature checks are remembered, told at each macro block.
  private func signatureCount(at event: ChainEvent) -> Event.Chain? {
    guard let statistics = chain.signatureStatistics else { return nil }
    switch event {
    case .finalized, .epochFinalized, .historyAdopted:
      return .signatures(hits: statistics.hits, misses: statistics.misses)
    case .extended, .rebranched, .stored, .stateGivenUp: return nil
    }
  }

  private func describe(_ event: ChainEvent) -> [Event.Chain] {
    func number(_ hash: Hash256) -> UInt32 {
      chain.block(hash, includeBody: false)?.number ?? 0
    }
    switch event {
    case .extended(let hash): return [.extended(block: number(hash), hash: hash)]
    case .finalized(let hash): return [.finalized(block: number(hash), hash: hash)]
    case .epochFinalized(let hash): return [.epochFinalized(block: number(hash), hash: hash)]
    case .stored(let hash): return [.stored(block: number(hash), hash: hash)]
    case .stateGivenUp:
      let head = chain.head
      return [.stateGivenUp(block: head.number, hash: head.hash)]
    case .historyAdopted(let blocks):
      guard let last = blocks.last else { return [] }
      return [.historyAdopted(block: last.number, hash: last.hash, blocks: blocks.count)]
    case .rebranched(let reverted, let adopted):
      guard let first = adopted.first, let last = adopted.last else { return [] }
      return [
        .rebranched(
          block: last.number, hash: last.hash, ancestor: first.number - 1, depth: reverted.count,
          adopted: adopted.count)
      ]
    }
  }

  /// Asks peers for their heads from time to time: it shows whether we agree with them, and brings
  /// blocks whose announcements were lost.
  func followHeads() async {
    var turn = 0
    while !Task.isCancelled {
      try? await context.runtime.sleep(for: NodeLimits.headInterval)
      if Task.isCancelled { return }
      let peers = context.peers.peers
      let count = min(peers.count, NodeLimits.headPeersMax)
      let chosen = (0..<count).map { peers[(turn + $0) % peers.count] }
      turn += count
      await askHeads(of: chosen)
      judgeConsensus()
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
        if head.head == chain.headHash { agreeing += 1 }
        guard await isMissed(head), fetched.insert(head.head).inserted else { continue }
        group.addTask {
          await self.fetch(head.head, from: peer)
          return nil
        }
      }
    }
    consensus.withLock { $0.headRound(asked: answers, agreeing: agreeing) }
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
    let chain = chain.view
    guard head.number > chain.headNumber, !chain.isKnown(head.head) else { return false }
    return await !liveSync.queue.isExpected(head.head)
  }

  private func fetch(_ hash: Hash256, from peer: PeerID) async {
    let includeBody = chain.holdsState
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
