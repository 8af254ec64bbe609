import Messages
import Networking
import Primitives

extension BlockQueueCore {
  /// A verified answer (see `MissingBlocksCheck`) to request `id` is here.
  public mutating func answered(
    _ id: UInt64, _ blocks: [Block], by peer: PeerID, chain: some ChainReader
  ) -> [Action] {
    var actions = prune(chain: chain)
    // Pruning closes requests whose target is final: nobody needs their answers.
    guard let query = close(id) else { return actions }
    precondition(!blocks.isEmpty, "a verified answer to \(query) has no blocks")
    if let bad = blocks.first(where: { invalid.contains($0.hash) }) {
      return actions + rejectDescendants(of: bad.hash) + rejectDescendants(of: query.target)
        + endResolve(query.target, .failed)
    }
    let fresh = blocks.drop { chain.isKnown($0.hash) || waiting[$0.hash] != nil }
    actions += blocks.prefix(blocks.count - fresh.count).flatMap {
      chain.isKnown($0.hash) ? release(under: $0.hash) + endResolve($0.hash, .found) : []
    }
    let (taken, isAll) = take(Array(fresh), peer: peer, chain: chain)
    actions += taken
    guard isAll else {
      // What was to stand on the rest waits in vain; its next announcement asks again.
      return actions + dropDescendants(of: query.target, .bufferFull)
        + endResolve(query.target, .failed)
    }
    return actions + proceed(after: blocks[blocks.count - 1], query, peer: peer, chain: chain)
  }

  /// Hands the blocks of an answer on if their first parent is known, else buffers them. What the
  /// way to the chain has no room for is buffered as well; false if the buffer has none either.
  private mutating func take(
    _ blocks: [Block], peer: PeerID, chain: some ChainReader
  ) -> ([Action], isAll: Bool) {
    guard let first = blocks.first else { return ([], true) }
    let misfits = blocks.flatMap { rejectMisfits(under: $0) }
    let sourced = blocks.filter { waiting[$0.hash] == nil }.map { block in
      // A copy that was announced and waits in the buffer is the same block: its messages move.
      let gossip = buffer.remove(block.hash)?.source.gossip ?? []
      return BlockEnvelope(
        block: block, source: BlockSource(origin: .requested, peer: peer, gossip: gossip))
    }
    let isRooted = isRooted(first.parentHash, chain: chain)
    let ready = isRooted ? fitting(sourced) : 0
    if isRooted, ready == 0 { crowd(first.parentHash) }
    var actions = misfits + deliver(.missing, Array(sourced[..<ready]))
    var isAll = true
    for entry in sourced[ready...] {
      guard isAll, buffer.fits(entry.block) else {
        actions += isAll ? reject(entry) : drop(entry, .bufferFull)
        continue
      }
      let (room, refusal) = makeRoom(for: entry)
      actions += room
      if let refusal {
        isAll = false
        actions += drop(entry, refusal)
      } else {
        buffer.insert(entry)
      }
    }
    if !isRooted { actions += requestMissing(under: first, first: peer, chain: chain) }
    for entry in sourced[..<ready] { actions += releaseEarly(under: entry.block.hash) }
    return (actions, isAll)
  }

  /// How many of these blocks, from the first on, have room on the way to the chain.
  private func fitting(_ blocks: [BlockEnvelope<Block>]) -> Int {
    var room = forwarded
    for (index, sourced) in blocks.enumerated() {
      let (bytes, giver) = (sourced.block.memoryBytes, BlockGiver(sourced.source))
      guard room.admission(of: bytes, for: giver) == .fits else { return index }
      room.charge(bytes, to: giver)
    }
    return blocks.count
  }

  /// A partial answer is followed by a request that starts at its last block.
  private mutating func proceed(
    after last: Block, _ query: MissingBlocksQuery, peer: PeerID, chain: some ChainReader
  ) -> [Action] {
    guard query.direction == .forward, last.hash != query.target,
      last.number < query.targetNumber, requested[query.target] == nil,
      !chain.isKnown(query.target), waiting[query.target] == nil, !buffer.contains(query.target)
    else { return [] }
    return request(
      query.target, number: query.targetNumber, direction: .forward, first: peer,
      locators: [last.hash], chain: chain)
  }

  /// Request `id` failed for good.
  /// - Parameter offMainChain: the peers know the target, but not on their main chain; then it is
  ///   looked for backward.
  public mutating func failed(
    _ id: UInt64, offMainChain: Bool, chain: some ChainReader
  ) -> [Action] {
    let actions = prune(chain: chain)
    guard let query = close(id) else { return actions }
    if chain.isKnown(query.target) {
      return actions + release(under: query.target) + endResolve(query.target, .found)
    }
    if offMainChain, query.direction == .forward {
      return actions
        + request(
          query.target, number: query.targetNumber, direction: .backward, first: query.firstPeer,
          chain: chain)
    }
    if let target = buffer[query.target] {
      // It came by itself meanwhile: what is missing under it is looked for on its own.
      return actions + requestMissing(under: target, first: query.firstPeer, chain: chain)
    }
    return actions + dropDescendants(of: query.target, .ancestorsUnavailable)
      + endResolve(query.target, .failed)
  }

  /// Somebody waits for one particular block.
  public mutating func resolve(
    _ hash: Hash256, number: UInt32, first: PeerID?, chain: some ChainReader
  ) -> [Action] {
    if chain.isKnown(hash) { return [.resolved(hash, .found)] }
    if number <= chain.macroNumber { return [.resolved(hash, .outdated)] }
    if resolves[hash] != nil { return [.resolved(hash, .duplicate)] }
    if resolves.count >= LiveSyncLimits.resolvesMax || invalid.contains(hash) {
      return [.resolved(hash, .failed)]
    }
    resolves[hash] = number
    if waiting[hash] != nil || buffer.contains(hash) || requested[hash] != nil { return [] }
    return request(hash, number: number, direction: .backward, first: first, chain: chain)
  }

  /// Ends the request for `hash`, if there is one.
  mutating func endResolve(_ hash: Hash256, _ outcome: ResolveOutcome) -> [Action] {
    resolves.removeValue(forKey: hash) == nil ? [] : [.resolved(hash, outcome)]
  }

  private mutating func close(_ id: UInt64) -> MissingBlocksQuery? {
    guard let query = requests.removeValue(forKey: id) else { return nil }
    requested[query.target] = nil
    return query
  }
}
