import Ledger
import Networking
import Primitives

/// Asks a peer for its head.
public struct RequestHead: Request, Hashable {
  public typealias Response = HeadResponse
  public static let type = RequestType(
    210, name: "head", responseBytesMax: MessageLimits.headResponseBytesMax, traffic: .control)

  public init() {}
  public func encode(to encoder: inout WireEncoder) {}
  public init(from decoder: inout WireDecoder) throws(WireError) {}
}

/// The answer to `RequestHead`: where the responder's main chain stands. Only a claim.
public struct HeadResponse: WireCodable, Hashable {
  /// Height of the head.
  public var number: UInt32
  /// The head.
  public var head: Hash256
  /// The last macro block.
  public var macro: Hash256
  /// The last election block.
  public var election: Hash256

  public init(number: UInt32, head: Hash256, macro: Hash256, election: Hash256) {
    self.number = number
    self.head = head
    self.macro = macro
    self.election = election
  }

  public func encode(to encoder: inout WireEncoder) {
    encoder.append(number)
    encoder.append(head)
    encoder.append(macro)
    encoder.append(election)
  }

  public init(from decoder: inout WireDecoder) throws(WireError) {
    number = try decoder.uint32()
    head = try decoder.hash()
    macro = try decoder.hash()
    election = try decoder.hash()
  }
}

/// Asks for the macro blocks after those the asker has.
public struct RequestMacroChain: Request, Hashable {
  public typealias Response = MacroChainResponse
  public static let type = RequestType(
    200, name: "macro_chain", responseBytesMax: MessageLimits.macroChainResponseBytesMax)

  /// Election blocks the asker has, newest first; at most `MessageLimits.macroLocatorsMax`.
  public var locators: [Hash256]
  /// Most blocks wanted, 1…`MessageLimits.macroBlocksPerAnswerMax`.
  public var limit: Int
  /// Most bytes of blocks wanted, 1…`MessageLimits.macroAnswerBytesMax`; one block may have more.
  public var bytesMax: Int

  public init(
    locators: [Hash256], limit: Int = MessageLimits.macroBlocksPerAnswerMax,
    bytesMax: Int = MessageLimits.macroAnswerBytesMax
  ) {
    self.locators = locators
    self.limit = limit
    self.bytesMax = bytesMax
  }

  public func encode(to encoder: inout WireEncoder) {
    encoder.append(locators)
    encoder.append(count: limit)
    encoder.append(count: bytesMax)
  }

  public init(from decoder: inout WireDecoder) throws(WireError) {
    locators = try decoder.array(
      of: Hash256.self, elementBytes: Hash256.byteCount, limit: MessageLimits.macroLocatorsMax)
    limit = try decoder.number(in: 1...MessageLimits.macroBlocksPerAnswerMax)
    bytesMax = try decoder.number(in: 1...MessageLimits.macroAnswerBytesMax)
  }
}

extension RequestMacroChain {
  /// The blocks, or one of the largest kind, and the history before the last one.
  public var answerBytesMax: Int? {
    max(bytesMax, MessageLimits.macroBlockBytesMax) + MessageLimits.historyBytesMax
  }
}

/// The answer to `RequestMacroChain`.
public enum MacroChainResponse: WireCodable, Hashable {
  /// The election blocks after the first known locator and then the latest macro block, without
  /// bodies; as many as were asked for and fit. Without blocks there is nothing newer.
  case chain(MacroChain)
  /// None of the locators is on the responder's chain.
  case locatorsUnknown

  public func encode(to encoder: inout WireEncoder) {
    switch self {
    case .chain(let chain):
      encoder.append(varint: 0)
      encoder.append(chain)
    case .locatorsUnknown: encoder.append(varint: 1)
    }
  }

  public init(from decoder: inout WireDecoder) throws(WireError) {
    let offset = decoder.offset
    let index = try decoder.varint()
    switch index {
    case 0: self = .chain(try decoder.value())
    case 1: self = .locatorsUnknown
    default: throw .invalidCase(index, of: "MacroChainResponse", at: offset)
    }
  }
}
