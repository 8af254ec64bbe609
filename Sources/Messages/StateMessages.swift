import Ledger
import Networking
import Primitives
import StateTrie

/// Asks for what a block changes in the account trie.
public struct RequestTrieDiff: Request, Hashable {
  public typealias Response = TrieDiffResponse
  public static let type = RequestType(
    218, name: "trie_diff", responseBytesMax: MessageLimits.diffResponseBytesMax,
    perWindowMax: MessageLimits.diffRequestsPerWindowMax, traffic: .diffs)

  public var blockHash: Hash256

  public init(blockHash: Hash256) {
    self.blockHash = blockHash
  }

  public func encode(to encoder: inout WireEncoder) {
    encoder.append(blockHash)
  }

  public init(from decoder: inout WireDecoder) throws(WireError) {
    blockHash = try decoder.hash()
  }
}

/// The answer to `RequestTrieDiff`.
public enum TrieDiffResponse: WireCodable, Hashable {
  /// The block's diff.
  case partialDiff(TrieDiff)
  /// The responder does not have the block, or no longer its diff.
  case unknownBlockHash
  /// The responder's own state is incomplete.
  case incompleteState

  public func encode(to encoder: inout WireEncoder) {
    switch self {
    case .partialDiff(let diff):
      encoder.append(varint: 0)
      encoder.append(diff)
    case .unknownBlockHash: encoder.append(varint: 1)
    case .incompleteState: encoder.append(varint: 2)
    }
  }

  public init(from decoder: inout WireDecoder) throws(WireError) {
    let offset = decoder.offset
    let index = try decoder.varint()
    switch index {
    case 0:
      self = .partialDiff(
        try TrieDiff(from: &decoder, entriesMax: LedgerLimits.diffEntriesMax))
    case 1: self = .unknownBlockHash
    case 2: self = .incompleteState
    default: throw .invalidCase(index, of: "TrieDiffResponse", at: offset)
    }
  }
}

/// Asks for a range of the account trie at the responder's head.
public struct RequestChunk: Request, Hashable {
  public typealias Response = ChunkResponse
  public static let type = RequestType(
    212, name: "chunk", perWindowMax: MessageLimits.chunkRequestsPerWindowMax, traffic: .chunks)

  /// First key wanted.
  public var startKey: KeyNibbles
  /// First key not wanted any more; nil = to the end of the trie.
  public var endKey: KeyNibbles?
  /// Most items wanted, 1…`MessageLimits.chunkItemsMax`.
  public var limit: Int
  /// With both edges proven the answer can be checked on its own; with the last one only, the asker
  /// must hold what lies left of the start.
  public var edges: ChunkEdges
  /// Most bytes of items wanted; one item is given however large it is.
  public var bytesMax: Int

  public init(
    startKey: KeyNibbles, endKey: KeyNibbles?, limit: Int, edges: ChunkEdges,
    bytesMax: Int = MessageLimits.chunkAnswerBytesMax
  ) {
    self.bytesMax = bytesMax
    self.startKey = startKey
    self.endKey = endKey
    self.limit = limit
    self.edges = edges
  }

  public func encode(to encoder: inout WireEncoder) {
    encoder.append(startKey)
    encoder.append(optional: endKey)
    encoder.append(count: limit)
    encoder.append(edges == .both)
    encoder.append(count: bytesMax)
  }

  public init(from decoder: inout WireDecoder) throws(WireError) {
    startKey = try decoder.value()
    let endOffset = decoder.offset
    endKey = try decoder.optional()
    if let endKey, endKey <= startKey {
      throw .invalidValue("a chunk's end key does not come after its start key", at: endOffset)
    }
    let offset = decoder.offset
    let value = try decoder.varint()
    guard value >= 1, value <= UInt64(MessageLimits.chunkItemsMax) else {
      throw .lengthTooLarge(value, limit: MessageLimits.chunkItemsMax, at: offset)
    }
    limit = Int(value)
    edges = try decoder.flag() ? .both : .last
    bytesMax = Int(try decoder.uint32())
  }
}

extension RequestChunk {
  /// The items, one of them at least, and the proof of both edges.
  public var answerBytesMax: Int? {
    max(bytesMax, MessageLimits.chunkItemBytesMax) + MessageLimits.chunkProofBytesMax
  }
}

/// The answer to `RequestChunk`.
public enum ChunkResponse: WireCodable, Hashable {
  /// A chunk of the state after the block.
  case chunk(number: UInt32, hash: Hash256, TrieChunk)
  /// The responder does not hold the range.
  case incompleteState

  public func encode(to encoder: inout WireEncoder) {
    switch self {
    case .chunk(let number, let hash, let chunk):
      encoder.append(varint: 0)
      encoder.append(number)
      encoder.append(hash)
      encoder.append(chunk)
    case .incompleteState: encoder.append(varint: 1)
    }
  }

  public init(from decoder: inout WireDecoder) throws(WireError) {
    let offset = decoder.offset
    let index = try decoder.varint()
    switch index {
    case 0:
      self = .chunk(
        number: try decoder.uint32(), hash: try decoder.hash(), try decoder.value())
    case 1: self = .incompleteState
    default: throw .invalidCase(index, of: "ChunkResponse", at: offset)
    }
  }
}
