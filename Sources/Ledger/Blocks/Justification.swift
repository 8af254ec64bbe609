import Primitives

/// One validator's signature under a block.
public struct BlockSignature: Sendable, Hashable {
  /// Index of the signer in the epoch's validator set.
  public var signer: UInt16
  public var signature: Signature

  public init(signer: UInt16, signature: Signature) {
    self.signer = signer
    self.signature = signature
  }
}

/// Why a block's header may be believed. Not part of the hash.
public enum Justification: Sendable, Hashable {
  /// Genesis: believed because everybody starts with it.
  case genesis
  /// A micro block: its producer's signature.
  case producer(BlockSignature)
  /// A skip, macro or election block: signatures of validators that hold more than two thirds of
  /// the slots, in strictly increasing order of the signers.
  case quorum([BlockSignature])
}

extension BlockSignature: WireCodable {
  public func encode(to encoder: inout WireEncoder) {
    encoder.append(UInt32(signer))
    encoder.append(signature)
  }

  public init(from decoder: inout WireDecoder) throws(WireError) {
    self.init(signer: try decoder.uint16(), signature: try decoder.value())
  }
}

extension Justification: WireCodable {
  public func encode(to encoder: inout WireEncoder) {
    switch self {
    case .genesis: encoder.append(byte: 0)
    case .producer(let signature):
      encoder.append(byte: 1)
      encoder.append(signature)
    case .quorum(let signatures):
      encoder.append(byte: 2)
      encoder.append(signatures)
    }
  }

  public init(from decoder: inout WireDecoder) throws(WireError) {
    let offset = decoder.offset
    switch try decoder.byte() {
    case 0: self = .genesis
    case 1: self = .producer(try decoder.value())
    case 2:
      self = .quorum(
        try decoder.array(
          elementBytes: 1 + Signature.byteCount, limit: LedgerLimits.validatorsMax))
    case let other: throw .invalidCase(UInt64(other), of: "Justification", at: offset)
    }
  }
}
