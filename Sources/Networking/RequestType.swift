/// The kind of a request, by the number it has on the wire.
public struct RequestType: Hashable, Comparable, Sendable, CustomStringConvertible {
  public let rawValue: UInt16

  public init(rawValue: UInt16) {
    self.rawValue = rawValue
  }

  /// The chain of macro blocks after a known one.
  public static let macroChain = RequestType(rawValue: 200)
  /// One block by its hash.
  public static let block = RequestType(rawValue: 207)
  /// The blocks between known ones and a target.
  public static let missingBlocks = RequestType(rawValue: 209)
  /// The block a peer considers its head.
  public static let head = RequestType(rawValue: 210)
  /// A range of the account trie.
  public static let chunk = RequestType(rawValue: 212)
  /// A proof that accounts have, or do not have, certain values.
  public static let trieProof = RequestType(rawValue: 215)
  /// A proof that blocks belong to the chain.
  public static let blocksProof = RequestType(rawValue: 216)
  /// What a block changes in the account trie.
  public static let trieDiff = RequestType(rawValue: 218)

  /// The types above in order of their numbers.
  public static let known: [RequestType] = [
    .macroChain, .block, .missingBlocks, .head, .chunk, .trieProof, .blocksProof, .trieDiff,
  ]

  public var description: String {
    switch self {
    case .macroChain: "macro_chain"
    case .block: "block"
    case .missingBlocks: "missing_blocks"
    case .head: "head"
    case .chunk: "chunk"
    case .trieProof: "trie_proof"
    case .blocksProof: "blocks_proof"
    case .trieDiff: "trie_diff"
    default: "request_\(rawValue)"
    }
  }

  public static func < (a: RequestType, b: RequestType) -> Bool {
    a.rawValue < b.rawValue
  }
}
