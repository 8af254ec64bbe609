/// Reads the postcard 1.x wire format strictly: over-long varints, lengths above what is left and
/// map keys out of order are refused, and nothing is allocated before its length has been checked
/// against the rest of the input.
public struct WireDecoder: Sendable {
  private let input: [UInt8]
  /// Offset in bytes of the next byte to read.
  public private(set) var offset = 0

  public init(_ input: [UInt8]) {
    self.input = input
  }

  /// Bytes not read yet.
  public var remaining: Int { input.count - offset }

  /// Refuses bytes after the value.
  public func finish() throws(WireError) {
    if remaining > 0 { throw .trailingBytes(remaining, at: offset) }
  }

  /// One raw byte.
  public mutating func byte() throws(WireError) -> UInt8 {
    guard offset < input.count else { throw .unexpectedEnd(missing: 1, at: offset) }
    defer { offset += 1 }
    return input[offset]
  }

  /// A boolean or option tag: one byte 0 or 1; `type` names it in the error.
  public mutating func flag(of type: String = "Bool") throws(WireError) -> Bool {
    let start = offset
    let value = try byte()
    guard value <= 1 else { throw .invalidCase(UInt64(value), of: type, at: start) }
    return value == 1
  }

  /// A LEB128 varint of at most 64 bits in its shortest form.
  public mutating func varint() throws(WireError) -> UInt64 {
    let start = offset
    var value: UInt64 = 0
    for index in 0..<PrimitiveLimits.varintBytesMax {
      let next = try byte()
      if index == PrimitiveLimits.varintBytesMax - 1, next > 1 { throw .varintTooLong(at: start) }
      value |= UInt64(next & 0x7f) << UInt64(7 * index)
      if next < 0x80 {
        if next == 0, index > 0 { throw .varintNotMinimal(at: start) }
        return value
      }
    }
    throw .varintTooLong(at: start)
  }

  /// A varint that must fit 32 bits.
  public mutating func uint32() throws(WireError) -> UInt32 {
    let start = offset
    guard let value = UInt32(exactly: try varint()) else { throw .varintTooLong(at: start) }
    return value
  }

  /// A 64-bit varint.
  public mutating func uint64() throws(WireError) -> UInt64 {
    try varint()
  }

  /// The count of a sequence whose elements take at least `elementBytes` bytes each: refused if so
  /// many cannot follow, or above `limit`.
  public mutating func count(
    elementBytes: Int = 1, limit: Int = .max
  ) throws(WireError) -> Int {
    let start = offset
    let value = try varint()
    let most = min(limit, remaining / max(1, elementBytes))
    guard value <= UInt64(most) else { throw .lengthTooLarge(value, limit: most, at: start) }
    return Int(value)
  }

  /// `count` bytes as they are.
  public mutating func raw(_ count: Int) throws(WireError) -> ArraySlice<UInt8> {
    guard count <= remaining else {
      throw .unexpectedEnd(missing: count - remaining, at: offset)
    }
    defer { offset += count }
    return input[offset..<offset + count]
  }

  /// A byte string of at most `limit` bytes.
  public mutating func bytes(limit: Int = .max) throws(WireError) -> [UInt8] {
    let length = try count(limit: limit)
    return Array(try raw(length))
  }

  /// 32 raw bytes.
  public mutating func hash() throws(WireError) -> Hash256 {
    let slice = try raw(Hash256.byteCount)
    return slice.withUnsafeBytes { Hash256(loading: $0) }
  }

  /// A UTF-8 text of at most `limit` bytes.
  public mutating func text(limit: Int = .max) throws(WireError) -> String {
    let start = offset
    let utf8 = try bytes(limit: limit)
    guard let text = String(validating: utf8, as: UTF8.self) else {
      throw .invalidValue("text is not UTF-8", at: start)
    }
    return text
  }

  /// A nested value.
  @inlinable
  public mutating func value<Value: WireCodable>(
    _ type: Value.Type = Value.self
  ) throws(WireError) -> Value {
    try Value(from: &self)
  }

  /// An option: 0, or 1 and the value.
  @inlinable
  public mutating func optional<Value: WireCodable>(
    _ type: Value.Type = Value.self
  ) throws(WireError) -> Value? {
    try flag(of: "Option") ? try value(type) : nil
  }

  /// An option of a byte string of at most `limit` bytes.
  public mutating func optionalBytes(limit: Int = .max) throws(WireError) -> [UInt8]? {
    try flag(of: "Option") ? try bytes(limit: limit) : nil
  }

  /// A sequence of at most `limit` values that take at least `elementBytes` bytes each.
  @inlinable
  public mutating func array<Value: WireCodable>(
    of type: Value.Type = Value.self, elementBytes: Int = 1, limit: Int = .max
  ) throws(WireError) -> [Value] {
    let count = try count(elementBytes: elementBytes, limit: limit)
    var values: [Value] = []
    // An element may be far larger in memory than on the wire: beyond twice the bytes that are left
    // room grows with what was read.
    let affordable = 2 * remaining / MemoryLayout<Value>.stride
    values.reserveCapacity(min(count, max(64, affordable)))
    for _ in 0..<count { values.append(try value(type)) }
    return values
  }
}
