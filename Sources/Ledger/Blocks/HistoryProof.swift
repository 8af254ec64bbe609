import MerkleTree
import Primitives

/// Shows that blocks are of the chain that leads to a macro block: that one's `historyRoot` commits
/// to the hashes of all blocks before it.
public struct HistoryProof: Sendable, Hashable {
  /// One block and its way to the root.
  public struct Item: Sendable, Hashable {
    public var hash: Hash256
    public var proof: InclusionProof

    public init(hash: Hash256, proof: InclusionProof) {
      self.hash = hash
      self.proof = proof
    }
  }

  /// The macro block, without its body. Whether it is to be believed is for the asker to say.
  public var anchor: Block
  public var items: [Item]

  public init(anchor: Block, items: [Item]) {
    self.anchor = anchor
    self.items = items
  }

  /// The hashes of the blocks at `numbers` if the proof shows exactly these, else nil.
  public func hashes(of numbers: [UInt32]) -> [Hash256]? {
    guard items.count == numbers.count else { return nil }
    let count = Int(anchor.number)
    let isRight = zip(numbers, items).allSatisfy { number, item in
      number < anchor.number
        && item.proof.verify(
          leafHash: MerkleTree.leafHash(item.hash.bytes), index: Int(number), count: count,
          root: anchor.header.historyRoot)
    }
    return isRight ? items.map(\.hash) : nil
  }
}

extension HistoryProof.Item: WireCodable {
  public func encode(to encoder: inout WireEncoder) {
    encoder.append(hash)
    encoder.append(proof)
  }

  public init(from decoder: inout WireDecoder) throws(WireError) {
    self.init(hash: try decoder.hash(), proof: try decoder.value())
  }
}

extension HistoryProof: WireCodable {
  public func encode(to encoder: inout WireEncoder) {
    encoder.append(anchor)
    encoder.append(items)
  }

  public init(from decoder: inout WireDecoder) throws(WireError) {
    self.init(
      anchor: try decoder.value(),
      items: try decoder.array(
        elementBytes: Hash256.byteCount + 1, limit: LedgerLimits.historyProofsMax))
  }
}

extension Blockchain {
  /// A proof that the main chain blocks at `numbers` lead to the last macro block; nil if one of
  /// them is not below it, if there are more than `LedgerLimits.historyProofsMax`, or if the
  /// history is not held, as after a jump of macro sync.
  ///
  /// The first call hashes the whole history, later ones what has become final since. The chain is
  /// not locked meanwhile: final blocks never change.
  public func historyProof(of numbers: [UInt32]) -> HistoryProof? {
    guard numbers.count <= LedgerLimits.historyProofsMax else { return nil }
    return history.withLock { range in
      let start = UInt32(range.count)
      let found = reading(or: nil) { (state) throws(LedgerStoreError) -> (Block, [Hash256?])? in
        let anchor = state.macroHead.withoutBody
        var hashes: [Hash256?] = []
        for number in start..<max(start, anchor.number) {
          hashes.append(try state.mainHash(at: number))
        }
        return (anchor, hashes)
      }
      guard let (anchor, fresh) = found else { return nil }
      let known = fresh.compactMap { $0 }
      guard known.count == fresh.count else { return nil }
      for hash in known { range.append(leaf: hash.bytes) }
      var items: [HistoryProof.Item] = []
      for number in numbers {
        guard let proof = range.inclusionProof(of: Int(number)),
          let hash = reading(
            or: nil,
            { (state) throws(LedgerStoreError) -> Hash256? in try state.mainHash(at: number) })
        else { return nil }
        items.append(.init(hash: hash, proof: proof))
      }
      return HistoryProof(anchor: anchor, items: items)
    }
  }
}
