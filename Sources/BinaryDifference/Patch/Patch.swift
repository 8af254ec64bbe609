import Compression
import Primitives

/// A value for somebody who may have an older one. Made by a `PatchChoice`.
public struct Patch: Sendable, Hashable {
  public let method: PatchMethod
  /// Of the base that the method needs, nil if it needs none.
  public let baseHash: Hash256?
  public let targetHash: Hash256
  /// Bytes of the value.
  public let targetBytes: Int
  /// Fewer bytes than the value has, unless they are the value.
  public let payload: [UInt8]

  init(
    method: PatchMethod, baseHash: Hash256?, target: HashedBytes, payload: [UInt8]
  ) {
    self.method = method
    self.baseHash = baseHash
    targetHash = target.hash
    targetBytes = target.count
    self.payload = payload
  }

  /// The value. Throws if `base` is not the one that is needed, or if the value has more than
  /// `limit` bytes (nothing is allocated then) or is not the one that was promised.
  public func target(
    from base: HashedBytes?, limit: Int = BinaryDifferenceLimits.targetBytesMax
  ) throws(BinaryDifferenceError) -> [UInt8] {
    guard targetBytes <= limit else { throw .targetTooLarge(UInt64(targetBytes), limit: limit) }
    var bytes: [UInt8] = []
    if let baseHash {
      let known = base ?? HashedBytes([])
      guard known.hash == baseHash else { throw .wrongBase(known.hash, expected: baseHash) }
      bytes = known.bytes
    }
    let target = try content(from: bytes)
    let hash = Blake2b256.hash(target)
    guard hash == targetHash else { throw .wrongTarget(hash, expected: targetHash) }
    return target
  }

  private func content(from base: [UInt8]) throws(BinaryDifferenceError) -> [UInt8] {
    let script: [UInt8]
    do throws(CompressionError) {
      let zstd = ZstdDecompressor()
      switch method {
      case .plain: return payload
      case .compressed: return try zstd.content(of: payload, .exactly(targetBytes))
      case .zstdWithBase:
        return try zstd.content(of: payload, after: base, .exactly(targetBytes))
      case .copyInsert: script = try zstd.content(of: payload, .atMost(targetBytes))
      }
    } catch {
      throw .compression(error)
    }
    let steps: EditScript
    do throws(WireError) {
      steps = try EditScript(wireBytes: script)
    } catch {
      throw .invalid("the script: \(error)", at: error.offset)
    }
    return try steps.target(from: base, limit: targetBytes)
  }
}

/// A byte of the method, the base's hash if it needs one, the target's hash, a varint of the
/// target's bytes, and the payload as a byte string.
extension Patch: WireCodable {
  public func encode(to encoder: inout WireEncoder) {
    encoder.append(byte: method.rawValue)
    if let baseHash { encoder.append(baseHash) }
    encoder.append(targetHash)
    encoder.append(count: targetBytes)
    encoder.append(payload)
  }

  public init(from decoder: inout WireDecoder) throws(WireError) {
    var start = decoder.offset
    let kind = try decoder.byte()
    guard let method = PatchMethod(rawValue: kind) else {
      throw .invalidCase(UInt64(kind), of: "PatchMethod", at: start)
    }
    self.method = method
    baseHash = method.needsBase ? try decoder.hash() : nil
    targetHash = try decoder.hash()
    start = decoder.offset
    let bytes = try decoder.varint()
    guard bytes <= UInt64(BinaryDifferenceLimits.targetBytesMax) else {
      throw .lengthTooLarge(bytes, limit: BinaryDifferenceLimits.targetBytesMax, at: start)
    }
    targetBytes = Int(bytes)
    start = decoder.offset
    payload = try decoder.bytes(limit: targetBytes)
    guard method == .plain ? payload.count == targetBytes : payload.count < targetBytes else {
      throw .invalidValue(
        "\(payload.count) bytes for a value of \(targetBytes) bytes", at: start)
    }
  }
}
