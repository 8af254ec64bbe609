import Primitives

/// What the state holds under an address.
///
/// An account without balance and data is not stored. It may come back later, so its first nonce
/// must be above every nonce its owner ever used: see `firstNonce`.
public struct Account: Sendable, Hashable {
  /// Coins in their smallest unit.
  public var balance: UInt64
  /// The nonce that the owner's next transaction must have.
  public var nonce: UInt64
  /// Bytes set by the owner, at most `LedgerLimits.dataBytesMax`.
  public var data: [UInt8]

  /// Distance of the first nonces of accounts created in two consecutive blocks: 2^20.
  public static let noncesPerBlock: UInt64 = 1 << 20

  public init(balance: UInt64, nonce: UInt64 = 0, data: [UInt8] = []) {
    self.balance = balance
    self.nonce = nonce
    self.data = data
  }

  /// True if nothing needs to be stored.
  public var isEmpty: Bool { balance == 0 && data.isEmpty }

  /// The nonce of an account created in block `number` by its transaction `index` (the producer's
  /// fees come in after all transactions, so their index is the number of transactions).
  ///
  /// Nonces grow by one a transaction and a block has fewer than `noncesPerBlock` transactions, so
  /// an account's nonce after transaction `index` of block `number` is at most
  /// `number * noncesPerBlock + index + 1`. An account that is deleted and created again, even
  /// within one block, therefore starts at or above every nonce used before, and no earlier
  /// transaction can be replayed.
  public static func firstNonce(number: UInt32, index: Int) -> UInt64 {
    UInt64(number) * noncesPerBlock + UInt64(index)
  }
}

extension Account: WireCodable {
  /// The value in the trie: balance, nonce, data.
  public func encode(to encoder: inout WireEncoder) {
    encoder.append(balance)
    encoder.append(nonce)
    encoder.append(data)
  }

  public init(from decoder: inout WireDecoder) throws(WireError) {
    self.init(
      balance: try decoder.uint64(), nonce: try decoder.uint64(),
      data: try decoder.bytes(limit: LedgerLimits.dataBytesMax))
  }
}

/// What the chain's state knows of an account.
public enum AccountLookup: Sendable, Equatable {
  /// It exists.
  case present(Account)
  /// There is no such account.
  case absent
  /// The state is incomplete here, or not held at all.
  case missing
  /// The store failed.
  case failed(LedgerStoreError)
}
