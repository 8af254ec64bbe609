import EventLog
import Ledger
import Peers
import Primitives

/// Writes what happens to the chain to the log.
struct ChainRecorder: NodeService {
  private let context: SyncContext
  private let consensus: ConsensusJudge
  private var chain: Blockchain { context.chain }

  init(context: SyncContext, consensus: ConsensusJudge) {
    self.context = context.actor("chain")
    self.consensus = consensus
  }

  func run() async {
    await withDiscardingTaskGroup { group in
      group.addTask { await recordChain() }
      group.addTask { await recordForkProofs() }
    }
  }

  private func recordChain() async {
    let recorder = context.recorder
    while !Task.isCancelled {
      for await event in chain.events() {
        for entry in describe(event) { recorder.record(.chain(entry)) }
        if let count = signatureCount(at: event) { recorder.record(.chain(count)) }
        consensus.look()
      }
    }
  }

  /// Writes down which producers signed twice.
  private func recordForkProofs() async {
    let recorder = context.recorder
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
}
