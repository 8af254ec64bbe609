/// Why bytes are not the wire form of a value, and where.
///
/// A struct over a private enum, so that cases can be added without breaking callers.
public struct WireError: Error, Equatable, Sendable, CustomStringConvertible {
  private enum Kind: Equatable {
    case unexpectedEnd(missing: Int)
    case varintTooLong
    case varintNotMinimal
    case lengthTooLarge(length: UInt64, limit: Int)
    case invalidCase(index: UInt64, type: String)
    case invalidValue(String)
    case trailingBytes(Int)
    case keysNotIncreasing
  }

  private let kind: Kind
  /// Offset in bytes from the start of the input to the field that is wrong.
  public let offset: Int

  /// The input ends `missing` bytes too early.
  public static func unexpectedEnd(missing: Int, at offset: Int) -> WireError {
    WireError(kind: .unexpectedEnd(missing: missing), offset: offset)
  }
  /// A varint does not fit its integer type.
  public static func varintTooLong(at offset: Int) -> WireError {
    WireError(kind: .varintTooLong, offset: offset)
  }
  /// A varint has a needless last zero byte.
  public static func varintNotMinimal(at offset: Int) -> WireError {
    WireError(kind: .varintNotMinimal, offset: offset)
  }
  /// A count or length is above what the type, a named limit or the rest of the input allows.
  public static func lengthTooLarge(_ length: UInt64, limit: Int, at offset: Int) -> WireError {
    WireError(kind: .lengthTooLarge(length: length, limit: limit), offset: offset)
  }
  /// An enum case index (or option tag) that `type` does not have.
  public static func invalidCase(_ index: UInt64, of type: String, at offset: Int) -> WireError {
    WireError(kind: .invalidCase(index: index, type: type), offset: offset)
  }
  /// A field is well formed but breaks a rule of its type, named by `rule`.
  public static func invalidValue(_ rule: String, at offset: Int) -> WireError {
    WireError(kind: .invalidValue(rule), offset: offset)
  }
  /// `count` bytes are left after the value.
  public static func trailingBytes(_ count: Int, at offset: Int) -> WireError {
    WireError(kind: .trailingBytes(count), offset: offset)
  }
  /// The keys of a map are not strictly increasing.
  public static func keysNotIncreasing(at offset: Int) -> WireError {
    WireError(kind: .keysNotIncreasing, offset: offset)
  }

  public var description: String {
    let what =
      switch kind {
      case .unexpectedEnd(let missing): "input ends \(missing) bytes too early"
      case .varintTooLong: "varint does not fit its integer"
      case .varintNotMinimal: "varint is not in its shortest form"
      case .lengthTooLarge(let length, let limit): "length \(length) is above \(limit)"
      case .invalidCase(let index, let type): "\(type) has no case \(index)"
      case .invalidValue(let rule): rule
      case .trailingBytes(let count): "\(count) bytes after the end of the value"
      case .keysNotIncreasing: "map keys are not strictly increasing"
      }
    return "\(what) (at byte \(offset))"
  }
}
