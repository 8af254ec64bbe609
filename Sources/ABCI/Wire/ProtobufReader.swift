import Primitives

/// Reads a message of protobuf (proto3) field by field, strictly: lengths are checked against what
/// is left before anything is copied, and a known field must have its own wire type. Unknown fields
/// are skipped, as proto3 wants.
struct ProtobufReader {
  /// What a field has, before it is known what it is.
  enum Value {
    case varint(UInt64)
    case fixed64
    case fixed32
    case bytes(ArraySlice<UInt8>)
  }

  struct Field {
    let number: UInt32
    let value: Value
    /// Offset of the field in the message.
    let offset: Int
  }

  private let input: ArraySlice<UInt8>
  private var position: Int

  init(_ input: ArraySlice<UInt8>) {
    self.input = input
    position = input.startIndex
  }

  private var offset: Int { position - input.startIndex }

  /// The next field; nil at the end of the message.
  mutating func next() throws(ProtobufError) -> Field? {
    guard position < input.endIndex else { return nil }
    let start = offset
    let tag = try varint()
    guard (1..<1 << 29).contains(tag >> 3) else { throw .fieldNumber(tag >> 3, at: start) }
    let number = UInt32(tag >> 3)
    switch UInt8(tag & 7) {
    case 0: return Field(number: number, value: .varint(try varint()), offset: start)
    case 1:
      _ = try take(8)
      return Field(number: number, value: .fixed64, offset: start)
    case 2:
      let at = offset
      let length = try varint()
      guard length <= UInt64(input.endIndex - position) else { throw .unexpectedEnd(at: at) }
      return Field(number: number, value: .bytes(try take(Int(length))), offset: start)
    case 5:
      _ = try take(4)
      return Field(number: number, value: .fixed32, offset: start)
    case let type: throw .wireType(type, field: number, at: start)
    }
  }

  private mutating func take(_ count: Int) throws(ProtobufError) -> ArraySlice<UInt8> {
    guard count <= input.endIndex - position else { throw .unexpectedEnd(at: offset) }
    defer { position += count }
    return input[position..<position + count]
  }

  private mutating func varint() throws(ProtobufError) -> UInt64 {
    let start = offset
    var value: UInt64 = 0
    for index in 0..<PrimitiveLimits.varintBytesMax {
      guard position < input.endIndex else { throw .unexpectedEnd(at: start) }
      let byte = input[position]
      position += 1
      if index == PrimitiveLimits.varintBytesMax - 1, byte > 1 { throw .varintTooLong(at: start) }
      value |= UInt64(byte & 0x7f) << UInt64(7 * index)
      if byte < 0x80 { return value }
    }
    throw .varintTooLong(at: start)
  }
}

extension ProtobufReader.Field {
  /// A number of 64 bits.
  func uint64() throws(ProtobufError) -> UInt64 {
    guard case .varint(let value) = value else { throw mistyped }
    return value
  }

  /// A number of 32 bits.
  func uint32() throws(ProtobufError) -> UInt32 {
    let value = try uint64()
    guard let narrow = UInt32(exactly: value) else {
      throw .outOfRange(value, field: number, at: offset)
    }
    return narrow
  }

  func bytes(limit: Int) throws(ProtobufError) -> [UInt8] {
    let slice = try message()
    guard slice.count <= limit else {
      throw .tooLong(slice.count, field: number, limit: limit, at: offset)
    }
    return Array(slice)
  }

  func text(limit: Int = ABCILimits.textBytesMax) throws(ProtobufError) -> String {
    let utf8 = try bytes(limit: limit)
    guard let text = String(validating: utf8, as: UTF8.self) else {
      throw .notText(field: number, at: offset)
    }
    return text
  }

  /// The bytes of a message in this one.
  func message() throws(ProtobufError) -> ArraySlice<UInt8> {
    guard case .bytes(let slice) = value else { throw mistyped }
    return slice
  }

  private var mistyped: ProtobufError {
    let type: UInt8 =
      switch value {
      case .varint: 0
      case .fixed64: 1
      case .bytes: 2
      case .fixed32: 5
      }
    return .wireType(type, field: number, at: offset)
  }
}
