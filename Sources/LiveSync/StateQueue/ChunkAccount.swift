import Networking
import StateTrie

/// What came in for the state and what became of it, for progress and forecast.
package struct ChunkAccount: Sendable {
  /// Bytes by what became of the chunks.
  package var traffic = ChunkTraffic()
  /// Chunks that were provably wrong.
  package var refused = 0
  /// Highest block that a chunk inside the window named. A claim: nothing but the forecast uses it.
  package var highestNumber: UInt32 = 0
  private var density = DensityEstimate(
    chunksMax: LiveSyncLimits.forecastChunksMax, itemsMin: LiveSyncLimits.forecastItemsMin)

  /// A chunk came.
  package mutating func received(_ chunk: SourcedChunk) {
    traffic.received += chunk.bytes
    density.add(
      KeyRange(start: chunk.start, end: chunk.chunk.end), items: chunk.chunk.items.count,
      bytes: chunk.bytes)
  }

  /// A chunk was thrown away unchecked.
  package mutating func discarded(_ chunk: SourcedChunk) { traffic.unused += chunk.bytes }

  /// What became of a chunk that was pushed, at its place in the push; no verdict if its block was
  /// not taken.
  package mutating func judged(_ chunk: SourcedChunk, at index: Int, _ verdict: ChunkVerdict?) {
    if verdict?.accepted.contains(index) ?? false {
      traffic.verified += chunk.bytes
    } else if verdict?.failures.contains(where: { $0.index == index }) ?? false {
      traffic.refused += chunk.bytes
      refused += 1
    } else {
      traffic.unused += chunk.bytes
    }
  }

  /// Bytes that all of `missing` is expected to take; nil before there is anything to go by.
  package func expectedBytes(of missing: KeyRangeSet) -> Double? {
    density.bytes(of: missing.ranges.reduce(0) { $0 + $1.share })
  }
}

/// Bytes of chunks that came, by what became of them.
public struct ChunkTraffic: Sendable, Hashable {
  /// All that came.
  public var received = 0
  /// In verified chunks that were taken in.
  public var verified = 0
  /// In chunks of no use: fetched twice, or to be fetched again.
  public var unused = 0
  /// In chunks that are provably wrong.
  public var refused = 0
  /// In chunks that wait for their blocks or for the chain.
  public var pending: Int { max(0, received - verified - unused - refused) }

  public init() {}
}
