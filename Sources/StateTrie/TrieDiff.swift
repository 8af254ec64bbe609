import MerkleTree
import Primitives

/// The changes of one block (or of several, composed): for each changed key the old and new value.
///
/// Because it says both, a diff can be inverted, and a node that holds a key can go back over a
/// block it was not there for.
public struct TrieDiff: Hashable, Sendable {
  /// The change of one key; nil stands for "no value". Never both nil, never both equal.
  public struct Entry: Hashable, Sendable {
    public var key: KeyNibbles
    public var old: [UInt8]?
    public var new: [UInt8]?

    public init(key: KeyNibbles, old: [UInt8]?, new: [UInt8]?) {
      self.key = key
      self.old = old
      self.new = new
    }
  }

  /// The changes, keys strictly increasing.
  public let entries: [Entry]

  /// No change.
  public static let empty = TrieDiff(unchecked: [])

  /// A diff of `entries`. Throws `notSorted`, `noChange`, `tooManyEntries` or `value`.
  public init(entries: [Entry]) throws(DiffError) {
    guard entries.count <= StateTrieLimits.diffEntriesMax else {
      throw .tooManyEntries(entries.count)
    }
    for (index, entry) in entries.enumerated() {
      if index > 0, entry.key <= entries[index - 1].key { throw .notSorted(entry.key) }
      if entry.old == entry.new { throw .noChange(entry.key) }
      do {
        try StateTrie.check(entry.key, entry.old ?? [])
        try StateTrie.check(entry.key, entry.new ?? [])
      } catch { throw .value(error) }
    }
    self.entries = entries
  }

  private init(unchecked entries: [Entry]) {
    self.entries = entries
  }

  /// The header's `diffRoot`: the RFC 6962 root over the wire forms of the entries in key order.
  public var root: Hash256 {
    MerkleTree.root(of: entries.map { $0.wireBytes })
  }

  /// The diff that undoes this one.
  public func inverted() -> TrieDiff {
    TrieDiff(unchecked: entries.map { Entry(key: $0.key, old: $0.new, new: $0.old) })
  }

  /// The changes of the keys that `isIncluded` lets through.
  public func restricted(to isIncluded: (KeyNibbles) -> Bool) -> TrieDiff {
    TrieDiff(unchecked: entries.filter { isIncluded($0.key) })
  }

  /// This diff and then `later` as one. Throws `doesNotFollow` if `later` starts from other values.
  public func composed(with later: TrieDiff) throws(DiffError) -> TrieDiff {
    var result: [Entry] = []
    result.reserveCapacity(entries.count + later.entries.count)
    var mine = entries[...]
    for next in later.entries {
      while let first = mine.first, first.key < next.key {
        result.append(first)
        mine.removeFirst()
      }
      guard let first = mine.first, first.key == next.key else {
        result.append(next)
        continue
      }
      mine.removeFirst()
      guard first.new == next.old else { throw .doesNotFollow(next.key) }
      if first.old != next.new {
        result.append(Entry(key: next.key, old: first.old, new: next.new))
      }
    }
    result += mine
    guard result.count <= StateTrieLimits.diffEntriesMax else {
      throw .tooManyEntries(result.count)
    }
    return TrieDiff(unchecked: result)
  }
}

extension TrieDiff.Entry: WireCodable {
  public func encode(to encoder: inout WireEncoder) {
    encoder.append(key)
    encoder.append(optional: old)
    encoder.append(optional: new)
  }

  public init(from decoder: inout WireDecoder) throws(WireError) {
    self.init(
      key: try decoder.value(),
      old: try decoder.optionalBytes(limit: StateTrieLimits.valueBytesMax),
      new: try decoder.optionalBytes(limit: StateTrieLimits.valueBytesMax))
  }
}

extension TrieDiff: WireCodable {
  public func encode(to encoder: inout WireEncoder) {
    encoder.reserve(
      entries.reduce(8) {
        $0 + $1.key.byteCount + 2 + ($1.old?.count ?? 0) + ($1.new?.count ?? 0) + 8
      })
    encoder.append(entries)
  }

  public init(from decoder: inout WireDecoder) throws(WireError) {
    try self.init(from: &decoder, entriesMax: StateTrieLimits.diffEntriesMax)
  }

  /// Reads a diff of at most `entriesMax` entries: in memory an entry may take many times its wire
  /// form.
  public init(from decoder: inout WireDecoder, entriesMax: Int) throws(WireError) {
    let offset = decoder.offset
    // An entry takes at least a key of one nibble and two option tags, one with a length.
    let entries = try decoder.array(
      of: Entry.self, elementBytes: 6, limit: min(entriesMax, StateTrieLimits.diffEntriesMax))
    do {
      self = try TrieDiff(entries: entries)
    } catch {
      throw .invalidValue(error.description, at: offset)
    }
  }
}

/// Why entries make no diff. A struct over a private enum, so that cases can be added.
public struct DiffError: Error, Equatable, Sendable, CustomStringConvertible {
  private enum Kind: Equatable {
    case notSorted(KeyNibbles)
    case noChange(KeyNibbles)
    case tooManyEntries(Int)
    case value(TrieError)
    case doesNotFollow(KeyNibbles)
  }
  private let kind: Kind

  /// A key does not come after the one before it.
  public static func notSorted(_ key: KeyNibbles) -> DiffError { .init(kind: .notSorted(key)) }
  /// An entry's old and new value are the same.
  public static func noChange(_ key: KeyNibbles) -> DiffError { .init(kind: .noChange(key)) }
  /// There are more entries than `StateTrieLimits.diffEntriesMax`.
  public static func tooManyEntries(_ count: Int) -> DiffError {
    .init(kind: .tooManyEntries(count))
  }
  /// A key or value that no trie can hold.
  public static func value(_ error: TrieError) -> DiffError { .init(kind: .value(error)) }
  /// Two diffs cannot be joined: the second expects another value of the key.
  public static func doesNotFollow(_ key: KeyNibbles) -> DiffError {
    .init(kind: .doesNotFollow(key))
  }

  /// Stable snake_case name of the case.
  public var reason: String {
    switch kind {
    case .notSorted: "not_sorted"
    case .noChange: "no_change"
    case .tooManyEntries: "too_many_entries"
    case .value(let error): error.reason
    case .doesNotFollow: "does_not_follow"
    }
  }

  public var description: String {
    switch kind {
    case .notSorted(let key): "diff entry \(key) does not come after the one before it"
    case .noChange(let key): "diff entry \(key) changes nothing"
    case .tooManyEntries(let count):
      "\(count) diff entries are more than \(StateTrieLimits.diffEntriesMax)"
    case .value(let error): error.description
    case .doesNotFollow(let key): "the later diff expects another value of \(key)"
    }
  }
}
