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
