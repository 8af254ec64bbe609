import Messages
import Networking
import Primitives

/// Chunks that wait for their blocks, by (height, hash), in order of arrival.
struct ChunkBuffer: Sendable {
  private var heights: [UInt32: [SourcedChunk]] = [:]
  /// Number of chunks.
  private(set) var count = 0

  /// Bytes of memory that they take.
  var bytes: Int {
    heights.values.reduce(0) { $1.reduce($0) { $0 + $1.memoryBytes } }
  }

  mutating func insert(_ chunk: SourcedChunk) {
    heights[chunk.number, default: []].append(chunk)
    count += 1
  }

  /// Takes out the chunk of `peer` that was asked for last.
  mutating func removeNewest(of peer: PeerID) -> SourcedChunk? {
    let newest = heights.values.joined().filter { $0.peer == peer }.max { $0.request < $1.request }
    guard let newest else { return nil }
    return removeAll { $0.peer == peer && $0.request == newest.request }.first
  }

  /// True if a chunk waits for this block.
  func contains(number: UInt32, hash: Hash256) -> Bool {
    heights[number]?.contains { $0.hash == hash } ?? false
  }

  /// Takes out the chunks of one block.
  mutating func remove(number: UInt32, hash: Hash256) -> [SourcedChunk] {
    guard let chunks = heights[number] else { return [] }
    let left = chunks.filter { $0.hash != hash }
    heights[number] = left.isEmpty ? nil : left
    count -= chunks.count - left.count
    return chunks.filter { $0.hash == hash }
  }

  /// Gives each block of a batch the chunks that waited for it; tells how many.
  mutating func join<Block: SyncBlock>(
    _ batch: BlockBatch<Block>
  ) -> (batch: BlockBatch<Block>, count: Int) {
    var batch = batch
    var count = 0
    for index in batch.blocks.indices {
      let block = batch.blocks[index].block
      batch.blocks[index].chunks = remove(number: block.number, hash: block.hash)
      count += batch.blocks[index].chunks.count
      #if MUTANTS
        if Mutant.isOn(.bufferNeverPruned) {
          for chunk in batch.blocks[index].chunks { insert(chunk) }
        }
      #endif
    }
    return (batch, count)
  }

  /// Takes out all chunks at or below `number`, lowest first.
  mutating func removeAll(upTo number: UInt32) -> [SourcedChunk] {
    let low = heights.keys.filter { $0 <= number }.sorted()
    let chunks = low.flatMap { heights.removeValue(forKey: $0) ?? [] }
    count -= chunks.count
    return chunks
  }

  /// Takes out all chunks for which `isChosen` holds, lowest first.
  mutating func removeAll(where isChosen: (SourcedChunk) -> Bool) -> [SourcedChunk] {
    var chosen: [SourcedChunk] = []
    for number in heights.keys.sorted() {
      guard let chunks = heights[number] else { continue }
      let left = chunks.filter { !isChosen($0) }
      guard left.count < chunks.count else { continue }
      heights[number] = left.isEmpty ? nil : left
      chosen += chunks.filter(isChosen)
    }
    count -= chosen.count
    return chosen
  }
}
