import Primitives
import Storage

/// Why the trie cannot do what it was asked. A struct over a private enum, so that cases can be
/// added; `reason` is stable and made for logs.
public struct TrieError: Error, Equatable, Sendable, CustomStringConvertible {
  private enum Kind: Equatable {
    case missing(KeyNibbles, KeyRange?)
    case rootValue
    case valueTooLong(KeyNibbles, bytes: Int)
    case oldValueDiffers(KeyNibbles)
    case rootUnknown
    case limitTooLarge(Int)
    case emptyRange(KeyRange)
    case storage(StorageError)
    case damaged(StoredTable, KeyNibbles?, String)
  }
  private let kind: Kind

  /// The key lies in a missing range, so nothing can be said about it; which range, if it is known.
  public static func missing(_ key: KeyNibbles, in range: KeyRange? = nil) -> TrieError {
    .init(kind: .missing(key, range))
  }
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

  /// The store refused to read.
  public static func storage(_ error: StorageError) -> TrieError { .init(kind: .storage(error)) }
  /// A record of the store is not what belongs there: the store must be given up and filled anew.
  static func damaged(_ table: StoredTable, _ key: KeyNibbles?, _ problem: String) -> TrieError {
    .init(kind: .damaged(table, key, problem))
  }
  /// The key of a record is none that the trie writes.
  static func unreadableKey(_ bytes: [UInt8]) -> TrieError {
    .damaged(.leaves, nil, "\(Hex.string(bytes)) is no key")
  }

  /// The missing range that was in the way, if it is one.
  public var missingRange: KeyRange? {
    if case .missing(_, let range) = kind { range } else { nil }
  }

  /// The error of the store, if it is one.
  public var storageError: StorageError? {
    if case .storage(let error) = kind { error } else { nil }
  }

  /// True if records of the store contradict each other.
  public var isDamage: Bool {
    if case .damaged = kind { true } else { false }
  }

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
    case .storage(let error): error.reason
    case .damaged: "damaged_record"
    }
  }

  public var description: String {
    switch kind {
    case .missing(let key, let range):
      "key \(key) lies in \(range.map { "the missing range \($0)" } ?? "a missing range")"
    case .rootValue: "the empty key cannot have a value"
    case .valueTooLong(let key, let bytes):
      "value of \(key) has \(bytes) bytes, more than \(StateTrieLimits.valueBytesMax)"
    case .oldValueDiffers(let key): "the diff's old value of \(key) is not the one held"
    case .rootUnknown: "the state root is not known while missing subtrees have changed"
    case .limitTooLarge(let limit):
      "a chunk of \(limit) items was asked for, 0…\(StateTrieLimits.chunkItemsMax) are allowed"
    case .emptyRange(let range): "range \(range) has no keys"
    case .storage(let error): error.description
    case .damaged(let table, let key, let problem):
      "the stored \(table.name)\(key.map { " \($0)" } ?? "") is damaged: \(problem)"
    }
  }
}
