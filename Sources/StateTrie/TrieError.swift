import Primitives

/// Why the trie cannot do what it was asked. A struct over a private enum, so that cases can be
/// added; `reason` is stable and made for logs.
public struct TrieError: Error, Equatable, Sendable, CustomStringConvertible {
  private enum Kind: Equatable {
    case missing(KeyNibbles)
    case rootValue
    case valueTooLong(KeyNibbles, bytes: Int)
    case oldValueDiffers(KeyNibbles)
    case rootUnknown
    case limitTooLarge(Int)
    case emptyRange(KeyRange)
  }
  private let kind: Kind

  /// The key lies in a missing range, so nothing can be said about it.
  public static func missing(_ key: KeyNibbles) -> TrieError { .init(kind: .missing(key)) }
  /// The empty key never has a value.
  public static let rootValue = TrieError(kind: .rootValue)
  /// A value is longer than `StateTrieLimits.valueBytesMax`.
  public static func valueTooLong(_ key: KeyNibbles, bytes: Int) -> TrieError {
    .init(kind: .valueTooLong(key, bytes: bytes))
  }
  /// A diff says another old value than the one held.
  public static func oldValueDiffers(_ key: KeyNibbles) -> TrieError {
    .init(kind: .oldValueDiffers(key))
  }
  /// The root is not known, so nothing can be proven against it.
  public static let rootUnknown = TrieError(kind: .rootUnknown)
  /// More items were asked for than `StateTrieLimits.chunkItemsMax`, or a negative number.
  public static func limitTooLarge(_ limit: Int) -> TrieError { .init(kind: .limitTooLarge(limit)) }
  /// The range that was asked for has no keys.
  public static func emptyRange(_ range: KeyRange) -> TrieError { .init(kind: .emptyRange(range)) }

  /// Stable snake_case name of the case.
  public var reason: String {
    switch kind {
    case .missing: "range_missing"
    case .rootValue: "root_value"
    case .valueTooLong: "value_too_long"
    case .oldValueDiffers: "old_value_differs"
    case .rootUnknown: "root_unknown"
    case .limitTooLarge: "limit_too_large"
    case .emptyRange: "empty_range"
    }
  }

  public var description: String {
    switch kind {
    case .missing(let key): "key \(key) lies in a missing range"
    case .rootValue: "the empty key cannot have a value"
    case .valueTooLong(let key, let bytes):
      "value of \(key) has \(bytes) bytes, more than \(StateTrieLimits.valueBytesMax)"
    case .oldValueDiffers(let key): "the diff's old value of \(key) is not the one held"
    case .rootUnknown: "the state root is not known while missing subtrees have changed"
    case .limitTooLarge(let limit):
      "a chunk of \(limit) items was asked for, 0…\(StateTrieLimits.chunkItemsMax) are allowed"
    case .emptyRange(let range): "range \(range) has no keys"
    }
  }
}
