/// The stored form of a value: its bytes, then the checksum of key and value (four bytes, least
/// significant first). The key is part of it so that a value found under a wrong key is noticed.
package enum SealedRecord {
  static let sealBytes = 4

  /// Writes the stored form of `value` under `key` to `target`, which has room for it.
  static func seal(
    _ value: UnsafeRawBufferPointer, under key: UnsafeRawBufferPointer,
    to target: UnsafeMutableRawPointer
  ) {
    if let source = value.baseAddress, !value.isEmpty {
      target.copyMemory(from: source, byteCount: value.count)
    }
    target.storeBytes(
      of: checksum(key, value).littleEndian, toByteOffset: value.count, as: UInt32.self)
  }

  /// The value in a stored form, or nil if it is not what was sealed under `key`.
  static func open(
    _ sealed: UnsafeRawBufferPointer, under key: UnsafeRawBufferPointer
  ) -> UnsafeRawBufferPointer? {
    guard sealed.count >= sealBytes else { return nil }
    let value = UnsafeRawBufferPointer(rebasing: sealed.dropLast(sealBytes))
    let found = sealed.loadUnaligned(fromByteOffset: value.count, as: UInt32.self)
    return UInt32(littleEndian: found) == checksum(key, value) ? value : nil
  }

  /// The stored form of `value` under `key`.
  static func seal(
    _ value: UnsafeRawBufferPointer, under key: UnsafeRawBufferPointer
  ) -> [UInt8] {
    let count = value.count + sealBytes
    return [UInt8](unsafeUninitializedCapacity: count) { buffer, initialized in
      guard let target = buffer.baseAddress else { return }
      seal(value, under: key, to: UnsafeMutableRawPointer(target))
      initialized = count
    }
  }

  /// The stored form of `value` under `key`.
  package static func seal(_ value: [UInt8], under key: [UInt8]) -> [UInt8] {
    key.withUnsafeBytes { key in value.withUnsafeBytes { seal($0, under: key) } }
  }

  /// The value of a stored form, or nil if it is not what was sealed under `key`.
  package static func open(_ sealed: [UInt8], under key: [UInt8]) -> [UInt8]? {
    sealed.withUnsafeBytes { sealed in
      key.withUnsafeBytes { open(sealed, under: $0).map(Array.init) }
    }
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
