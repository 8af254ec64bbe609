import StateTrie

/// How many items a share of the key space holds and how large they are, from the latest chunks.
/// It sizes requests, no more: a lie about it costs a few requests of a wrong size.
package struct DensityEstimate: Sendable {
  private var items = 0.0
  private var share = 0.0
  private var bytes = 0.0
  private var chunks = 0.0
  /// Bytes an item is taken to have before any came.
  private var prior = Double(LiveSyncLimits.itemBytesFirst)

  /// Chunks that it is measured over, if they hold enough items.
  private let chunksMax: Int
  /// Items that it is measured over at least, however many chunks hold them.
  private let itemsMin: Int

  package init(chunksMax: Int = LiveSyncLimits.densityChunksMax, itemsMin: Int = 0) {
    self.chunksMax = chunksMax
    self.itemsMin = itemsMin
  }

  /// A chunk covers `range` with `items` in `bytes`.
  package mutating func add(_ range: KeyRange, items: Int, bytes: Int) {
    if chunks >= Double(chunksMax), self.items >= Double(itemsMin) {
      self.items /= 2
      share /= 2
      self.bytes /= 2
      chunks /= 2
    }
    self.items += Double(items)
    share += range.share
    self.bytes += Double(bytes)
    chunks += 1
  }

  /// An answer was too large for a message: items are larger than they were thought to be.
  package mutating func shrink() {
    bytes *= 4
    prior *= 4
  }

  /// Items in the whole key space if all of it were as dense; nil before anything came.
  package var itemsInAll: Double? { share > 0 && items > 0 ? items / share : nil }

  /// Bytes of a chunk for each of its items.
  package var bytesPerItem: Double {
    items > 0 ? bytes / items : prior
  }

  /// Bytes that a share of the key space is expected to take; nil before anything came.
  package func bytes(of share: Double) -> Double? { itemsInAll.map { $0 * share * bytesPerItem } }
}
