import Networking
import Primitives

extension BlockQueueCore {
  /// The chain has taken `hashes` (from whomever): what waits for them goes on.
  public mutating func chainChanged(
    _ hashes: [Hash256], chain: some ChainReader
  ) -> [Action] {
    var actions = prune(chain: chain)
    for hash in hashes where chain.isKnown(hash) {
      actions += release(under: hash) + endResolve(hash, .found)
    }
    return actions
  }

  /// Events of the chain may have been missed: whatever waits for a block the chain has goes on.
  public mutating func resynchronise(chain: some ChainReader) -> [Action] {
    var actions = prune(chain: chain)
    for parent in buffer.allParents where chain.isKnown(parent) {
      actions += release(under: parent)
    }
    for hash in resolves.keys.sorted() where chain.isKnown(hash) {
      actions += endResolve(hash, .found)
    }
    return actions
  }

  /// A block that was forwarded has been pushed, or dropped on its way there.
  public mutating func pushed(
    _ sourced: BlockEnvelope<Block>, _ verdict: PushVerdict, chain: some ChainReader
  ) -> [Action] {
    let hash = sourced.block.hash
    // What was forwarded behind an invalid block is invalid as well.
    let isChildOfInvalid = verdict == .failed && invalid.contains(sourced.block.parentHash)
    let verdict = isChildOfInvalid ? .invalid : verdict
    let gossip = sourced.source.gossip + (removeForwarded(hash)?.gossip ?? [])
    var actions = report(gossip, verdict.acceptance) + prune(chain: chain)
    switch verdict {
    case .accepted, .ignored:
      actions +=
        chain.isKnown(hash)
        ? release(under: hash) + endResolve(hash, .found)
        : dropDescendants(of: hash, .parentNotTaken) + endResolve(hash, .failed)
    case .invalid:
      invalid.insert(hash)
      actions += rejectDescendants(of: hash) + endResolve(hash, .failed)
    case .badCopy:
      // The children may be good: another copy of the block is asked for.
      actions += requestAgain(sourced.block, chain: chain)
    case .failed:
      actions += dropDescendants(of: hash, .parentNotTaken) + endResolve(hash, .failed)
    }
    return crowded.isEmpty ? actions : actions + releaseCrowded(chain: chain)
  }

  /// Asks for another copy of a block if somebody needs it.
  private mutating func requestAgain(_ block: Block, chain: some ChainReader) -> [Action] {
    let isWanted =
      resolves[block.hash] != nil || buffer.parents(at: block.number &+ 1).contains(block.hash)
    guard isWanted, requested[block.hash] == nil, block.number > chain.macroNumber else {
      return []
    }
    return request(
      block.hash, number: block.number, direction: .backward, first: nil, chain: chain)
  }

  /// If the head has passed a macro block: everything at or below it leaves the queue.
  mutating func prune(chain: some ChainReader) -> [Action] {
    let macro = chain.macroNumber
    guard macro > prunedTo else { return [] }
    prunedTo = macro
    var actions: [Action] = []
    for entry in buffer.removeAll(upTo: macro) { actions += drop(entry, .finalized) }
    for parent in buffer.parents(at: macro &+ 1) {
      actions +=
        chain.isKnown(parent) ? release(under: parent) : dropDescendants(of: parent, .belowFinality)
    }
    for query in requests.values.filter({ $0.targetNumber <= macro }).sorted(by: { $0.id < $1.id })
    {
      requests[query.id] = nil
      requested[query.target] = nil
    }
    for hash in resolves.filter({ $0.value <= macro }).keys.sorted() {
      actions += endResolve(hash, chain.isKnown(hash) ? .found : .outdated)
    }
    return actions
  }

  /// Everything buffered above `hash` leaves the queue without a judgement.
  mutating func dropDescendants(of hash: Hash256, _ reason: DropReason) -> [Action] {
    buffer.removeDescendants(of: hash).flatMap { entry in
      drop(entry, reason) + endResolve(entry.block.hash, .failed)
    }
  }

  /// Everything buffered above an invalid block is invalid too.
  mutating func rejectDescendants(of hash: Hash256) -> [Action] {
    buffer.removeDescendants(of: hash).flatMap { entry in
      invalid.insert(entry.block.hash)
      return reject(entry) + endResolve(entry.block.hash, .failed)
    }
  }

  /// What names `block` as its parent at another height than the one after it is invalid, and so is
  /// what stands on that.
  mutating func rejectMisfits(under block: Block) -> [Action] {
    buffer.misfits(under: block).flatMap { hash -> [Action] in
      guard let entry = buffer.remove(hash) else { return [] }
      invalid.insert(hash)
      return reject(entry) + endResolve(hash, .failed) + rejectDescendants(of: hash)
    }
  }

  func drop(
    _ sourced: BlockEnvelope<Block>, _ reason: DropReason, acceptance: Acceptance = .ignore
  ) -> [Action] {
    report(sourced.source.gossip, acceptance) + [
      .drop(
        hash: sourced.block.hash, number: sourced.block.number, peer: sourced.source.peer,
        reason: reason)
    ]
  }

  func reject(_ sourced: BlockEnvelope<Block>) -> [Action] {
    report(sourced.source.gossip, .reject) + [
      .reject(
        hash: sourced.block.hash, number: sourced.block.number, peer: sourced.source.peer)
    ]
  }

  func report(_ gossip: [GossipID], _ acceptance: Acceptance) -> [Action] {
    gossip.isEmpty ? [] : [.report(gossip, acceptance)]
  }
}

extension PushVerdict {
  /// The judgement of the gossip messages that brought the block.
  var acceptance: Acceptance {
    switch self {
    case .accepted: .accept
    case .ignored, .failed: .ignore
    case .invalid, .badCopy: .reject
    }
  }
}
