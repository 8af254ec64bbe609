import CRDT
import Glibc
import Primitives

/// What replicas exchange as the value of a key: what it is, who wrote it, when its time is over,
/// and the bytes. A record's digest is the hash of this and its size the length, so two replicas
/// have one record only if all of it is equal.
///
/// Wire form: the `ValueKind` in a byte; the replica and the expiry (0: never) in 8 bytes each,
/// most significant first; the value's bytes. Nothing follows for a tombstone or what has expired.
enum StoredContent {
  /// Bytes before the value's own.
  static let headBytes = 17

  static func bytes(of entry: Entry) -> Int { headBytes + Int(entry.valueBytes) }

  /// Writes `bytes(of:)` bytes to `target`.
  @inline(__always)
  static func write(_ entry: Entry, replica: UInt64, to target: UnsafeMutableRawPointer) {
    target.storeBytes(of: entry.kind, as: UInt8.self)
    target.storeBytes(of: replica.bigEndian, toByteOffset: 1, as: UInt64.self)
    target.storeBytes(of: entry.expiry.bigEndian, toByteOffset: 9, as: UInt64.self)
    if let value = entry.value.baseAddress {
      memcpy(target + headBytes, value, Int(entry.valueBytes))
    }
  }

  /// The content of an entry.
  static func bytes(_ entry: Entry, replica: UInt64) -> [UInt8] {
    Array(unsafeUninitializedCapacity: bytes(of: entry)) { buffer, count in
      guard let start = buffer.baseAddress else { return }
      write(entry, replica: replica, to: start)
      count = bytes(of: entry)
    }
  }
}

extension StoredContent {
  /// The BLAKE2b-256 of the content of these parts.
  static func digest(
    _ kind: ValueKind, _ replica: ReplicaID, _ expiry: UInt64, _ value: UnsafeRawBufferPointer
  ) -> Hash256 {
    withUnsafeTemporaryAllocation(byteCount: headBytes + value.count, alignment: 16) { buffer in
      buffer.storeBytes(of: kind.rawValue, toByteOffset: 0, as: UInt8.self)
      buffer.storeBytes(of: replica.bits.bigEndian, toByteOffset: 1, as: UInt64.self)
      buffer.storeBytes(of: expiry.bigEndian, toByteOffset: 9, as: UInt64.self)
      if let start = value.baseAddress, let target = buffer.baseAddress {
        memcpy(target + headBytes, start, value.count)
      }
      return Blake2b256.hash(UnsafeRawBufferPointer(buffer))
    }
  }
}
