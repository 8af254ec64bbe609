import Ledger
import Networking
import Primitives

/// Asks for the blocks between what the asker has and a target.
public struct RequestMissingBlocks: Request, Hashable {
  public typealias Response = MissingBlocksResponse
  public static let type = RequestType(
    209, name: "missing_blocks", requestBytesMax: MessageLimits.listRequestBytesMax,
    responseBytesMax: MessageLimits.blocksResponseBytesMax)

  /// The block that is wanted.
  public var target: Hash256
  /// True if blocks are wanted with their bodies.
  public var includeBody: Bool
  /// Blocks the asker has, newest first; at most `MessageLimits.locatorsMax`.
  public var locators: [Hash256]
  public var direction: MissingBlocksDirection
  /// Most bytes of blocks wanted, 1…`MessageLimits.blocksAnswerBytesMax`; one block may have more.
  public var bytesMax: Int

  public init(
    target: Hash256, includeBody: Bool, locators: [Hash256], direction: MissingBlocksDirection,
    bytesMax: Int = MessageLimits.blocksAnswerBytesMax
  ) {
    self.bytesMax = bytesMax
    self.target = target
    self.includeBody = includeBody
    self.locators = locators
    self.direction = direction
  }

  public func encode(to encoder: inout WireEncoder) {
    encoder.append(target)
    encoder.append(includeBody)
    encoder.append(locators)
    encoder.append(varint: direction == .forward ? 0 : 1)
    encoder.append(count: bytesMax)
  }

  public init(from decoder: inout WireDecoder) throws(WireError) {
    target = try decoder.hash()
    includeBody = try decoder.flag()
    locators = try decoder.array(
      of: Hash256.self, elementBytes: Hash256.byteCount, limit: MessageLimits.locatorsMax)
    let offset = decoder.offset
    let index = try decoder.varint()
    switch index {
    case 0: direction = .forward
    case 1: direction = .backward
    default: throw .invalidCase(index, of: "MissingBlocksDirection", at: offset)
    }
    bytesMax = try decoder.number(in: 1...MessageLimits.blocksAnswerBytesMax)
  }
}

extension RequestMissingBlocks {
  /// The blocks, and what says how many there are.
  public var answerBytesExpected: Int? { bytesMax + 1 << 10 }
}

/// The answer to `RequestMissingBlocks`.
public enum MissingBlocksResponse: WireCodable, Hashable {
  /// Blocks in rising order; perhaps not all of them.
  case blocks([Block])
  /// The responder does not know the target.
  case targetUnknown
  /// The responder knows the target, but not on its main chain.
  case targetOffMainChain
  /// None of the locators is on the responder's main chain.
  case locatorsUnknown
  /// There are more locators than the responder looks at.
  case tooManyLocators
  /// The responder cannot answer now.
  case failed

  /// A stable name for the event log.
  public var reason: String {
    switch self {
    case .blocks: "blocks"
    case .targetUnknown: "target_unknown"
    case .targetOffMainChain: "target_off_main_chain"
    case .locatorsUnknown: "locators_unknown"
    case .tooManyLocators: "too_many_locators"
    case .failed: "failed"
    }
  }

  public func encode(to encoder: inout WireEncoder) {
    switch self {
    case .blocks(let blocks):
      encoder.append(varint: 0)
      encoder.append(blocks)
    case .targetUnknown: encoder.append(varint: 1)
    case .targetOffMainChain: encoder.append(varint: 2)
    case .locatorsUnknown: encoder.append(varint: 3)
    case .tooManyLocators: encoder.append(varint: 4)
    case .failed: encoder.append(varint: 5)
    }
  }

  public init(from decoder: inout WireDecoder) throws(WireError) {
    let offset = decoder.offset
    let index = try decoder.varint()
    switch index {
    case 0: self = .blocks(try decoder.array(limit: MessageLimits.blocksPerAnswerMax))
    case 1: self = .targetUnknown
    case 2: self = .targetOffMainChain
    case 3: self = .locatorsUnknown
    case 4: self = .tooManyLocators
    case 5: self = .failed
    default: throw .invalidCase(index, of: "MissingBlocksResponse", at: offset)
    }
  }
}

/// Asks for one block.
public struct RequestBlock: Request, Hashable {
  public typealias Response = BlockResponse
  public static let type = RequestType(
    207, name: "block", responseBytesMax: MessageLimits.blocksResponseBytesMax)

  public var hash: Hash256
  /// True if the block is wanted with its body.
  public var includeBody: Bool

  public init(hash: Hash256, includeBody: Bool) {
    self.hash = hash
    self.includeBody = includeBody
  }

  public func encode(to encoder: inout WireEncoder) {
    encoder.append(hash)
    encoder.append(includeBody)
  }

  public init(from decoder: inout WireDecoder) throws(WireError) {
    hash = try decoder.hash()
    includeBody = try decoder.flag()
  }
}

/// The answer to `RequestBlock`: the block, or nil if the responder does not have it.
public struct BlockResponse: WireCodable, Hashable {
  public var block: Block?

  public init(block: Block?) {
    self.block = block
  }

  public func encode(to encoder: inout WireEncoder) {
    encoder.append(optional: block)
  }

  public init(from decoder: inout WireDecoder) throws(WireError) {
    block = try decoder.optional()
  }
}
