import BinaryDifference
import Primitives

/// What a side tells of the older value that it has.
///
/// Wire form: 0 and 32 bytes of the value's BLAKE2b-256, for a side that may have that value, too;
/// or 1 and its `BaseSignature`, from which everybody can make a patch.
package enum PatchOffer: Sendable, Hashable {
  case digest(Hash256)
  case signature(BaseSignature)

  /// The BLAKE2b-256 of the value.
  package var baseHash: Hash256 {
    switch self {
    case .digest(let hash): hash
    case .signature(let signature): signature.baseHash
    }
  }
}

extension PatchOffer: WireCodable {
  package func encode(to encoder: inout WireEncoder) {
    switch self {
    case .digest(let hash):
      encoder.append(byte: 0)
      encoder.append(hash)
    case .signature(let signature):
      encoder.append(byte: 1)
      encoder.append(signature)
    }
  }

  package init(from decoder: inout WireDecoder) throws(WireError) {
    let start = decoder.offset
    switch try decoder.byte() {
    case 0: self = .digest(try decoder.hash())
    case 1: self = .signature(try decoder.value())
    case let kind: throw .invalidCase(UInt64(kind), of: "PatchOffer", at: start)
    }
  }
}
