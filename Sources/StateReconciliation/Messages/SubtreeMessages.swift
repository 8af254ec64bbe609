import Networking
import Primitives
import StateTrie

/// Asks for parts of the account trie after one block.
public struct RequestSubtrees: Request, Hashable {
  public typealias Response = SubtreesResponse
  public static let type = RequestType(
    310, name: "subtrees",
    requestBytesMax: 64 * StateReconciliationLimits.subtreesPerRequestMax
      + StateReconciliationLimits.envelopeBytesMax,
    responseBytesMax: StateReconciliationLimits.subtreesAnswerBytesMax
      + StateTrieLimits.valueBytesMax + 16 * StateReconciliationLimits.nodeBytes,
    perWindowMax: StateReconciliationLimits.subtreeRequestsPerWindowMax, traffic: .bulk)

  /// One subtree: the path of its top node.
  public struct Query: WireCodable, Hashable {
    public var key: KeyNibbles
    /// Whether all items are wanted, if they are few, or the node alone.
    public var wantsItems: Bool

    public init(key: KeyNibbles, wantsItems: Bool) {
      self.key = key
      self.wantsItems = wantsItems
    }

    public func encode(to encoder: inout WireEncoder) {
      encoder.append(wantsItems)
      encoder.append(key)
    }

    public init(from decoder: inout WireDecoder) throws(WireError) {
      wantsItems = try decoder.flag()
      key = try decoder.value()
    }
  }

  /// Hash of the block.
  public var block: Hash256
  /// At most `StateReconciliationLimits.subtreesPerRequestMax`.
  public var queries: [Query]

  public init(block: Hash256, queries: [Query]) {
    self.block = block
    self.queries = queries
  }

  public func encode(to encoder: inout WireEncoder) {
    encoder.append(block)
    encoder.append(queries)
  }

  public init(from decoder: inout WireDecoder) throws(WireError) {
    block = try decoder.hash()
    queries = try decoder.array(
      elementBytes: 3, limit: StateReconciliationLimits.subtreesPerRequestMax)
  }
}

/// What is given of one subtree.
public enum SubtreePart: WireCodable, Hashable {
  /// Its top node, with the hashes of the children.
  case node(ProofNode)
  /// All its items.
  case items([TrieItem])

  public func encode(to encoder: inout WireEncoder) {
    switch self {
    case .node(let node):
      encoder.append(varint: 0)
      encoder.append(node)
    case .items(let items):
      encoder.append(varint: 1)
      encoder.append(items)
    }
  }

  public init(from decoder: inout WireDecoder) throws(WireError) {
    let offset = decoder.offset
    let index = try decoder.varint()
    switch index {
    case 0: self = .node(try decoder.value())
    case 1:
      self = .items(
        try decoder.array(elementBytes: 3, limit: StateReconciliationLimits.subtreeItemsMax))
    default: throw .invalidCase(index, of: "SubtreePart", at: offset)
    }
  }
}

extension SubtreePart: StatePart {
  public static var leastBytes: Int { 2 }
  public static var partsMax: Int { StateReconciliationLimits.subtreesPerRequestMax }
  public static var responseName: String { "SubtreesResponse" }
}

/// The answer to `RequestSubtrees`.
public typealias SubtreesResponse = StatePartsResponse<SubtreePart>
