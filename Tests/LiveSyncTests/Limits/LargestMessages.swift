import Ledger
import MerkleTree
import Messages
import Primitives
import StateTrie

/// The messages that take most memory of those that are legal: either the most bytes, or the most
/// parts, each of which takes more in memory than on the wire.
enum LargestMessages {
  static func transaction(_ number: Int, data: Int) -> Transaction {
    Transaction(
      network: 1, sender: PublicKey(raw: Blake2b256.hash([UInt8(number & 255)])),
      nonce: UInt64(number), fee: 1,
      action: .setData([UInt8](repeating: UInt8(number & 255), count: data)))
  }

  /// Bodies with as many transactions, and with as many bytes, as there may be.
  static var bodies: [BlockBody] {
    let many = LedgerLimits.transactionsPerBlockMax
    let large = LedgerLimits.bodyBytesMax / LedgerLimits.dataBytesMax - 1
    let filling = LedgerLimits.bodyBytesMax / many - 120
    return [
      BlockBody(transactions: (0..<many).map { transaction($0, data: 1) }),
      BlockBody(transactions: (0..<many).map { transaction($0, data: filling) }),
      BlockBody(
        transactions: (0..<large).map { transaction($0, data: LedgerLimits.dataBytesMax) }),
    ]
  }

  static func header(_ number: Int) -> BlockHeader {
    BlockHeader(
      .init(
        kind: .micro, number: UInt32(number), timestamp: 1, network: 1, version: 1,
        parentHash: .zero, lastElectionHash: nil, stateRoot: .zero,
        diffRoot: Blake2b256.hash([1]), bodyRoot: .zero, historyRoot: .zero,
        seed: BlockSeed(.zero)))
  }

  static var announcement: HeaderAnnouncement {
    let signatures = (0..<LedgerLimits.validatorsMax).map {
      BlockSignature(signer: UInt16($0), signature: .zero)
    }
    let validators = ValidatorSet(
      (0..<LedgerLimits.validatorsMax).map {
        Validator(
          publicKey: PublicKey(raw: Blake2b256.hash([UInt8($0 & 255), UInt8($0 >> 8)])), slots: 100)
      })
    return HeaderAnnouncement(
      of: Block(
        header: header(1), justification: .quorum(signatures), nextValidators: validators,
        body: nil))
  }

  static func key(_ number: Int, bytes: Int = 20) -> KeyNibbles {
    var name = [UInt8](repeating: 0, count: bytes)
    for index in 0..<4 { name[index] = UInt8(number >> (8 * (3 - index)) & 255) }
    return KeyNibbles(name.map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined())!
  }

  /// Diffs with as many entries, and with as many bytes, as there may be.
  static var diffs: [TrieDiff] {
    get throws {
      let many = LedgerLimits.diffEntriesMax
      let large = LedgerLimits.diffBytesMax / LedgerLimits.dataBytesMax / 2
      return [
        try TrieDiff(entries: (0..<many).map { .init(key: key($0), old: [1], new: [2]) }),
        try TrieDiff(
          entries: (0..<large).map {
            .init(
              key: key($0), old: [UInt8](repeating: 1, count: LedgerLimits.dataBytesMax),
              new: [UInt8](repeating: 2, count: LedgerLimits.dataBytesMax))
          }),
      ]
    }
  }

  /// A chunk with as many items, and proof nodes with as many children, as there may be.
  static var chunks: [TrieChunk] {
    let child = ProofChild(suffix: key(1, bytes: 8), hash: .zero)
    let node = ProofNode(
      key: key(1), value: .none,
      children: Array(repeating: child, count: StateTrieLimits.childrenMax))
    let nodes = Array(repeating: node, count: StateTrieLimits.chunkProofNodesMax)
    let large = MessageLimits.chunkAnswerBytesMax / LedgerLimits.dataBytesMax
    return [
      TrieChunk(
        end: nil,
        items: (0..<StateTrieLimits.chunkItemsMax).map { TrieItem(key: key($0), value: [1]) },
        proof: TrieProof(nodes: nodes)),
      TrieChunk(
        end: nil,
        items: (0..<large).map {
          TrieItem(key: key($0), value: [UInt8](repeating: 1, count: LedgerLimits.dataBytesMax))
        }, proof: TrieProof(nodes: nodes)),
    ]
  }
}
