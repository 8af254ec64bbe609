import Primitives

/// What a replica says of one entry it holds: its key, its version, and its value's digest and
/// size. The value itself stays where it is.
public struct Record: Sendable, Hashable {
  /// 1…`ReconciliationLimits.keyBytesMax` bytes.
  public let key: [UInt8]
  /// The later of two versions of one key has the larger number: milliseconds, or a counter.
  public let version: UInt64
  /// BLAKE2b-256 of the value, or whatever else both sides agree names its content.
  public let digest: Hash256
  /// Bytes of the value.
  public let size: UInt32

  /// Nil if the key is empty or too long.
  public init?(key: [UInt8], version: UInt64, digest: Hash256, size: UInt32) {
    guard (1...ReconciliationLimits.keyBytesMax).contains(key.count) else { return nil }
    self.key = key
    self.version = version
    self.digest = digest
    self.size = size
  }

  /// The record of a value, nil if the key is empty or too long or the value has 4 GiB and more.
  public init?(key: [UInt8], version: UInt64, value: [UInt8]) {
    guard let size = UInt32(exactly: value.count) else { return nil }
    self.init(key: key, version: version, digest: Blake2b256.hash(value), size: size)
  }

  /// The record's name: the first half of BLAKE2b-256 of its wire form, where every field has its
  /// place, so no two records have one input.
  public var id: RecordID { RecordID(Blake2b256.hash(wireBytes)) }

  /// Where the record lies in hashed order: BLAKE2b-256 of its key.
  public var hashedKey: Hash256 { Blake2b256.hash(key) }
}

extension Record: HeapSized {
  public var heapBytes: Int { key.storageBytes }
}

extension Record: WireCodable {
  /// The key as a byte string, version and size as varints, the digest's 32 bytes.
  public func encode(to encoder: inout WireEncoder) {
    encoder.append(key)
    encoder.append(version)
    encoder.append(size)
    encoder.append(digest)
  }

  public init(from decoder: inout WireDecoder) throws(WireError) {
    let start = decoder.offset
    let key = try decoder.bytes(limit: ReconciliationLimits.keyBytesMax)
    guard !key.isEmpty else { throw .invalidValue("a record's key is empty", at: start) }
    self.key = key
    version = try decoder.uint64()
    size = try decoder.uint32()
    digest = try decoder.hash()
  }
}
