import Compression
import Primitives

/// Why a difference, a signature or a patch is refused. A struct over a private enum, so that cases
/// can be added.
public struct BinaryDifferenceError: Error, Hashable, Sendable, CustomStringConvertible {
  private enum Kind: Hashable {
    case foreign(DifferenceFormat)
    case truncated(missing: Int)
    case invalid(String)
    case unsupported(String)
    case targetTooLarge(UInt64, limit: Int)
    case beyondBase(end: UInt64, base: Int)
    case tooManyOperations(limit: Int)
    case wrongBase(Hash256, expected: Hash256)
    case wrongTarget(Hash256, expected: Hash256)
    case compression(CompressionError)
  }
  private let kind: Kind
  /// Offset in bytes of what is wrong from the begin of the input, nil if it is no place in it.
  public let offset: Int?

  private init(_ kind: Kind, at offset: Int?) {
    self.kind = kind
    self.offset = offset
  }

  /// The first bytes are not those of this format.
  static func foreign(_ format: DifferenceFormat) -> Self { .init(.foreign(format), at: 0) }
  /// The input or a section of it ends too early.
  static func truncated(missing: Int, at offset: Int) -> Self {
    .init(.truncated(missing: missing), at: offset)
  }
  /// A field breaks the rule that `rule` says.
  static func invalid(_ rule: String, at offset: Int) -> Self { .init(.invalid(rule), at: offset) }
  /// What the format may have but is not read here.
  static func unsupported(_ what: String, at offset: Int) -> Self {
    .init(.unsupported(what), at: offset)
  }
  /// The target would have `size` bytes, or at least so many.
  static func targetTooLarge(_ size: UInt64, limit: Int, at offset: Int? = nil) -> Self {
    .init(.targetTooLarge(size, limit: limit), at: offset)
  }
  /// A copy ends at byte `end` of a base that has `base` bytes.
  static func beyondBase(end: UInt64, base: Int, at offset: Int? = nil) -> Self {
    .init(.beyondBase(end: end, base: base), at: offset)
  }
  /// There are more operations than `BinaryDifferenceLimits.operationsMax`.
  static func tooManyOperations(at offset: Int? = nil) -> Self {
    .init(.tooManyOperations(limit: BinaryDifferenceLimits.operationsMax), at: offset)
  }
  /// The base at hand is not the one that the difference was made for.
  static func wrongBase(_ hash: Hash256, expected: Hash256) -> Self {
    .init(.wrongBase(hash, expected: expected), at: nil)
  }
  /// What came out is not what was to come out.
  static func wrongTarget(_ hash: Hash256, expected: Hash256) -> Self {
    .init(.wrongTarget(hash, expected: expected), at: nil)
  }
  /// The compressed part is refused.
  static func compression(_ error: CompressionError) -> Self {
    .init(.compression(error), at: nil)
  }

  /// Whether all was in order but for what came out: parts that looked alike and were not can do
  /// that, without anybody's fault.
  public var isWrongTarget: Bool {
    if case .wrongTarget = kind { true } else { false }
  }

  /// Stable snake_case name of the case.
  public var reason: String {
    switch kind {
    case .foreign: "difference_foreign"
    case .truncated: "difference_truncated"
    case .invalid: "difference_invalid"
    case .unsupported: "difference_unsupported"
    case .targetTooLarge: "difference_target_too_large"
    case .beyondBase: "difference_beyond_base"
    case .tooManyOperations: "difference_too_many_operations"
    case .wrongBase: "difference_wrong_base"
    case .wrongTarget: "difference_wrong_target"
    case .compression(let error): error.reason
    }
  }

  public var description: String {
    let place = offset.map { " (at byte \($0))" } ?? ""
    return text + place
  }

  private var text: String {
    switch kind {
    case .foreign(let format): "this is no \(format.rawValue)"
    case .truncated(let missing): "the input ends \(missing) bytes too early"
    case .invalid(let rule): rule
    case .unsupported(let what): "\(what) is not supported"
    case .targetTooLarge(let size, let limit):
      "the target has \(size) bytes, at most \(limit) are allowed"
    case .beyondBase(let end, let base):
      "a copy ends at byte \(end) of a base of \(base) bytes"
    case .tooManyOperations(let limit): "there are more than \(limit) operations"
    case .wrongBase(let hash, let expected):
      "the base is \(hash.short), the difference was made for \(expected.short)"
    case .wrongTarget(let hash, let expected):
      "the target came out as \(hash.short), not \(expected.short)"
    case .compression(let error): "\(error)"
    }
  }
}

/// A format of differences that others made.
public enum DifferenceFormat: String, Sendable, Hashable, CaseIterable {
  /// RFC 3284.
  case vcdiff = "VCDIFF"
  case rdiffSignature = "rdiff signature"
  case rdiffDelta = "rdiff delta"
}
