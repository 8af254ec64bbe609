import Networking
import Primitives

/// Handing blocks on, as many as the way to the chain has room for.
extension BlockQueueCore {
  /// Forwards blocks that have room.
  mutating func deliver(_ kind: BatchKind, _ blocks: [BlockEnvelope<Block>]) -> [Action] {
    for sourced in blocks {
      let entry = Waiting(
        number: sourced.block.number, bytes: sourced.block.memoryBytes,
        giver: BlockGiver(sourced.source))
      forwarded.charge(entry.bytes, to: entry.giver)
      let earlier = waiting.updateValue(entry, forKey: sourced.block.hash)
      precondition(earlier == nil, "block \(sourced.block.hash) is forwarded twice")
    }
    return blocks.isEmpty ? [] : [.deliver(BlockBatch(kind: kind, blocks: blocks))]
  }

  /// True if the children of `hash` may be forwarded.
  func isRooted(_ hash: Hash256, chain: some ChainReader) -> Bool {
    chain.isKnown(hash) || forwardsEarly && waiting[hash] != nil
  }

  /// Forwards the buffered descendants of a block that was forwarded, if that is done early. What
  /// there is no room for waits until the block is pushed.
  mutating func releaseEarly(under hash: Hash256) -> [Action] {
    forwardsEarly ? release(under: hash) : []
  }

  /// Takes a block back from those that are forwarded.
  mutating func removeForwarded(_ hash: Hash256) -> Waiting? {
    guard let entry = waiting.removeValue(forKey: hash) else { return nil }
    forwarded.release(entry.bytes, of: entry.giver)
    return entry
  }

  /// True if one more block may be forwarded.
  func hasRoom(for sourced: BlockEnvelope<Block>) -> Bool {
    forwarded.admission(of: sourced.block.memoryBytes, for: BlockGiver(sourced.source)) == .fits
  }

  /// Notes that blocks wait under `parent`, which the chain knows, for room only.
  mutating func crowd(_ parent: Hash256) {
    if !crowded.contains(parent) { crowded.append(parent) }
  }

  /// Forwards the buffered descendants of a block that the chain knows now.
  mutating func release(under hash: Hash256) -> [Action] {
    #if MUTANTS
      if Mutant.isOn(.childrenNotReleased) { return [] }
    #endif
    crowded.removeAll { $0 == hash }
    var room = forwarded
    var isCrowded = false
    let blocks = buffer.removeDescendants(of: hash, limit: LiveSyncLimits.blocksPerResultMax) {
      let (bytes, giver) = ($0.block.memoryBytes, BlockGiver($0.source))
      guard room.admission(of: bytes, for: giver) == .fits else {
        isCrowded = true
        return false
      }
      room.charge(bytes, to: giver)
      return true
    }
    if isCrowded { crowd(hash) }
    return deliver(.buffered(remaining: buffer.count), blocks)
      + (blocks.count < LiveSyncLimits.blocksPerResultMax
        ? [] : releaseEarly(under: blocks[blocks.count - 1].block.hash))
  }

  /// A block has left the way to the chain: what waits for room goes on.
  mutating func releaseCrowded(chain: some ChainReader) -> [Action] {
    let parents = crowded
    return parents.flatMap { parent -> [Action] in
      if isRooted(parent, chain: chain) { return release(under: parent) }
      // Its own push will tell, or it is not there any more.
      crowded.removeAll { $0 == parent }
      return []
    }
  }
}
