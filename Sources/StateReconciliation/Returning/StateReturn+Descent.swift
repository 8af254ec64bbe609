import Ledger
import Locking
import Networking
import Peers
import Primitives
import StateTrie

/// Down the trie, from many peers at a time.
extension StateReturn {
  /// What the requests of one descent share.
  private final class Descent: Sendable {
    let core: Lock<DescentCore>
    let batches = Lock<[[RequestSubtrees.Query]]>([])
    let bytes = Lock(0)

    init(_ core: DescentCore) { self.core = Lock(core) }
  }

  /// Finds what differs and jumps with the rest. False if nobody gives it.
  func descend(to target: Target) async -> Bool {
    let descent = Descent(
      DescentCore(
        root: target.root, ownItems: target.wholeItems, missing: target.missing,
        bytesMax: outlineBytesMax))
    var idle = 0
    while !descent.core.withLock({ $0.isIdle }) {
      let before = descent.core.withLock { $0.bytes }
      await ask(descent, target)
      if Task.isCancelled { return false }
      idle = descent.core.withLock { $0.bytes } == before ? idle + 1 : 0
      guard idle < StateReconciliationLimits.idleRoundsMax else {
        fail(.descent, target, "nobody_answers")
        return false
      }
    }
    let outline = descent.core.withLock { $0.outline }
    let bytes = descent.bytes.withLock { $0 }
    guard let error = await adopt(.outline(outline), .descent, target, bytes: bytes) else {
      return true
    }
    fail(.descent, target, error.reason)
    return false
  }

  /// Asks for what is wanted now, which is a level of the trie or a part of one.
  private func ask(_ descent: Descent, _ target: Target) async {
    let hosts = target.hosts.filter { !context.peers.isBanned($0) }
    let workers = hosts.count * StateReconciliationLimits.subtreeRequestsPerPeer
    descent.core.withLock { core in
      let all = core.next(StateReconciliationLimits.subtreesPerRoundMax)
      let size = min(
        max(1, all.count / max(1, workers)), StateReconciliationLimits.subtreesPerRequestMax)
      descent.batches.withLock { batches in
        batches = stride(from: 0, to: all.count, by: size).map {
          Array(all[$0..<min($0 + size, all.count)])
        }
      }
    }
    await withDiscardingTaskGroup { group in
      for index in 0..<workers {
        group.addTask { await self.work(descent, target, hosts[index % hosts.count]) }
      }
    }
    let rest = descent.batches.withLock { batches in
      defer { batches = [] }
      return batches.joined().map { $0 }
    }
    descent.core.withLock { $0.giveBack(rest) }
  }

  /// Asks one peer for one batch after another, as long as it answers.
  private func work(_ descent: Descent, _ target: Target, _ peer: PeerID) async {
    while !Task.isCancelled, !context.peers.isBanned(peer) {
      let batch = descent.batches.withLock { $0.popLast() }
      guard let batch else { return }
      let request = RequestSubtrees(block: target.block.hash, queries: batch)
      let expected = StateReconciliationLimits.subtreesAnswerBytesMax
      guard let answer = await ask(request, peer, expecting: expected),
        case .parts(let parts) = answer.response, !parts.isEmpty
      else {
        descent.core.withLock { $0.giveBack(batch) }
        return
      }
      descent.bytes.withLock { $0 += answer.response.wireBytes.count }
      let (children, fault) = descent.core.withLock { $0.take(parts, of: batch) }
      if let fault { context.ban(peer, reason: fault.reason) }
      guard !children.isEmpty else { continue }
      let own = await read(target) { (state) throws(LedgerStoreError) in
        try state.nodeHashes(at: children.map(\.key))
      }
      // What cannot be compared is fetched.
      let hashes = own ?? Array(repeating: nil, count: children.count)
      descent.core.withLock { $0.compared(children, with: hashes) }
    }
  }
}

/// How much differs, where nobody has symbols.
extension StateReturn {
  /// By some nodes of the first peer that gives them; nil if none of the first few does.
  func sample(_ target: Target) async -> Double? {
    for peer in target.hosts.prefix(StateReconciliationLimits.sketchPeersMax) {
      var sample = NodeSample(items: target.wholeItems, missing: target.missing)
      let request = RequestSubtrees(block: target.block.hash, queries: sample.queries)
      let expected = sample.queries.count * StateReconciliationLimits.nodeBytes
      guard let answer = await ask(request, peer, expecting: expected),
        case .parts(let parts) = answer.response, let keys = sample.take(parts)
      else { continue }
      let own = await read(target) { (state) throws(LedgerStoreError) in
        try state.nodeHashes(at: keys)
      }
      return own.map(sample.differences)
    }
    return nil
  }
}
