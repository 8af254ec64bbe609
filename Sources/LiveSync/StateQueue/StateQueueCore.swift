import Messages
import Networking
import Peers
import Primitives
import StateTrie

/// Decides which chunk of the state to ask for next and what to do with those that come. Rules:
/// Docs/LiveSync.md, "One chunk at a time".
///
/// One chunk is asked for at a time, each starting where the one before ended. Chunks of a block
/// that is still to come wait for it and are pushed right after its diff.
///
/// A chain that moves faster than a round trip would make every chunk late. After
/// `LiveSyncLimits.discardsBeforeHoldMax` late chunks in a row, blocks are held back while a
/// chunk is on its way, so that it finds its block waiting; a request always ends, and so does
/// the hold. If the chunk is on its way for longer than the chain keeps its block, no hold helps:
/// each late chunk halves what is asked for next, and each that is taken lets it grow again.
public struct StateQueueCore<Block: SyncBlock>: Sendable {
  public typealias Action = StateQueueAction<Block>

  /// How far the queue looks.
  public internal(set) var configuration: QueueConfiguration
  /// Items asked for at a time, at most.
  public let chunkItems: Int
  /// Items asked for next.
  public private(set) var nextItems: Int
  /// Where the next request starts.
  public internal(set) var state: ChunkRequestState
  /// The request on its way; its answer is superseded if the chain of chunks was reset since.
  var inFlight: (query: ChunkQuery, isSuperseded: Bool)?
  /// True while the pause after a failed request runs.
  var isPausing = false
  /// Chunks that wait for their blocks.
  var buffer = ChunkBuffer()
  /// Chunks forwarded whose push has not been reported yet.
  var forwarded = 0
  /// True if the state was found complete while chunks were forwarded: it is called complete once
  /// the last of them is reported, so that no chunk is accepted after that.
  var isCompletionDue = false
  /// Late chunks in a row.
  var lateInRow = 0
  /// Blocks held back for the chunk on its way.
  var held: [BlockBatch<Block>] = []
  private var nextID: UInt64 = 1

  /// - Parameter isComplete: true if no range of the state is missing at the start.
  public init(configuration: QueueConfiguration, chunkItems: Int, isComplete: Bool) {
    precondition(
      (1...MessageLimits.chunkItemsMax).contains(chunkItems), "chunks of \(chunkItems) items")
    self.configuration = configuration
    self.chunkItems = chunkItems
    nextItems = chunkItems
    state = isComplete ? .complete : .reset
  }

  /// Chunks that wait for their blocks.
  public var bufferedCount: Int { buffer.count }
  /// True while a chunk request is on its way.
  public var isRequesting: Bool { inFlight != nil }
  /// Batches held back.
  public var heldCount: Int { held.count }

  /// Asks for the next chunk if one is needed and none is on its way.
  public mutating func advance(chain: some ChainReader) -> [Action] {
    guard inFlight == nil, !isPausing else { return [] }
    let range: KeyRange?
    switch state {
    case .complete, .paused: return []
    case .reset: range = chain.missing.ranges.first
    case .continue(let key): range = Self.firstMissing(from: key, in: chain.missing)
    }
    guard let range else {
      // Nothing is missing after the key: complete, or what is missing lies before it.
      if case .continue = state, !chain.missing.isEmpty {
        state = .reset
        return [.reset(.notComplete)] + advance(chain: chain)
      }
      return []
    }
    let query = ChunkQuery(
      id: nextID, start: range.start, end: range.end, limit: nextItems,
      edges: range.end == nil ? .last : .both)
    nextID += 1
    inFlight = (query, false)
    return [.request(query)]
  }

  /// A peer gave a chunk for request `id`, of the state after block (`number`, `hash`).
  public mutating func received(
    _ id: UInt64, _ chunk: SourcedChunk, chain: some ChainReader
  ) -> [Action] {
    guard let (query, isSuperseded) = inFlight, query.id == id else {
      preconditionFailure(
        "answer to chunk request \(id), but open is \(String(describing: inFlight))")
    }
    inFlight = nil
    var actions: [Action] = []
    if state == .complete {
      actions = [.discard(chunk, .complete)]
    } else if isSuperseded, query.start != chain.missing.first {
      actions = [.discard(chunk, .superseded)]
    } else {
      actions = place(chunk, chain: chain)
    }
    return actions + letGo() + advance(chain: chain)
  }

  /// Request `id` failed for good: nobody could answer.
  public mutating func requestFailed(_ id: UInt64) -> [Action] {
    guard let (query, _) = inFlight, query.id == id else {
      preconditionFailure("chunk request \(id) failed, but open is \(String(describing: inFlight))")
    }
    inFlight = nil
    isPausing = true
    return letGo() + [.retry(after: PeerLimits.noPeerPause)]
  }

  /// The pause after a failed request is over.
  public mutating func retryDue(chain: some ChainReader) -> [Action] {
    precondition(isPausing, "the pause ended in state \(state), but none was running")
    isPausing = false
    return advance(chain: chain)
  }

  /// Applies, buffers or discards a chunk by where its block is.
  private mutating func place(_ chunk: SourcedChunk, chain: some ChainReader) -> [Action] {
    let head = chain.headNumber
    let number = chunk.number
    if chunk.hash == chain.headHash {
      follow(chunk)
      return [apply([chunk])]
    }
    if UInt64(number) + UInt64(configuration.tolerancePastMax) < UInt64(head) {
      return discard(chunk, .tooFarBehind) + [.behind(chunk.peer)]
    }
    if number <= chain.macroNumber {
      return discard(chunk, .finalized)
    }
    if chain.isKnown(chunk.hash) || number <= head {
      return discard(chunk, .blockPassed) + strays(in: [chunk], chain: chain)
    }
    if UInt64(number) > UInt64(head) + UInt64(configuration.windowAheadMax) {
      return discard(chunk, .tooFarAhead) + [.ahead(chunk.peer)]
    }
    let bytes = buffer.bytes + chunk.memoryBytes
    if buffer.count >= LiveSyncLimits.bufferedChunksMax
      || bytes > LiveSyncLimits.chunksBytes.total
    {
      return discard(chunk, .bufferFull)
    }
    follow(chunk)
    let isFirst = !buffer.contains(number: number, hash: chunk.hash)
    buffer.insert(chunk)
    return [.buffered(chunk)]
      + (isFirst ? [.expectBlock(number: number, hash: chunk.hash, peer: chunk.peer)] : [])
  }

  /// The block that chunks wait for cannot be had: whoever named it is not fit to be asked.
  public mutating func blockNeverCame(
    number: UInt32, hash: Hash256, chain: some ChainReader
  ) -> [Action] {
    let chunks = buffer.remove(number: number, hash: hash)
    guard !chunks.isEmpty else { return [] }
    let peers = Set(chunks.map(\.peer)).sorted()
    return chunks.map { .prune($0, .blockUnknown) } + peers.map { .behind($0) }
      + reset(.discarded) + advance(chain: chain)
  }

  /// These chunks were of blocks that the chain has passed. If it does not even know the block, and
  /// this was not the first late chunk in a row, the peer has another chain or made the block up:
  /// like one whose block cannot be had, it is not fit to be asked until it was looked at again.
  func strays(in chunks: [SourcedChunk], chain: some ChainReader) -> [Action] {
    guard lateInRow > LiveSyncLimits.discardsBeforeHoldMax else { return [] }
    let peers = Set(chunks.filter { !chain.isKnown($0.hash) }.map(\.peer))
    return peers.sorted().map { .behind($0) }
  }

  /// The next request starts where `chunk` ends.
  private mutating func follow(_ chunk: SourcedChunk) {
    state = chunk.chunk.end.map { .continue($0) } ?? .paused(number: chunk.number, hash: chunk.hash)
  }

  /// Throws a chunk away; what comes after it has no edge to start from, so the chain is reset.
  private mutating func discard(
    _ chunk: SourcedChunk, _ reason: ChunkDiscardReason
  ) -> [Action] {
    switch reason {
    case .tooFarBehind, .finalized, .blockPassed: wasLate()
    default: lateInRow += 1
    }
    return [.discard(chunk, reason)] + reset(.discarded)
  }

  /// A chunk came too late to be taken.
  mutating func wasLate() {
    lateInRow += 1
    nextItems = max(min(chunkItems, LiveSyncLimits.chunkItemsMin), nextItems / 2)
  }

  /// A chunk came in time.
  mutating func wasInTime() {
    lateInRow = 0
    nextItems = min(chunkItems, nextItems + LiveSyncLimits.chunkItemsMin)
  }

  /// The chain of chunks starts over at the first missing key.
  mutating func reset(_ reason: ChunkResetReason) -> [Action] {
    if state == .complete { return [] }
    state = .reset
    inFlight?.isSuperseded = true
    return [.reset(reason)]
  }

  /// Forwards what was held back.
  private mutating func letGo() -> [Action] {
    defer { held = [] }
    return held.map { attach($0) }
  }

  /// Blocks came from the diff queue.
  public mutating func add(_ batch: BlockBatch<Block>) -> [Action] {
    let isLate = lateInRow >= LiveSyncLimits.discardsBeforeHoldMax
    if isLate, inFlight != nil, held.count < LiveSyncLimits.heldBatchesMax {
      held.append(batch)
      return []
    }
    return letGo() + [attach(batch)]
  }

  /// Forwards chunks of the head.
  mutating func apply(_ chunks: [SourcedChunk]) -> Action {
    forwarded += chunks.count
    return .applyHead(chunks)
  }

  /// Adds to each block the chunks that waited for it.
  private mutating func attach(_ batch: BlockBatch<Block>) -> Action {
    let (joined, count) = buffer.join(batch)
    forwarded += count
    return .deliver(joined)
  }

  /// The part of the missing ranges at or after `key` that comes first.
  static func firstMissing(from key: KeyNibbles, in missing: KeyRangeSet) -> KeyRange? {
    guard let range = missing.ranges.first(where: { $0.end.map { $0 > key } ?? true }) else {
      return nil
    }
    return KeyRange(start: max(range.start, key), end: range.end)
  }
}
