/// Why bytes are no protobuf message of the kind that was expected. Offsets are those of the
/// message that was being read.
public enum ProtobufError: Error, Sendable, Hashable, CustomStringConvertible {
  /// The message ends in the middle of a field.
  case unexpectedEnd(at: Int)
  /// A number of more than 64 bits.
  case varintTooLong(at: Int)
  /// Field number 0, or above 2^29 - 1.
  case fieldNumber(UInt64, at: Int)
  /// A wire type that proto3 does not have, or not for this field.
  case wireType(UInt8, field: UInt32, at: Int)
  /// A number that does not fit its field.
  case outOfRange(UInt64, field: UInt32, at: Int)
  /// More bytes than the field may have.
  case tooLong(Int, field: UInt32, limit: Int, at: Int)
  /// A text that is not UTF-8.
  case notText(field: UInt32, at: Int)

  public var description: String {
    switch self {
    case .unexpectedEnd(let offset): "the message ends within a field, at byte \(offset)"
    case .varintTooLong(let offset): "a number has more than 64 bits, at byte \(offset)"
    case .fieldNumber(let number, let offset):
      "there is no field with number \(number), at byte \(offset)"
    case .wireType(let type, let field, let offset):
      "field \(field) has wire type \(type), at byte \(offset)"
    case .outOfRange(let value, let field, let offset):
      "\(value) does not fit field \(field), at byte \(offset)"
    case .tooLong(let count, let field, let limit, let offset):
      "field \(field) has \(count) bytes, above \(limit), at byte \(offset)"
    case .notText(let field, let offset): "field \(field) is not UTF-8, at byte \(offset)"
    }
  }
}
