import Ledger
import Networking
import Primitives

/// Asks a node for the signatures of the validators whose keys it holds, under the skip, macro or
/// election block that follows a head.
///
/// The block itself is not sent: nothing of it is anybody's choice, so whoever has the parent makes
/// it too and compares the hash. Not part of the reference's protocol, so its number is above
/// those.
public struct RequestSignatures: Request, Hashable {
  public typealias Response = SignaturesResponse
  public static let type = RequestType(
    910, name: "signatures", requestBytesMax: ProductionLimits.signaturesRequestBytesMax,
    responseBytesMax: ProductionLimits.signaturesResponseBytesMax,
    perWindowMax: ProductionLimits.signatureRequestsPerWindowMax, traffic: .headers)

  /// True for a skip block, false for the macro or election block that belongs at the height.
  public var isSkip: Bool
  /// The block it follows.
  public var parent: Hash256
  /// Its hash.
  public var block: Hash256
  /// False to ask only who would sign: then nobody is bound.
  public var isBinding: Bool

  public init(isSkip: Bool, parent: Hash256, block: Hash256, isBinding: Bool) {
    self.isSkip = isSkip
    self.parent = parent
    self.block = block
    self.isBinding = isBinding
  }

  public func encode(to encoder: inout WireEncoder) {
    encoder.append(isSkip)
    encoder.append(parent)
    encoder.append(block)
    encoder.append(isBinding)
  }

  public init(from decoder: inout WireDecoder) throws(WireError) {
    isSkip = try decoder.flag()
    parent = try decoder.hash()
    block = try decoder.hash()
    isBinding = try decoder.flag()
  }
}

/// The answer to `RequestSignatures`.
public enum SignaturesResponse: WireCodable, Hashable {
  /// Why nobody signs.
  public enum Refusal: UInt8, Sendable, Hashable, CaseIterable {
    /// The parent is not the head here.
    case otherHead
    /// The owner of the slot still has time.
    case tooEarly
    /// Another block follows the parent by the rules here.
    case otherBlock
    /// No validator of the set has its key here, or all have signed another block.
    case nobody
    /// The notes on what was signed cannot be kept.
    case storeFailed

    /// Stable snake_case name.
    var reason: String {
      switch self {
      case .otherHead: "other_head"
      case .tooEarly: "too_early"
      case .otherBlock: "other_block"
      case .nobody: "nobody"
      case .storeFailed: "store_failed"
      }
    }
  }

  case refused(Refusal)
  /// Who would sign, as indices into the set of validators, in strictly increasing order.
  case ready([UInt16])
  /// The signatures, in strictly increasing order of their signers.
  case signed([BlockSignature])

  public func encode(to encoder: inout WireEncoder) {
    switch self {
    case .refused(let refusal):
      encoder.append(byte: 0)
      encoder.append(byte: refusal.rawValue)
    case .ready(let signers):
      encoder.append(byte: 1)
      encoder.append(count: signers.count)
      for signer in signers { encoder.append(UInt32(signer)) }
    case .signed(let signatures):
      encoder.append(byte: 2)
      encoder.append(signatures)
    }
  }

  public init(from decoder: inout WireDecoder) throws(WireError) {
    let offset = decoder.offset
    switch try decoder.byte() {
    case 0:
      let index = try decoder.byte()
      guard let refusal = Refusal(rawValue: index) else {
        throw .invalidCase(UInt64(index), of: "SignaturesResponse.Refusal", at: offset + 1)
      }
      self = .refused(refusal)
    case 1:
      let count = try decoder.count(limit: LedgerLimits.validatorsMax)
      var signers: [UInt16] = []
      for _ in 0..<count {
        let place = decoder.offset
        guard let signer = UInt16(exactly: try decoder.uint32()),
          signer > signers.last ?? 0 || signers.isEmpty
        else { throw .invalidValue("signers are not in order", at: place) }
        signers.append(signer)
      }
      self = .ready(signers)
    case 2:
      let signatures: [BlockSignature] = try decoder.array(
        elementBytes: 1 + Signature.byteCount, limit: LedgerLimits.validatorsMax)
      guard zip(signatures, signatures.dropFirst()).allSatisfy({ $0.signer < $1.signer }) else {
        throw .invalidValue("signers are not in order", at: offset)
      }
      self = .signed(signatures)
    case let other: throw .invalidCase(UInt64(other), of: "SignaturesResponse", at: offset)
    }
  }
}
