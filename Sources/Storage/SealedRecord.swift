/// The stored form of a value: its bytes, then the checksum of key and value (four bytes, least
/// significant first). The key is part of it so that a value found under a wrong key is noticed.
package enum SealedRecord {
  static let sealBytes = 4

  /// The stored form of `value` under `key`.
  package static func seal(_ value: [UInt8], under key: [UInt8]) -> [UInt8] {
    let seal = key.withUnsafeBytes { key in value.withUnsafeBytes { checksum(key, $0) } }
    return [UInt8](unsafeUninitializedCapacity: value.count + sealBytes) { buffer, count in
      _ = buffer.update(fromContentsOf: value)
      UnsafeMutableRawPointer(buffer.baseAddress!).storeBytes(
        of: seal.littleEndian, toByteOffset: value.count, as: UInt32.self)
      count = value.count + sealBytes
    }
  }

  /// The value of a stored form, or nil if it is not what was sealed under `key`.
  static func open(
    _ sealed: UnsafeRawBufferPointer, under key: UnsafeRawBufferPointer
  ) -> [UInt8]? {
    guard sealed.count >= sealBytes else { return nil }
    let value = UnsafeRawBufferPointer(rebasing: sealed.dropLast(sealBytes))
    let found = sealed.loadUnaligned(fromByteOffset: value.count, as: UInt32.self)
    guard UInt32(littleEndian: found) == checksum(key, value) else { return nil }
    return Array(value)
  }

  /// The value of a stored form, or nil if it is not what was sealed under `key`.
  package static func open(_ sealed: [UInt8], under key: [UInt8]) -> [UInt8]? {
    sealed.withUnsafeBytes { sealed in key.withUnsafeBytes { open(sealed, under: $0) } }
  }

  private static func checksum(
    _ key: UnsafeRawBufferPointer, _ value: UnsafeRawBufferPointer
  ) -> UInt32 {
    var checksum = Checksum()
    checksum.add(key)
    checksum.add(value)
    return checksum.value
  }
}
