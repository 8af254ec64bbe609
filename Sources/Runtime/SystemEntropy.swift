import Glibc

/// Random bytes of the operating system, for secrets. Everything else draws from a `RandomStream`,
/// which is no good for secrets, since its numbers follow from a seed.
public enum SystemEntropy {
  /// Most bytes of one call, by getentropy(3).
  public static let bytesMax = 256

  /// `count` random bytes, at most `bytesMax`; the caller wipes its copies.
  public static func bytes(_ count: Int) -> [UInt8] {
    precondition((0...bytesMax).contains(count), "\(count) bytes of entropy at once")
    return [UInt8](unsafeUninitializedCapacity: count) { buffer, filled in
      if count > 0 {
        let status = getentropy(buffer.baseAddress, count)
        precondition(status == 0, "the operating system gives no entropy (errno \(errno))")
      }
      filled = count
    }
  }
}
