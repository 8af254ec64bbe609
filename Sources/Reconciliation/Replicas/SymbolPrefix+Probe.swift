import Primitives

/// What a view tells and learns by its first coded symbols before a comparison.
extension SymbolPrefix<RecordID> {
  /// Bytes of a checksum in a probe: enough for the few differences that it can tell.
  private static var probeChecksumBytes: Int { 4 }

  /// The first `count` symbols (`ReplicaView.probe`); nil if so many are not kept.
  package func probe(_ count: Int) -> [UInt8]? {
    guard count > 0, count <= length else { return nil }
    return SymbolBatch(
      itemCount: itemCount, stamp: symbols[0].checksum, symbols: Array(symbols[..<count])
    ).encoded(from: 0, checksumBytes: Self.probeChecksumBytes)
  }

  /// What the first symbols of an asking side tell (`ReplicaView.answer`).
  package func answer(toProbe probe: [UInt8]) throws(ReconciliationError) -> ProbeFinding {
    let batch: SymbolBatch<RecordID>
    do throws(WireError) {
      batch = try SymbolBatch(
        probe, from: 0, checksumBytes: Self.probeChecksumBytes,
        limit: ReconciliationLimits.symbolsPerAnswerMax)
    } catch { throw .malformed("a probe", error) }
    guard batch.symbols.count <= length else { return .unclear }
    var decoder = SymbolDecoder<RecordID>(checksumBytes: Self.probeChecksumBytes)
    try decoder.append(remote: batch.symbols, local: symbols[..<batch.symbols.count])
    if decoder.isComplete {
      let items = try decoder.items()
      return .solved(RecordDifference(missing: items.remoteOnly, extra: items.localOnly))
    }
    guard let count = decoder.estimatedDifferences(among: itemCount, batch.itemCount) else {
      return .unclear
    }
    return .estimate(SyncEstimate(count: count, symbols: batch.symbols.count))
  }
}
