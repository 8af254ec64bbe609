import Ledger
import Messages
import Networking
import Primitives

/// Decides what to do with blocks on their way to the chain: which to forward, which to keep until
/// their ancestors are here, which to ask for and which to drop. Rules: Docs/LiveSync.md, "Block
/// queue".
///
/// A value: events in, actions out, no clock and no waiting. A block is at most in one of three
/// places: the buffer, `waiting` (forwarded, not pushed yet), or the chain.
public struct BlockQueueCore<Block: SyncBlock>: Sendable {
  public typealias Action = BlockQueueAction<Block>

  /// A block that was forwarded.
  struct Waiting: Sendable {
    var number: UInt32
    /// What it is charged with, and to whom.
    var bytes: Int
    var giver: BlockGiver
    /// Gossip messages of further copies, judged together with the block.
    var gossip: [GossipID] = []
  }

  /// How far the queue looks and how much it keeps.
  public internal(set) var configuration: QueueConfiguration
  var buffer = BlockBuffer<Block>()
  /// Blocks forwarded whose push has not been reported yet.
  var waiting: [Hash256: Waiting] = [:]
  var forwarded = ByteBudget<BlockGiver>(LiveSyncLimits.forwardedBytes)
  /// Blocks under which others wait for room only: the chain knows them.
  var crowded: [Hash256] = []
  /// Open requests by name.
  var requests: [UInt64: MissingBlocksQuery] = [:]
  /// Names of open requests by target.
  var requested: [Hash256: UInt64] = [:]
  /// Blocks somebody waits for, with their heights.
  var resolves: [Hash256: UInt32] = [:]
  /// Blocks whose headers are known to be invalid.
  var invalid = RecentHashes(capacity: LiveSyncLimits.invalidBlocksMax)
  /// Height of the macro block up to which everything has been pruned.
  var prunedTo: UInt32 = 0
  /// True if blocks are forwarded behind their parents, before these are pushed: where a round trip
  /// takes longer than a block, what is asked for between here and the chain would else come for
  /// one result after the other.
  package var forwardsEarly = false
  private var nextRequest: UInt64 = 1

  public init(configuration: QueueConfiguration) {
    self.configuration = configuration
  }

  /// Number of buffered blocks.
  public var bufferedCount: Int { buffer.count }
  /// True if the block waits for its ancestors.
  public func isBuffered(_ hash: Hash256) -> Bool { buffer.contains(hash) }
  /// True if the block waits, is forwarded, or is asked for.
  public func isExpected(_ hash: Hash256) -> Bool {
    buffer.contains(hash) || waiting[hash] != nil || requested[hash] != nil
  }
  /// Number of blocks forwarded and not pushed yet.
  public var waitingCount: Int { waiting.count }
  /// Bytes of buffered blocks, and of those forwarded and not pushed yet.
  public var bufferedBytes: Int { buffer.bytes }
  public var forwardedBytes: Int { forwarded.total }
  /// True if the answer to request `id` is still of use.
  public func isOpen(_ id: UInt64) -> Bool { requests[id] != nil }
  /// Number of open requests.
  public var requestCount: Int { requests.count }

  /// A block was announced or handed in from outside.
  public mutating func announce(
    _ block: Block, from source: BlockSource, chain: some ChainReader
  ) -> [Action] {
    let sourced = BlockEnvelope(block: block, source: source)
    if block.hasBody != configuration.includeBody {
      return drop(sourced, .bodyMismatch, acceptance: .reject)
    }
    if chain.isKnown(block.hash) {
      return report(source.gossip, chain.isOnMainChain(block.hash) ? .accept : .ignore)
    }
    let actions = prune(chain: chain)
    return actions + place(sourced, chain: chain)
  }

  /// Rules 4 to 8 for a block the chain does not know.
  private mutating func place(
    _ sourced: BlockEnvelope<Block>, chain: some ChainReader
  ) -> [Action] {
    let block = sourced.block
    let peer = sourced.source.peer
    let head = chain.headNumber
    if UInt64(block.number) + UInt64(configuration.tolerancePastMax) < UInt64(head) {
      return drop(sourced, .tooFarBehind) + (peer.map { [.behind($0)] } ?? [])
    }
    if invalid.contains(block.hash) || invalid.contains(block.parentHash) {
      invalid.insert(block.hash)
      return reject(sourced)
    }
    if isRooted(block.parentHash, chain: chain) {
      return forward(sourced, chain: chain)
    }
    if UInt64(block.number) > UInt64(head) + UInt64(configuration.windowAheadMax) {
      return drop(sourced, .tooFarAhead) + (peer.map { [.ahead($0)] } ?? [])
    }
    if block.number <= chain.macroNumber {
      return drop(sourced, .finalized)
    }
    return bufferAnnounced(sourced, chain: chain)
  }

  /// The parent is known: the block goes on, unless it is on its way already.
  private mutating func forward(
    _ sourced: BlockEnvelope<Block>, chain: some ChainReader
  ) -> [Action] {
    let hash = sourced.block.hash
    if waiting[hash] != nil { return joinWaiting(sourced) }
    // Without room it waits in the buffer until earlier ones have been pushed.
    guard hasRoom(for: sourced) else { return bufferAnnounced(sourced, chain: chain) }
    var sourced = sourced
    if let earlier = buffer.remove(hash) { sourced.source.gossip += earlier.source.gossip }
    return rejectMisfits(under: sourced.block) + deliver(.head, [sourced])
      + releaseEarly(under: hash)
  }

  /// Rule 8: keep the block and ask for what is missing under it.
  private mutating func bufferAnnounced(
    _ sourced: BlockEnvelope<Block>, chain: some ChainReader
  ) -> [Action] {
    let block = sourced.block
    if waiting[block.hash] != nil { return joinWaiting(sourced) }
    if buffer.contains(block.hash) {
      let joined = buffer.join(sourced.source.gossip, to: block.hash)
      return (joined ? [] : report(sourced.source.gossip, .ignore))
        + requestMissing(under: block, first: sourced.source.peer, chain: chain)
    }
    guard buffer.fits(block) else { return reject(sourced) }
    var actions = rejectMisfits(under: block)
    if sourced.source.origin == .announced, let peer = sourced.source.peer,
      buffer.announcedCount(by: peer, at: block.number)
        >= LiveSyncLimits.announcedBlocksPerPeerPerHeightMax
    {
      return actions + drop(sourced, .peerLimit)
    }
    if buffer.count >= configuration.bufferMax {
      guard let hash = buffer.victim(for: sourced.source.peer), let victim = buffer.remove(hash)
      else { return actions + drop(sourced, .bufferFull) }
      actions += drop(victim, .bufferFull) + endResolve(hash, .failed)
    }
    let (room, refusal) = makeRoom(for: sourced)
    actions += room
    if let refusal { return actions + drop(sourced, refusal) }
    buffer.insert(sourced)
    return actions + requestMissing(under: block, first: sourced.source.peer, chain: chain)
  }

  /// Lets blocks of those who have most in the buffer give way to one more; the reason if that is
  /// not enough.
  mutating func makeRoom(for sourced: BlockEnvelope<Block>) -> ([Action], DropReason?) {
    var actions: [Action] = []
    while true {
      switch buffer.admission(of: sourced) {
      case .fits: return (actions, nil)
      case .refused(.perHolder): return (actions, .peerLimit)
      case .refused(.total): return (actions, .bufferFull)
      case .makeRoom(let giver):
        guard let hash = buffer.highest(of: giver), let victim = buffer.remove(hash) else {
          preconditionFailure("a peer has bytes in the buffer, but no block")
        }
        actions += drop(victim, .bufferFull) + endResolve(hash, .failed)
      }
    }
  }

  /// Another copy of a block that waits to be pushed: judged together with it.
  private mutating func joinWaiting(_ sourced: BlockEnvelope<Block>) -> [Action] {
    let hash = sourced.block.hash
    let gossip = sourced.source.gossip
    guard let entry = waiting[hash],
      entry.gossip.count + gossip.count <= LiveSyncLimits.gossipMessagesPerBlockMax
    else { return report(gossip, .ignore) }
    waiting[hash]?.gossip += gossip
    return []
  }

  /// Follows the buffered ancestors of `block` down to the first missing parent and asks for it,
  /// unless one of them is on its way to somebody who waits for it: that answer goes back to what
  /// we have, and brings all that is missing under it.
  mutating func requestMissing(
    under block: Block, first: PeerID?, chain: some ChainReader
  ) -> [Action] {
    let missing = buffer.firstMissing(under: block) {
      resolves[$0] != nil && requested[$0] != nil
    }
    guard let missing else { return [] }
    if chain.isKnown(missing.hash) { return release(under: missing.hash) }
    if waiting[missing.hash] != nil { return releaseEarly(under: missing.hash) }
    if requested[missing.hash] != nil { return [] }
    if missing.number <= chain.macroNumber {
      return dropDescendants(of: missing.hash, .belowFinality)
    }
    // A target at or below our head is on a branch we do not have: only backward finds it
    // wherever it is.
    let direction: MissingBlocksDirection = missing.number > chain.headNumber ? .forward : .backward
    return request(
      missing.hash, number: missing.number, direction: direction, first: first, chain: chain)
  }

  /// Opens a request; if too many are open, what waits for it is dropped.
  mutating func request(
    _ target: Hash256, number: UInt32, direction: MissingBlocksDirection, first: PeerID?,
    locators: [Hash256]? = nil, chain: some ChainReader
  ) -> [Action] {
    guard requests.count < LiveSyncLimits.missingBlocksRequestsMax else {
      return dropDescendants(of: target, .tooManyRequests) + endResolve(target, .failed)
    }
    let query = MissingBlocksQuery(
      id: nextRequest, target: target, targetNumber: number,
      locators: locators ?? self.locators(below: number, chain: chain),
      direction: direction, includeBody: configuration.includeBody, firstPeer: first)
    nextRequest += 1
    requests[query.id] = query
    requested[target] = query.id
    return [.request(query)]
  }

  /// What an answer may start after: the nearest blocks below that are here or on their way to the
  /// chain, and the chain's own. Without the former, every gap above the head would be answered
  /// with the same blocks from there on.
  private func locators(below number: UInt32, chain: some ChainReader) -> [Hash256] {
    let limit = LiveSyncLimits.nearLocatorsMax
    let onTheWay = waiting.filter { $0.value.number < number }
      .map { (number: $0.value.number, hash: $0.key) }
    let here = buffer.highest(below: number, limit: limit).map {
      (number: $0.number, hash: $0.hash)
    }
    let near = (onTheWay + here).sorted { ($0.number, $0.hash) > ($1.number, $1.hash) }
      .prefix(limit).map(\.hash)
    return near + chain.locators(limit: MessageLimits.locatorsMax - near.count)
  }
}
