import Primitives

/// How many edges of a chunk its proof shows.
public enum ChunkEdges: Sendable {
  /// The path of the last item only, as the reference sends it: the receiver must hold what lies
  /// left of the chunk.
  case last
  /// Also the paths of the start and the end: the chunk can be checked on its own.
  case both
}

/// The items of a key range with a proof (Docs/StateTrie.md, "Chunks").
public struct TrieChunk: Hashable, Sendable {
  /// First key after the chunk, or nil if nothing follows.
  public var end: KeyNibbles?
  /// The items from the start on, in key order.
  public var items: [TrieItem]
  /// Proof nodes of the chunk's edge or edges.
  public var proof: TrieProof

  public init(end: KeyNibbles?, items: [TrieItem], proof: TrieProof) {
    self.end = end
    self.items = items
    self.proof = proof
  }
}

extension TrieChunk: WireCodable {
  public func encode(to encoder: inout WireEncoder) {
    encoder.append(optional: end)
    encoder.append(items)
    encoder.append(proof)
  }

  public init(from decoder: inout WireDecoder) throws(WireError) {
    self.init(
      end: try decoder.optional(),
      // An item takes at least a key of one nibble and the length of its value.
      items: try decoder.array(
        of: TrieItem.self, elementBytes: 3, limit: StateTrieLimits.chunkItemsMax),
      proof: try TrieProof(from: &decoder, nodesMax: StateTrieLimits.chunkProofNodesMax))
  }
}

/// Why a chunk is refused. A struct over a private enum, so that cases can be added.
public struct ChunkError: Error, Equatable, Sendable, CustomStringConvertible {
  private enum Kind: Equatable {
    case proof(ProofError)
    case rangeEmpty
    case itemOutOfRange(KeyNibbles)
    case notSorted(KeyNibbles)
    case item(TrieError)
    case endNotProven(KeyNibbles)
    case startNotProven(KeyNibbles)
    case leftEdgeUnknown
    case itemsMismatch
    case startNotMissing
  }
  private let kind: Kind

  /// The proof does not reach the block's state root.
  public static func proof(_ error: ProofError) -> ChunkError { .init(kind: .proof(error)) }
  /// The end key does not lie after the start key.
  public static let rangeEmpty = ChunkError(kind: .rangeEmpty)
  /// An item lies outside the chunk.
  public static func itemOutOfRange(_ key: KeyNibbles) -> ChunkError {
    .init(kind: .itemOutOfRange(key))
  }
  /// An item does not come after the one before it.
  public static func notSorted(_ key: KeyNibbles) -> ChunkError { .init(kind: .notSorted(key)) }
  /// An item that no trie can hold.
  public static func item(_ error: TrieError) -> ChunkError { .init(kind: .item(error)) }
  /// The subtree at the named key reaches over the end and may hold items that were left out.
  public static func endNotProven(_ key: KeyNibbles) -> ChunkError {
    .init(kind: .endNotProven(key))
  }
  /// The subtree at the named key reaches over the start and is not held either.
  public static func startNotProven(_ key: KeyNibbles) -> ChunkError {
    .init(kind: .startNotProven(key))
  }
  /// What lies left of the chunk is not fully known, so its one edge proves nothing.
  public static let leftEdgeUnknown = ChunkError(kind: .leftEdgeUnknown)
  /// The items do not give the proven root: one is wrong, left out or added.
  public static let itemsMismatch = ChunkError(kind: .itemsMismatch)
  /// The chunk's start is not missing (any more); nothing is wrong with the chunk itself.
  public static let startNotMissing = ChunkError(kind: .startNotMissing)

  /// True for chunks that are only of no use now, not wrong.
  public var isHarmless: Bool { kind == .startNotMissing || kind == .leftEdgeUnknown }

  /// Stable snake_case name of the case.
  public var reason: String {
    switch kind {
    case .proof(let error): error.reason
    case .rangeEmpty: "range_empty"
    case .itemOutOfRange: "item_out_of_range"
    case .notSorted: "not_sorted"
    case .item(let error): error.reason
    case .endNotProven: "end_not_proven"
    case .startNotProven: "start_not_proven"
    case .leftEdgeUnknown: "left_edge_unknown"
    case .itemsMismatch: "items_mismatch"
    case .startNotMissing: "start_not_missing"
    }
  }

  public var description: String {
    switch kind {
    case .proof(let error): error.description
    case .rangeEmpty: "the chunk ends before it starts"
    case .itemOutOfRange(let key): "item \(key) lies outside the chunk"
    case .notSorted(let key): "item \(key) does not come after the one before it"
    case .item(let error): error.description
    case .endNotProven(let key): "subtree \(key) reaches over the chunk's end and is not shown"
    case .startNotProven(let key): "subtree \(key) reaches over the chunk's start and is not held"
    case .leftEdgeUnknown: "what lies left of the chunk is not fully known"
    case .itemsMismatch: "the items do not give the state root"
    case .startNotMissing: "the chunk's start is not missing"
    }
  }
}
