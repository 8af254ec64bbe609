import BinaryDifference
import Foundation
import Primitives
import Reconciliation
import Runtime

/// How fast the strategies are on one core, beside their bounds.
struct ReconcileFigures {
  private static let records = 1_000_000
  private static let difference = 1_000
  /// Differences by whose mean the overhead is measured.
  private static let trials = 40
  /// Coded symbols that a million items are encoded into.
  private static let symbols = 1_500
  /// Records of 130 bytes of the snapshot that is patched: 52 MB, of which 1 % have new values, and
  /// some are removed and new.
  private static let snapshotRecords = 400_000
  private static let snapshotReplaced = 250

  let seed: UInt64

  func run() throws -> [Bound] {
    let maker = ReconcileWorlds(seed: seed)
    let base = maker.base(Self.records)
    let world = try maker.world(base, difference: Self.difference, .scattered)
    guard let merkle = world.transcripts[StrategyID.merkle.rawValue] else {
      throw BenchmarkError("trees were not compared")
    }
    let rounds = Double(merkle.flights.count)
    let bytes = merkle.cost.upBytes + merkle.cost.downBytes
    return [
      Bound(
        name: "Merkle comparison, rounds", value: rounds, unit: "", limit: 7, isLeast: false),
      Bound(
        name: "Merkle comparison, a difference", value: bytes / Double(Self.difference),
        unit: "bytes", limit: 332, isLeast: false),
      Bound(
        name: "RIBLT, symbols a difference", value: try overhead(), unit: "",
        limit: 1.376 * 1.01, isLeast: false),
      Bound(
        name: "RIBLT, a million items encoded", value: encoding(base.ids), unit: "ms", limit: 110,
        isLeast: false),
      Bound(
        name: "RIBLT, differences peeled", value: try peeling() / 1e6, unit: "million/s", limit: 4,
        isLeast: true),
      Bound(
        name: "Merkle updates", value: updates(base) / 1e6, unit: "million/s", limit: 2,
        isLeast: true),
      Bound(
        name: "zstd patch of a snapshot of 52 MB, 1 % changed", value: patch(), unit: "%",
        limit: 0.53, isLeast: false),
    ]
  }

  private func ids(_ count: Int, _ random: inout SplitMix64) -> [RecordID] {
    (0..<count).map { _ in RecordID(high: random.next(), low: random.next()) }
  }

  private func overhead() throws -> Double {
    var random = SplitMix64(state: seed)
    var symbols = 0
    for _ in 0..<Self.trials {
      let length = 3 * Self.difference
      let theirs = SymbolPrefix(length: length, of: ids(Self.difference, &random))
      let ours = SymbolPrefix<RecordID>(length: length)
      var decoder = SymbolDecoder<RecordID>()
      while !decoder.isComplete, decoder.symbolCount < length {
        let next = decoder.symbolCount..<decoder.symbolCount + 1
        try decoder.append(remote: Array(theirs.symbols[next]), local: ours.symbols[next])
      }
      symbols += decoder.symbolCount
    }
    return Double(symbols) / Double(Self.trials * Self.difference)
  }

  /// Milliseconds.
  private func encoding(_ ids: [RecordID]) -> Double {
    let start = BenchClock.nanoseconds
    let prefix = SymbolPrefix(length: Self.symbols, of: ids)
    let time = BenchClock.nanoseconds - start
    precondition(prefix.itemCount == ids.count)
    return Double(time) / 1e6
  }

  /// Differences a second.
  private func peeling() throws -> Double {
    var random = SplitMix64(state: seed &+ 1)
    var (time, found) = (0, 0)
    for _ in 0..<Self.trials {
      let length = Self.difference * 3 / 2
      let theirs = SymbolPrefix(length: length, of: ids(Self.difference, &random)).symbols
      let ours = SymbolPrefix<RecordID>(length: length).symbols
      var decoder = SymbolDecoder<RecordID>()
      let start = BenchClock.nanoseconds
      try decoder.append(remote: theirs, local: ours[...])
      time += BenchClock.nanoseconds - start
      found += decoder.foundCount
    }
    return Double(found) * 1e9 / Double(max(1, time))
  }

  /// Bytes of the patch at zstd's level 1, in hundredths of the snapshot.
  private func patch() -> Double {
    let sample = SampleSnapshot(
      records: Self.snapshotRecords, changed: Self.snapshotRecords / 100,
      replaced: Self.snapshotReplaced, seed: seed)
    return 100 * sample.zstdPatchShare(level: 1)
  }

  /// Changes of single records in the tree a second.
  private func updates(_ base: ReconcileWorlds.Base) -> Double {
    var tree = base.merkle.tree
    let changes = base.records.prefix(200_000).map { record in
      let old = RecordEntry(record)
      var new = old
      new.id.high ^= 1
      return RecordChange(old: old, new: new)
    }
    let start = BenchClock.nanoseconds
    for change in changes { tree.apply(change) }
    return Double(changes.count) * 1e9 / Double(max(1, BenchClock.nanoseconds - start))
  }
}
