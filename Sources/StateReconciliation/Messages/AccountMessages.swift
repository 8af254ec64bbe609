import Networking
import Primitives
import StateTrie

/// Asks for accounts after one block by the first 32 bits of their keys.
public struct RequestAccounts: Request, Hashable {
  public typealias Response = AccountsResponse
  public static let type = RequestType(
    312, name: "state_accounts",
    requestBytesMax: 6 * StateReconciliationLimits.accountsPerRequestMax
      + StateReconciliationLimits.envelopeBytesMax,
    responseBytesMax: StateReconciliationLimits.accountsAnswerBytesMax
      + StateReconciliationLimits.accountsPerPrefixMax
      * (StateTrieLimits.valueBytesMax + StateReconciliationLimits.itemBytes),
    perWindowMax: StateReconciliationLimits.accountRequestsPerWindowMax, traffic: .bulk)

  /// What is asked for by one prefix.
  public struct Query: Sendable, Hashable {
    public var prefix: UInt32
    /// Whether the asker has the key already, so that the value will do if one account has the
    /// prefix.
    public var isKeyKnown: Bool

    public init(prefix: UInt32, isKeyKnown: Bool) {
      self.prefix = prefix
      self.isKeyKnown = isKeyKnown
    }
  }

  /// Hash of the block.
  public var block: Hash256
  /// Prefixes strictly increasing; at most `StateReconciliationLimits.accountsPerRequestMax`.
  public var queries: [Query]

  public init(block: Hash256, queries: [Query]) {
    self.block = block
    self.queries = queries
  }

  public func encode(to encoder: inout WireEncoder) {
    encoder.append(block)
    encoder.append(count: queries.count)
    var next: UInt64 = 0
    for query in queries {
      encoder.append(varint: (UInt64(query.prefix) &- next) << 1 | (query.isKeyKnown ? 1 : 0))
      next = UInt64(query.prefix) + 1
    }
  }

  public init(from decoder: inout WireDecoder) throws(WireError) {
    block = try decoder.hash()
    let count = try decoder.count(limit: StateReconciliationLimits.accountsPerRequestMax)
    queries = []
    queries.reserveCapacity(count)
    var next: UInt64 = 0
    for _ in 0..<count {
      let offset = decoder.offset
      let word = try decoder.varint()
      guard let prefix = UInt32(exactly: next + word >> 1) else {
        throw .invalidValue("a prefix has more than 32 bits", at: offset)
      }
      queries.append(Query(prefix: prefix, isKeyKnown: word & 1 == 1))
      next = UInt64(prefix) + 1
    }
  }
}

/// What is given for one prefix.
public enum AccountsPart: WireCodable, Hashable {
  /// The value of the only account.
  case value([UInt8])
  /// All accounts.
  case items([TrieItem])

  public func encode(to encoder: inout WireEncoder) {
    switch self {
    case .value(let value):
      encoder.append(count: value.count + 1)
      encoder.append(raw: value)
    case .items(let items):
      encoder.append(count: 0)
      encoder.append(items)
    }
  }

  public init(from decoder: inout WireDecoder) throws(WireError) {
    let offset = decoder.offset
    let length = try decoder.varint()
    guard length <= StateTrieLimits.valueBytesMax + 1 else {
      throw .lengthTooLarge(length, limit: StateTrieLimits.valueBytesMax + 1, at: offset)
    }
    if length > 0 {
      self = .value(Array(try decoder.raw(Int(length) - 1)))
    } else {
      self = .items(
        try decoder.array(
          elementBytes: 3, limit: StateReconciliationLimits.accountsPerPrefixMax))
    }
  }
}

extension AccountsPart: StatePart {
  public static var leastBytes: Int { 1 }
  public static var partsMax: Int { StateReconciliationLimits.accountsPerRequestMax }
  public static var responseName: String { "AccountsResponse" }
}

/// The answer to `RequestAccounts`.
public typealias AccountsResponse = StatePartsResponse<AccountsPart>
