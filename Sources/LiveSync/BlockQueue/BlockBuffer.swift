import Messages
import Networking
import Primitives

/// Blocks that wait for an ancestor, by hash, height and parent.
///
/// Invariant: a block whose parent is buffered too has the height after its parent's, so walking
/// to ancestors or descendants always ends.
struct BlockBuffer<Block: SyncBlock>: Sendable {
  private var entries: [Hash256: BlockEnvelope<Block>] = [:]
  /// Hashes at each height, in order of arrival.
  private var heights: [UInt32: [Hash256]] = [:]
  /// Hashes of the buffered children of a block, in order of arrival.
  private var children: [Hash256: [Hash256]] = [:]
  /// Announced blocks each peer has in the buffer.
  private var announced: [PeerID: Int] = [:]
  private var budget = ByteBudget<BlockGiver>(LiveSyncLimits.bufferedBlocksBytes)

  /// Number of blocks.
  var count: Int { entries.count }
  /// Bytes charged for them.
  var bytes: Int { budget.total }

  func contains(_ hash: Hash256) -> Bool { entries[hash] != nil }

  /// False if the block cannot stand where it says: its buffered parent has another height than
  /// the one before.
  func fits(_ block: Block) -> Bool {
    entries[block.parentHash].map { $0.block.number &+ 1 == block.number } ?? true
  }

  /// Buffered children of `block` whose height is not the one after it. A header commits to its
  /// height and its parent, so it is they that lie.
  func misfits(under block: Block) -> [Hash256] {
    (children[block.hash] ?? []).filter { entries[$0]?.block.number != block.number &+ 1 }
  }

  /// Whether there is room for the bytes of a block.
  func admission(of sourced: BlockEnvelope<Block>) -> ByteBudget<BlockGiver>.Admission {
    budget.admission(of: sourced.block.memoryBytes, for: BlockGiver(sourced.source))
  }

  /// Adds a block that `fits` and has room.
  mutating func insert(_ sourced: BlockEnvelope<Block>) {
    let block = sourced.block
    precondition(
      entries[block.hash] == nil && fits(block) && misfits(under: block).isEmpty,
      "block \(block.hash) does not fit the buffer")
    budget.charge(block.memoryBytes, to: BlockGiver(sourced.source))
    entries[block.hash] = sourced
    heights[block.number, default: []].append(block.hash)
    children[block.parentHash, default: []].append(block.hash)
    if let peer = Self.announcer(of: sourced) { announced[peer, default: 0] += 1 }
  }

  /// Adds gossip messages that say the same block again; true if the block is here and there was
  /// room to remember them.
  mutating func join(_ gossip: [GossipID], to hash: Hash256) -> Bool {
    guard let entry = entries[hash],
      entry.source.gossip.count + gossip.count <= LiveSyncLimits.gossipMessagesPerBlockMax
    else { return false }
    entries[hash]?.source.gossip += gossip
    return true
  }

  /// Takes a block out.
  mutating func remove(_ hash: Hash256) -> BlockEnvelope<Block>? {
    guard let entry = entries.removeValue(forKey: hash) else { return nil }
    budget.release(entry.block.memoryBytes, of: BlockGiver(entry.source))
    Self.remove(hash, from: entry.block.number, in: &heights)
    Self.remove(hash, from: entry.block.parentHash, in: &children)
    if let peer = Self.announcer(of: entry) {
      announced[peer] = announced[peer].flatMap { $0 > 1 ? $0 - 1 : nil }
    }
    return entry
  }

  /// The block of that hash; nil if it is not here.
  subscript(hash: Hash256) -> Block? { entries[hash]?.block }

  /// The highest blocks below `number`, at most so many, in the order of their heights from the
  /// top.
  func highest(below number: UInt32, limit: Int) -> [Block] {
    var found: [Block] = []
    for height in heights.keys.filter({ $0 < number }).sorted(by: >) where found.count < limit {
      found += (heights[height] ?? []).prefix(limit - found.count).compactMap { self[$0] }
    }
    return found
  }

  /// The first block missing under `block`, following buffered parents, and its height; nil if the
  /// way there leads through a block that `isSought`.
  func firstMissing(
    under block: Block, isSought: (Hash256) -> Bool
  ) -> (hash: Hash256, number: UInt32)? {
    var lowest = block
    while !isSought(lowest.hash) {
      guard let parent = entries[lowest.parentHash]?.block else {
        return (lowest.parentHash, lowest.number &- 1)
      }
      lowest = parent
    }
    return nil
  }

  /// Takes out the buffered descendants of `hash`, parents first, at most `limit` of them, and none
  /// that is not let through by `isAllowed`, nor what stands on it. What is left of them still
  /// hangs together under blocks that were taken.
  mutating func removeDescendants(
    of hash: Hash256, limit: Int = .max,
    where isAllowed: (BlockEnvelope<Block>) -> Bool = { _ in true }
  ) -> [BlockEnvelope<Block>] {
    var taken: [BlockEnvelope<Block>] = []
    var frontier = [hash]
    while !frontier.isEmpty {
      var next: [Hash256] = []
      for parent in frontier {
        for child in children[parent] ?? [] {
          guard taken.count < limit else { return taken }
          if let entry = entries[child], !isAllowed(entry) { continue }
          if let entry = remove(child) { taken.append(entry) }
          next.append(child)
        }
      }
      frontier = next
    }
    return taken
  }

  /// Takes out all blocks at or below `number`, lowest first.
  mutating func removeAll(upTo number: UInt32) -> [BlockEnvelope<Block>] {
    let low = heights.keys.filter { $0 <= number }.sorted()
    return low.flatMap { height in heights[height] ?? [] }.compactMap { remove($0) }
  }

  /// Parents of the blocks at `number`, each once, in order of arrival.
  func parents(at number: UInt32) -> [Hash256] {
    var seen: Set<Hash256> = []
    return (heights[number] ?? []).compactMap { entries[$0]?.block.parentHash }
      .filter { seen.insert($0).inserted }
  }

  /// Parents of all blocks, lowest first.
  var allParents: [Hash256] { heights.keys.sorted().flatMap { parents(at: $0) } }

  /// Announced blocks of `peer` at one height.
  func announcedCount(by peer: PeerID, at number: UInt32) -> Int {
    (heights[number] ?? []).count { entries[$0].flatMap(Self.announcer) == peer }
  }

  /// The block to give up so that one of `peer`'s can be taken: the highest one of the peer that
  /// has most announced blocks here, or nil if that is `peer` itself. So one peer cannot crowd
  /// out the others.
  func victim(for peer: PeerID?) -> Hash256? {
    guard let greatest = announced.max(by: { ($0.value, $0.key) < ($1.value, $1.key) }),
      greatest.key != peer, greatest.value > (peer.flatMap { announced[$0] } ?? 0) + 1
    else { return nil }
    return highest { Self.announcer(of: $0) == greatest.key }
  }

  /// The last block at the greatest height that `giver` has here: of its blocks the least is lost
  /// with this one.
  func highest(of giver: BlockGiver) -> Hash256? {
    highest { BlockGiver($0.source) == giver }
  }

  private func highest(where isChosen: (BlockEnvelope<Block>) -> Bool) -> Hash256? {
    for height in heights.keys.sorted(by: >) {
      let hashes = heights[height] ?? []
      if let hash = hashes.last(where: { entries[$0].map(isChosen) ?? false }) { return hash }
    }
    return nil
  }

  private static func announcer(of sourced: BlockEnvelope<Block>) -> PeerID? {
    sourced.source.origin == .announced ? sourced.source.peer : nil
  }

  private static func remove<Key: Hashable>(
    _ hash: Hash256, from key: Key, in table: inout [Key: [Hash256]]
  ) {
    table[key]?.removeAll { $0 == hash }
    if table[key]?.isEmpty == true { table[key] = nil }
  }
}
