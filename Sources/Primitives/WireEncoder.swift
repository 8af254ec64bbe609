/// Appends values in the postcard 1.x wire format: LEB128 varints, options as 0 or 1 and the value,
/// byte strings and sequences as a varint count and the elements, structs as their fields in order.
public struct WireEncoder: Sendable {
  /// What has been written so far.
  public private(set) var bytes: [UInt8]

  /// An empty encoder with room for `capacity` bytes.
  @inlinable
  public init(capacity: Int = 0) {
    self.init(reserving: capacity)
  }

  @usableFromInline
  init(reserving capacity: Int) {
    bytes = []
    bytes.reserveCapacity(capacity)
  }

  /// Makes room for `count` more bytes at once. Only worth it for many: room grows by doubling, and
  /// what is large would have up to twice the room it needs.
  public mutating func reserve(_ count: Int) {
    bytes.reserveCapacity(bytes.count + count)
  }

  /// Takes back what was written and keeps the memory.
  public mutating func removeAll() {
    bytes.removeAll(keepingCapacity: true)
  }

  /// One raw byte (postcard writes `u8` like this, not as a varint).
  public mutating func append(byte: UInt8) {
    bytes.append(byte)
  }

  /// A boolean as one byte 0 or 1.
  public mutating func append(_ flag: Bool) {
    bytes.append(flag ? 1 : 0)
  }

  /// An unsigned integer as a LEB128 varint.
  public mutating func append(varint value: UInt64) {
    if value < 0x80 { return bytes.append(UInt8(truncatingIfNeeded: value)) }
    var rest = value
    while rest >= 0x80 {
      bytes.append(UInt8(truncatingIfNeeded: rest) | 0x80)
      rest >>= 7
    }
    bytes.append(UInt8(rest))
  }

  /// An unsigned integer as a LEB128 varint.
  public mutating func append(_ value: UInt32) {
    append(varint: UInt64(value))
  }

  /// An unsigned integer as a LEB128 varint.
  public mutating func append(_ value: UInt64) {
    append(varint: value)
  }

  /// A count as a LEB128 varint.
  public mutating func append(count: Int) {
    append(varint: UInt64(count))
  }

  /// Bytes as they are, without a length.
  public mutating func append(raw: some Sequence<UInt8>) {
    bytes.append(contentsOf: raw)
  }

  /// Bytes as they are, without a length.
  public mutating func append(raw: UnsafeRawBufferPointer) {
    bytes.append(contentsOf: raw)
  }

  /// A byte string: varint length, then the bytes.
  public mutating func append(_ string: [UInt8]) {
    append(count: string.count)
    bytes.append(contentsOf: string)
  }

  /// 32 raw bytes.
  public mutating func append(_ hash: Hash256) {
    withUnsafeTemporaryAllocation(byteCount: 32, alignment: 8) { buffer in
      hash.store(to: buffer.baseAddress!)
      bytes.append(contentsOf: buffer)
    }
  }

  /// A text as the byte string of its UTF-8 form.
  public mutating func append(_ text: String) {
    append(Array(text.utf8))
  }

  /// A nested value.
  @inlinable
  public mutating func append(_ value: some WireCodable) {
    value.encode(to: &self)
  }

  /// An option: 0, or 1 and the value.
  @inlinable
  public mutating func append<Value: WireCodable>(optional value: Value?) {
    append(value != nil)
    if let value { append(value) }
  }

  /// An option of a byte string: 0, or 1 and the string.
  public mutating func append(optional string: [UInt8]?) {
    append(string != nil)
    if let string { append(string) }
  }

  /// A sequence: varint count, then the elements.
  @inlinable
  public mutating func append(_ values: [some WireCodable]) {
    append(count: values.count)
    for value in values { append(value) }
  }
}
