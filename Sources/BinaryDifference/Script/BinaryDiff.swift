import Primitives

/// How a target is made of a base: copies and inserts, and the BLAKE2b-256 of both sides, which are
/// compared when it is applied.
public struct BinaryDiff: Sendable, Hashable {
  public let baseHash: Hash256
  public let targetHash: Hash256
  public let script: EditScript

  public init(baseHash: Hash256, targetHash: Hash256, script: EditScript) {
    self.baseHash = baseHash
    self.targetHash = targetHash
    self.script = script
  }

  public var operations: [EditOperation] { script.operations }
  /// Bytes of the target.
  public var targetBytes: Int { script.targetBytes }

  /// The target. Throws if `base` is another one, or if the target has more than `limit` bytes
  /// (nothing is allocated then) or is not the one that was promised.
  public func target(
    from base: HashedBytes, limit: Int = BinaryDifferenceLimits.targetBytesMax
  ) throws(BinaryDifferenceError) -> [UInt8] {
    guard base.hash == baseHash else { throw .wrongBase(base.hash, expected: baseHash) }
    let target = try script.target(from: base.bytes, limit: limit)
    let hash = Blake2b256.hash(target)
    guard hash == targetHash else { throw .wrongTarget(hash, expected: targetHash) }
    return target
  }
}

extension BinaryDiff: WireCodable {
  /// The base's hash, the target's hash, the script.
  public func encode(to encoder: inout WireEncoder) {
    encoder.append(baseHash)
    encoder.append(targetHash)
    encoder.append(script)
  }

  public init(from decoder: inout WireDecoder) throws(WireError) {
    baseHash = try decoder.hash()
    targetHash = try decoder.hash()
    script = try decoder.value()
  }
}
