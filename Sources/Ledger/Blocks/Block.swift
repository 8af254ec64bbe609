import MerkleTree
import Primitives

/// The transactions of a block; empty for all but micro blocks.
public struct BlockBody: Sendable, Hashable {
  public var transactions: [Transaction]

  public static let empty = BlockBody(transactions: [])

  public init(transactions: [Transaction]) { self.transactions = transactions }
}

/// A block, with or without its body.
///
/// The next validators of an election block travel with the header, not in the body, so that nodes
/// that do not want bodies can still follow the validators.
public struct Block: Sendable, Hashable {
  public var header: BlockHeader
  public var justification: Justification
  /// Election blocks only: who signs the next epoch. Committed to by `bodyRoot`.
  public var nextValidators: ValidatorSet?
  /// Nil if the block came without one.
  public var body: BlockBody?

  public init(
    header: BlockHeader, justification: Justification, nextValidators: ValidatorSet? = nil,
    body: BlockBody?
  ) {
    self.header = header
    self.justification = justification
    self.nextValidators = nextValidators
    self.body = body
  }

  public var hash: Hash256 { header.hash }
  public var number: UInt32 { header.number }
  public var kind: BlockKind { header.kind }
  public var parentHash: Hash256 { header.parentHash }
  public var diffRoot: Hash256 { header.diffRoot }
  public var hasBody: Bool { body != nil }

  /// This block without its body.
  public var withoutBody: Block {
    var block = self
    block.body = nil
    return block
  }

  /// The RFC 6962 root over the wire forms of the transactions, then of the next validators if any.
  public static func bodyRoot(
    of transactions: [Transaction], nextValidators: ValidatorSet? = nil
  ) -> Hash256 {
    var leaves = transactions.map { $0.wireBytes }
    if let nextValidators { leaves.append(nextValidators.wireBytes) }
    return MerkleTree.root(of: leaves)
  }
}

extension BlockBody: WireCodable {
  public func encode(to encoder: inout WireEncoder) { encoder.append(transactions) }

  public init(from decoder: inout WireDecoder) throws(WireError) {
    transactions = try decoder.array(
      elementBytes: Transaction.wireBytesMin, limit: LedgerLimits.transactionsPerBlockMax)
  }
}

extension Block: WireCodable {
  public func encode(to encoder: inout WireEncoder) {
    encoder.append(header)
    encoder.append(justification)
    encoder.append(optional: nextValidators)
    encoder.append(optional: body)
  }

  public init(from decoder: inout WireDecoder) throws(WireError) {
    self.init(
      header: try decoder.value(), justification: try decoder.value(),
      nextValidators: try decoder.optional(), body: try decoder.optional())
  }
}

extension Block {
  /// Number and hash.
  public var id: BlockID { BlockID(number: number, hash: hash) }
}
