import Ledger
import Networking
import Primitives

/// What is published on `Topic.blockHeader`: a block without its body. The next validators of an
/// election block travel here, so that nodes that want no bodies can follow the validators.
public struct HeaderAnnouncement: WireCodable, Hashable {
  public var header: BlockHeader
  public var justification: Justification
  public var nextValidators: ValidatorSet?

  /// The announcement of `block`, with or without its body.
  public init(of block: Block) {
    header = block.header
    justification = block.justification
    nextValidators = block.nextValidators
  }

  /// The block, with `body` if that is given.
  public func block(body: BlockBody?) -> Block {
    Block(
      header: header, justification: justification, nextValidators: nextValidators, body: body)
  }

  public func encode(to encoder: inout WireEncoder) {
    encoder.append(header)
    encoder.append(justification)
    encoder.append(optional: nextValidators)
  }

  public init(from decoder: inout WireDecoder) throws(WireError) {
    header = try decoder.value()
    justification = try decoder.value()
    nextValidators = try decoder.optional()
  }
}

extension HeaderAnnouncement: HeapSized {
  public var heapBytes: Int { justification.heapBytes + (nextValidators?.heapBytes ?? 0) }
}

/// What is published on `Topic.blockBody`: the body of the block with this hash.
public struct BodyAnnouncement: WireCodable, Hashable {
  public var blockHash: Hash256
  public var body: BlockBody

  public init(blockHash: Hash256, body: BlockBody) {
    self.blockHash = blockHash
    self.body = body
  }

  public func encode(to encoder: inout WireEncoder) {
    encoder.append(blockHash)
    encoder.append(body)
  }

  public init(from decoder: inout WireDecoder) throws(WireError) {
    blockHash = try decoder.hash()
    body = try decoder.value()
  }
}

extension Network {
  /// Announces a block: its body first, so that most receivers have both when the header comes.
  public func announce(_ block: Block) async {
    if let body = block.body {
      await publish(.blockBody, BodyAnnouncement(blockHash: block.hash, body: body).wireBytes)
    }
    await publish(.blockHeader, HeaderAnnouncement(of: block).wireBytes)
  }
}
