import Ledger
import MerkleTree
import Networking
import Primitives
import StateTrie

/// Asks for a proof of what some keys of the account trie hold at the responder's head.
public struct RequestTrieProof: Request, Hashable {
  public typealias Response = TrieProofResponse
  public static let type = RequestType(
    215, name: "trie_proof", requestBytesMax: MessageLimits.listRequestBytesMax)

  /// At most `MessageLimits.proofKeysMax`.
  public var keys: [KeyNibbles]

  public init(keys: [KeyNibbles]) {
    self.keys = keys
  }

  public func encode(to encoder: inout WireEncoder) {
    encoder.append(keys)
  }

  public init(from decoder: inout WireDecoder) throws(WireError) {
    keys = try decoder.array(limit: MessageLimits.proofKeysMax)
  }
}

/// The answer to `RequestTrieProof`.
public enum TrieProofResponse: WireCodable, Hashable {
  /// A proof against the state root of the block, which shows each of the first `keys` keys of the
  /// request present or absent: as many as fit into an answer, and one at least. The rest is asked
  /// for anew.
  case proof(number: UInt32, hash: Hash256, keys: Int, TrieProof)
  /// The responder does not hold all of the keys.
  case incompleteState

  public func encode(to encoder: inout WireEncoder) {
    switch self {
    case .proof(let number, let hash, let keys, let proof):
      encoder.append(varint: 0)
      encoder.append(number)
      encoder.append(hash)
      encoder.append(count: keys)
      encoder.append(proof)
    case .incompleteState: encoder.append(varint: 1)
    }
  }

  public init(from decoder: inout WireDecoder) throws(WireError) {
    let offset = decoder.offset
    let index = try decoder.varint()
    switch index {
    case 0:
      self = .proof(
        number: try decoder.uint32(), hash: try decoder.hash(),
        keys: try decoder.number(in: 0...MessageLimits.proofKeysMax), try decoder.value())
    case 1: self = .incompleteState
    default: throw .invalidCase(index, of: "TrieProofResponse", at: offset)
    }
  }
}

/// Asks for a proof that blocks at some heights are of the responder's chain.
public struct RequestBlocksProof: Request, Hashable {
  public typealias Response = BlocksProofResponse
  public static let type = RequestType(
    216, name: "blocks_proof", requestBytesMax: MessageLimits.listRequestBytesMax,
    responseBytesMax: MessageLimits.blocksProofResponseBytesMax)

  /// At most `MessageLimits.provenBlocksMax`, all below the responder's last macro block.
  public var numbers: [UInt32]

  public init(numbers: [UInt32]) {
    self.numbers = numbers
  }

  public func encode(to encoder: inout WireEncoder) {
    encoder.append(count: numbers.count)
    for number in numbers { encoder.append(number) }
  }

  public init(from decoder: inout WireDecoder) throws(WireError) {
    let count = try decoder.count(elementBytes: 1, limit: MessageLimits.provenBlocksMax)
    numbers = []
    for _ in 0..<count { numbers.append(try decoder.uint32()) }
  }
}

/// The answer to `RequestBlocksProof`.
public enum BlocksProofResponse: WireCodable, Hashable {
  /// In the order of the request; check it with `HistoryProof.hashes(of:)`.
  case proof(HistoryProof)
  /// The responder lacks the history, or a height is not below its last macro block.
  case unavailable

  public func encode(to encoder: inout WireEncoder) {
    switch self {
    case .proof(let proof):
      encoder.append(varint: 0)
      encoder.append(proof)
    case .unavailable: encoder.append(varint: 1)
    }
  }

  public init(from decoder: inout WireDecoder) throws(WireError) {
    let offset = decoder.offset
    let index = try decoder.varint()
    switch index {
    case 0: self = .proof(try decoder.value())
    case 1: self = .unavailable
    default: throw .invalidCase(index, of: "BlocksProofResponse", at: offset)
    }
  }
}
