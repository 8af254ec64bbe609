import Networking
import Primitives
import Reconciliation

/// Asks for coded symbols of the accounts after one block: a macro block, or the head.
public struct RequestSymbols: Request, Hashable {
  public typealias Response = SymbolsResponse
  public static let type = RequestType(
    311, name: "state_symbols",
    responseBytesMax: StateReconciliationLimits.symbolsPerRequestMax
      * StateReconciliationLimits.symbolBytesMax + StateReconciliationLimits.envelopeBytesMax,
    perWindowMax: StateReconciliationLimits.symbolRequestsPerWindowMax, traffic: .bulk)

  /// Hash of the block.
  public var block: Hash256
  /// Index of the first symbol.
  public var start: UInt32
  /// How many symbols; at most `StateReconciliationLimits.symbolsPerRequestMax` are given.
  public var count: UInt32

  public init(block: Hash256, start: UInt32, count: UInt32) {
    self.block = block
    self.start = start
    self.count = count
  }

  public func encode(to encoder: inout WireEncoder) {
    encoder.append(block)
    encoder.append(start)
    encoder.append(count)
  }

  public init(from decoder: inout WireDecoder) throws(WireError) {
    block = try decoder.hash()
    start = try decoder.uint32()
    count = try decoder.uint32()
  }
}

/// Consecutive coded symbols of a state, in short: of the checksums 32 bits, and of the counts what
/// they are beside the expected ones.
public struct StateSymbols: WireCodable, Hashable {
  /// By which the responder names accounts.
  public var salt: SipKey
  /// Accounts of the state.
  public var items: UInt32
  /// Symbols that the responder has in all.
  public var available: UInt32
  /// Index of the first symbol.
  public var start: UInt32
  /// Checksums have their lower 32 bits only.
  public var symbols: [CodedSymbol<ShortID>]

  /// Bytes of a checksum.
  public static let checksumBytes = 4

  public init(
    salt: SipKey, items: UInt32, available: UInt32, start: UInt32,
    symbols: [CodedSymbol<ShortID>]
  ) {
    self.salt = salt
    self.items = items
    self.available = available
    self.start = start
    self.symbols = symbols
  }

  public func encode(to encoder: inout WireEncoder) {
    encoder.append(salt.low)
    encoder.append(salt.high)
    encoder.append(items)
    encoder.append(available)
    encoder.append(start)
    encoder.append(
      symbols: symbols, from: Int(start), of: Int(items), checksumBytes: Self.checksumBytes)
  }

  public init(from decoder: inout WireDecoder) throws(WireError) {
    salt = SipKey(low: try decoder.uint64(), high: try decoder.uint64())
    items = try decoder.uint32()
    available = try decoder.uint32()
    start = try decoder.uint32()
    symbols = try decoder.symbols(
      from: Int(start), of: Int(items), checksumBytes: Self.checksumBytes,
      limit: StateReconciliationLimits.symbolsPerRequestMax)
  }
}

/// The answer to `RequestSymbols`.
public enum SymbolsResponse: WireCodable, Hashable {
  case symbols(StateSymbols)
  /// The responder makes them now.
  case preparing
  /// The responder does not have that state, or makes no symbols of it.
  case unavailable

  public func encode(to encoder: inout WireEncoder) {
    switch self {
    case .symbols(let symbols):
      encoder.append(varint: 0)
      encoder.append(symbols)
    case .preparing: encoder.append(varint: 1)
    case .unavailable: encoder.append(varint: 2)
    }
  }

  public init(from decoder: inout WireDecoder) throws(WireError) {
    let offset = decoder.offset
    let index = try decoder.varint()
    switch index {
    case 0: self = .symbols(try decoder.value())
    case 1: self = .preparing
    case 2: self = .unavailable
    default: throw .invalidCase(index, of: "SymbolsResponse", at: offset)
    }
  }
}
