import Primitives

/// Evidence that a producer signed two blocks at one height.
///
/// Both blocks have the same parent. On different parents one producer may rightly sign twice at a
/// height: once before a rebranch and once after it.
public struct ForkProof: Sendable, Hashable {
  /// The header with the smaller hash.
  public let first: BlockHeader
  public let firstSignature: Signature
  public let second: BlockHeader
  public let secondSignature: Signature

  /// Puts the two in order; nil unless they are different micro headers of one height and parent.
  public init?(
    _ a: BlockHeader, signature signatureA: Signature, _ b: BlockHeader,
    signature signatureB: Signature
  ) {
    guard a.kind == .micro, b.kind == .micro, a.hash != b.hash, a.number == b.number,
      a.parentHash == b.parentHash, a.network == b.network
    else { return nil }
    let inOrder = a.hash < b.hash
    first = inOrder ? a : b
    firstSignature = inOrder ? signatureA : signatureB
    second = inOrder ? b : a
    secondSignature = inOrder ? signatureB : signatureA
  }

  /// True if both signatures are `producer`'s.
  public func verify(producer: PublicKey, verifier: some SignatureVerifier) -> Bool {
    verifier.verify(
      firstSignature, of: SigningDomain.microBlock.message(first.hash), by: producer)
      && verifier.verify(
        secondSignature, of: SigningDomain.microBlock.message(second.hash), by: producer)
  }
}

extension ForkProof: WireCodable {
  public func encode(to encoder: inout WireEncoder) {
    encoder.append(first)
    encoder.append(firstSignature)
    encoder.append(second)
    encoder.append(secondSignature)
  }

  public init(from decoder: inout WireDecoder) throws(WireError) {
    let offset = decoder.offset
    let first: BlockHeader = try decoder.value()
    let firstSignature: Signature = try decoder.value()
    let second: BlockHeader = try decoder.value()
    let secondSignature: Signature = try decoder.value()
    guard first.hash < second.hash,
      let proof = ForkProof(
        first, signature: firstSignature, second, signature: secondSignature)
    else { throw .invalidValue("headers prove no fork", at: offset) }
    self = proof
  }
}
