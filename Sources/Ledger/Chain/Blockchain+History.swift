import MerkleTree
import Primitives

/// The hashes of final blocks as far as proofs of them were asked for.
struct ProvenHistory: Sendable {
  var range = MountainRange()
  /// True once a block on the way was found to be missing, as after a jump of macro sync. Nothing
  /// ever fills such a gap, so nobody looks for it again.
  var hasGap = false
}

extension Blockchain {
  /// A proof that the main chain blocks at `numbers` lead to the last macro block; nil if one of
  /// them is not below it, if there are more than `LedgerLimits.historyProofsMax`, if the history
  /// is not held, as after a jump of macro sync, or not hashed yet.
  ///
  /// Each call hashes at most `LedgerLimits.historyBlocksPerCallMax` blocks that nobody asked for
  /// before, so on a long chain the first calls give nothing. No push waits meanwhile: final blocks
  /// never change.
  public func historyProof(of numbers: [UInt32]) -> HistoryProof? {
    guard numbers.count <= LedgerLimits.historyProofsMax else { return nil }
    return history.withLock { history in
      let anchor = macroHead.withoutBody
      guard numbers.allSatisfy({ $0 < anchor.number }) else { return nil }
      extend(&history, to: anchor.number)
      guard history.range.count == Int(anchor.number), let hashes = finalHashes(at: numbers) else {
        return nil
      }
      var items: [HistoryProof.Item] = []
      for (number, hash) in zip(numbers, hashes) {
        guard let hash, let proof = history.range.inclusionProof(of: Int(number)) else {
          return nil
        }
        items.append(.init(hash: hash, proof: proof))
      }
      return HistoryProof(anchor: anchor, items: items)
    }
  }

  private func extend(_ history: inout ProvenHistory, to end: UInt32) {
    var left = LedgerLimits.historyBlocksPerCallMax
    while !history.hasGap, history.range.count < Int(end), left > 0 {
      let start = UInt32(history.range.count)
      let count = min(left, Int(end - start))
      guard let hashes = finalHashes(at: (start..<start + UInt32(count)).map { $0 }) else { return }
      for hash in hashes {
        guard let hash else {
          history.hasGap = true
          return
        }
        history.range.append(leaf: hash.bytes)
      }
      left -= count
    }
  }

  /// The hashes of final blocks, nil for those that are not held; nil if the store fails.
  private func finalHashes(at numbers: [UInt32]) -> [Hash256?]? {
    do throws(LedgerStoreError) {
      return try blocks { (view) throws(LedgerStoreError) in
        var hashes: [Hash256?] = []
        for number in numbers { hashes.append(try view.mainHash(at: number)) }
        return hashes
      }
    } catch { return nil }
  }
}
