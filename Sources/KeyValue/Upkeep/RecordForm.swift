import Glibc
import Primitives
import Reconciliation

/// The wire form of a record (`Record.encode(to:)`), written straight from an entry: the key as a
/// byte string, version and size as varints, the digest.
enum RecordForm {
  /// Bytes of the longest form: key and its length, version, size, digest.
  static let bytesMax = KeyValueLimits.keyBytesMax + 2 + 10 + 5 + Hash256.byteCount

  static func bytes(key: Int, version: UInt64, size: Int) -> Int {
    varintBytes(UInt64(key)) + key + varintBytes(version) + varintBytes(UInt64(size))
      + Hash256.byteCount
  }

  @inline(__always)
  static func write(
    key: UnsafeRawBufferPointer, version: UInt64, size: Int, digest: Hash256,
    to target: UnsafeMutableRawPointer
  ) {
    var end = write(UInt64(key.count), to: target)
    if let start = key.baseAddress { memcpy(end, start, key.count) }
    end = write(UInt64(size), to: write(version, to: end + key.count))
    digest.store(to: end)
  }

  private static func varintBytes(_ number: UInt64) -> Int {
    max(1, (64 - number.leadingZeroBitCount + 6) / 7)
  }

  @inline(__always)
  private static func write(
    _ number: UInt64, to target: UnsafeMutableRawPointer
  ) -> UnsafeMutableRawPointer {
    var (rest, end) = (number, target)
    while rest >= 0x80 {
      end.storeBytes(of: UInt8(truncatingIfNeeded: rest) | 0x80, as: UInt8.self)
      rest >>= 7
      end += 1
    }
    end.storeBytes(of: UInt8(truncatingIfNeeded: rest), as: UInt8.self)
    return end + 1
  }
}
