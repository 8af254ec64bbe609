import Networking

/// The requests of the protocol, with the numbers that the reference gives them. Each stands with
/// its message.
extension RequestType {
  /// The chain of macro blocks after a known one.
  public static let macroChain = RequestMacroChain.type
  /// One block by its hash.
  public static let block = RequestBlock.type
  /// The blocks between known ones and a target.
  public static let missingBlocks = RequestMissingBlocks.type
  /// The block a peer considers its head.
  public static let head = RequestHead.type
  /// A range of the account trie.
  public static let chunk = RequestChunk.type
  /// A proof that accounts have, or do not have, certain values.
  public static let trieProof = RequestTrieProof.type
  /// A proof that blocks belong to the chain.
  public static let blocksProof = RequestBlocksProof.type
  /// What a block changes in the account trie.
  public static let trieDiff = RequestTrieDiff.type

  /// All of them in order of their numbers.
  public static let known: [RequestType] = [
    .macroChain, .block, .missingBlocks, .head, .chunk, .trieProof, .blocksProof, .trieDiff,
  ]
}

/// What is published.
extension Topic {
  /// Headers with justification of new blocks.
  public static let blockHeader = Topic(
    1, name: "block_header", payloadBytesMax: MessageLimits.headerBytesMax, traffic: .headers)
  /// Bodies of new blocks.
  public static let blockBody = Topic(
    2, name: "block_body", payloadBytesMax: MessageLimits.bodyBytesMax)
}
