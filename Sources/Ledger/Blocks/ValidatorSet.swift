import Primitives

/// One who may produce and sign blocks, with a weight.
public struct Validator: Sendable, Hashable {
  public var publicKey: PublicKey
  /// Number of slots, at least 1.
  public var slots: UInt16

  public init(publicKey: PublicKey, slots: UInt16) {
    self.publicKey = publicKey
    self.slots = slots
  }

  /// Where fees go.
  public var address: Address { Address(of: publicKey) }
}

/// The validators of one epoch: in the order of their keys, each once.
public struct ValidatorSet: Sendable, Hashable {
  /// In the order of their public keys.
  public let validators: [Validator]
  /// All slots together.
  public let slotCount: Int

  /// A set of these validators in any order; nil if there are none or more than
  /// `LedgerLimits.validatorsMax`, a key comes twice, one has no slots, or all have more than
  /// 65535.
  public init?(_ validators: [Validator]) {
    let sorted = validators.sorted { $0.publicKey < $1.publicKey }
    guard (1...LedgerLimits.validatorsMax).contains(sorted.count),
      sorted.allSatisfy({ $0.slots > 0 }),
      zip(sorted, sorted.dropFirst()).allSatisfy({ $0.publicKey < $1.publicKey })
    else { return nil }
    self.validators = sorted
    slotCount = sorted.reduce(0) { $0 + Int($1.slots) }
    guard slotCount <= Int(UInt16.max) else { return nil }
  }

  /// Index of the validator who produces block `number` on a parent with this seed. `offset` tells
  /// later attempts at one height apart; micro blocks use 0, a missed one is replaced by a skip
  /// block.
  ///
  /// A slot is drawn by the first eight bytes of BLAKE2b-256(seed, number, offset), scaled to the
  /// number of slots by the high half of a multiplication (Lemire 2019; the bias is below 2^-48).
  public func producerIndex(number: UInt32, offset: UInt32 = 0, parentSeed: BlockSeed) -> Int {
    var encoder = WireEncoder()
    encoder.append(parentSeed)
    encoder.append(number)
    encoder.append(offset)
    let draw = Blake2b256.hash(encoder.bytes).words.0
    var slot = Int(UInt64(slotCount).multipliedFullWidth(by: draw).high)
    for (index, validator) in validators.enumerated() {
      slot -= Int(validator.slots)
      if slot < 0 { return index }
    }
    preconditionFailure("slot drawn beyond the \(slotCount) slots")
  }

  /// The validator who produces block `number`: see `producerIndex`.
  public func producer(
    number: UInt32, offset: UInt32 = 0, parentSeed: BlockSeed
  ) -> Validator {
    validators[producerIndex(number: number, offset: offset, parentSeed: parentSeed)]
  }

  /// True if so many slots are more than two thirds of all.
  public func isQuorum(slots: Int) -> Bool { slots * 3 > slotCount * 2 }
}

extension Validator: WireCodable {
  public func encode(to encoder: inout WireEncoder) {
    encoder.append(publicKey)
    encoder.append(UInt32(slots))
  }

  public init(from decoder: inout WireDecoder) throws(WireError) {
    self.init(publicKey: try decoder.value(), slots: try decoder.uint16())
  }
}

extension ValidatorSet: WireCodable {
  public func encode(to encoder: inout WireEncoder) { encoder.append(validators) }

  public init(from decoder: inout WireDecoder) throws(WireError) {
    let offset = decoder.offset
    let list = try decoder.array(
      of: Validator.self, elementBytes: 33, limit: LedgerLimits.validatorsMax)
    guard let set = ValidatorSet(list), set.validators == list else {
      throw .invalidValue("validators are no set in key order", at: offset)
    }
    self = set
  }
}
