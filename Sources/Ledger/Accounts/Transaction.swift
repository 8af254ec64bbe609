import Primitives

/// A signed order of an account's owner.
public struct Transaction: Sendable, Hashable {
  /// What is ordered.
  public enum Action: Sendable, Hashable {
    /// Move `amount` (not 0) to another account, which is created if need be.
    case transfer(to: Address, amount: UInt64)
    /// Replace the sender's own data; empty removes it.
    case setData([UInt8])
  }

  /// The chain the transaction is meant for.
  public var network: UInt16
  /// Key of the account that pays.
  public var sender: PublicKey
  /// Must equal the account's nonce.
  public var nonce: UInt64
  /// Paid to the block's producer.
  public var fee: UInt64
  public var action: Action
  /// The sender's signature of `signedBytes`.
  public var signature: Signature

  public init(
    network: UInt16, sender: PublicKey, nonce: UInt64, fee: UInt64, action: Action,
    signature: Signature = .zero
  ) {
    self.network = network
    self.sender = sender
    self.nonce = nonce
    self.fee = fee
    self.action = action
    self.signature = signature
  }

  /// A transaction signed by `keys`.
  public static func signed(
    by keys: KeyPair, network: UInt16, nonce: UInt64, fee: UInt64, action: Action
  ) -> Transaction {
    var transaction = Transaction(
      network: network, sender: keys.publicKey, nonce: nonce, fee: fee, action: action)
    transaction.signature = keys.sign(transaction.signedBytes)
    return transaction
  }

  /// What the sender signs: everything but the signature.
  public var signedBytes: [UInt8] {
    var encoder = WireEncoder()
    encoder.append(byte: SigningDomain.transaction.rawValue)
    encodeContent(to: &encoder)
    return encoder.bytes
  }

  private func encodeContent(to encoder: inout WireEncoder) {
    encoder.append(UInt32(network))
    encoder.append(sender)
    encoder.append(nonce)
    encoder.append(fee)
    switch action {
    case .transfer(let recipient, let amount):
      encoder.append(byte: 0)
      encoder.append(recipient)
      encoder.append(amount)
    case .setData(let data):
      encoder.append(byte: 1)
      encoder.append(data)
    }
  }
}

extension Transaction: WireCodable {
  /// Shortest wire form: network, key, nonce, fee, empty data, signature.
  static let wireBytesMin = 1 + 32 + 1 + 1 + 2 + 64

  public func encode(to encoder: inout WireEncoder) {
    encodeContent(to: &encoder)
    encoder.append(signature)
  }

  public init(from decoder: inout WireDecoder) throws(WireError) {
    let network = try decoder.uint16()
    let sender: PublicKey = try decoder.value()
    let nonce = try decoder.uint64()
    let fee = try decoder.uint64()
    let offset = decoder.offset
    let action: Action
    switch try decoder.byte() {
    case 0: action = .transfer(to: try decoder.value(), amount: try decoder.uint64())
    case 1: action = .setData(try decoder.bytes(limit: LedgerLimits.dataBytesMax))
    case let other: throw .invalidCase(UInt64(other), of: "Transaction.Action", at: offset)
    }
    self.init(
      network: network, sender: sender, nonce: nonce, fee: fee, action: action,
      signature: try decoder.value())
  }
}

extension WireDecoder {
  /// A varint that must fit 16 bits.
  mutating func uint16() throws(WireError) -> UInt16 {
    let start = offset
    guard let value = UInt16(exactly: try varint()) else { throw .varintTooLong(at: start) }
    return value
  }
}
