import Primitives

/// Sixty-four bytes that decide who produces the next block.
///
/// A micro block's seed is its producer's signature of the parent's seed. Skip and macro blocks
/// have no single producer; theirs is derived from the parent's seed and the number alone, so that
/// nobody can choose it.
public struct BlockSeed: Sendable, Hashable {
  public var signature: Signature

  public init(_ signature: Signature) { self.signature = signature }

  /// What the producer of a micro block on a parent with this seed signs.
  public var signedBytes: [UInt8] { [SigningDomain.seed.rawValue] + signature.bytes }

  /// The seed of a skip, macro or election block `number` on a parent with this seed.
  public func derived(number: UInt32) -> BlockSeed {
    var encoder = WireEncoder()
    encoder.append(self)
    encoder.append(number)
    let first = Blake2b256.hash(encoder.bytes)
    return BlockSeed(Signature(r: first, s: Blake2b256.hash(first.bytes)))
  }
}

extension BlockSeed: WireCodable {
  public func encode(to encoder: inout WireEncoder) { encoder.append(signature) }

  public init(from decoder: inout WireDecoder) throws(WireError) {
    self.init(try decoder.value())
  }
}
