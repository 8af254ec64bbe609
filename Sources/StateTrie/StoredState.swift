import Primitives
import Storage

/// What a store says of the trie as a whole.
struct StoredState {
  var itemCount = 0
  var serial: UInt64 = 0
  var nextSerial: UInt64 = 1
  var missing = KeyRangeSet.none
  var uncharted = KeyRangeSet.none

  /// The version of the trie's records.
  private static let format: UInt8 = 1
  /// Key of the record of the counters.
  static let countersKey = StoredTable.state.namespace.key([0])
  /// Bytes before the start key of a missing or uncharted range.
  static let missingPrefix: [UInt8] = [1]
  static let unchartedPrefix: [UInt8] = [2]
  private static let counterBytes = 1 + 5 * 8

  /// The record of the counters: format, items, serial, next serial, number of missing and of
  /// uncharted ranges, eight bytes each, least significant first.
  var counters: [UInt8] {
    var bytes = [Self.format]
    let ranges = [missing, uncharted].map { UInt64($0.ranges.count) }
    for number in [UInt64(itemCount), serial, nextSerial] + ranges {
      for index in 0..<8 { bytes.append(UInt8(truncatingIfNeeded: number >> UInt64(8 * index))) }
    }
    return bytes
  }

  /// What `view` holds, or nil if nothing was ever stored there.
  init?(_ view: StoreView) throws(TrieError) {
    guard let counters = try Self.counters(in: view) else { return nil }
    guard counters.count == Self.counterBytes, counters[0] == Self.format else {
      throw .damaged(.state, nil, "the counters have an unknown form")
    }
    let numbers: [UInt64] = counters.withUnsafeBytes { bytes in
      (0..<5).map {
        UInt64(littleEndian: bytes.loadUnaligned(fromByteOffset: 1 + 8 * $0, as: UInt64.self))
      }
    }
    guard let items = Int(exactly: numbers[0]) else {
      throw .damaged(.state, nil, "\(numbers[0]) items")
    }
    guard numbers[1] < numbers[2], numbers[2] < UInt64.max / 2 else {
      throw .damaged(.state, nil, "serial \(numbers[1]) before serial \(numbers[2])")
    }
    itemCount = items
    serial = numbers[1]
    nextSerial = numbers[2]
    missing = try Self.ranges(Self.missingPrefix, "missing", count: numbers[3], view)
    uncharted = try Self.ranges(Self.unchartedPrefix, "uncharted", count: numbers[4], view)
    for range in uncharted.ranges where !missing.contains(range) {
      throw .damaged(.state, range.start, "the uncharted range \(range) is not missing")
    }
  }

  private static func counters(in view: StoreView) throws(TrieError) -> [UInt8]? {
    var counters: [UInt8]?
    var isEmpty = true
    do throws(StorageError) {
      counters = try view.value(of: countersKey)
      for namespace in StateTrie.namespaces where counters == nil {
        if try view.lastKey(in: namespace.all) != nil { isEmpty = false }
      }
    } catch {
      throw .storage(error)
    }
    guard isEmpty else { throw .damaged(.state, nil, "there are records, but no counters") }
    return counters
  }

  /// The value of a range's record: its end, or nothing.
  static func bytes(ofEnd end: KeyNibbles?) -> [UInt8] {
    end.map { StoredKey.bytes($0) } ?? []
  }

  private static func ranges(
    _ prefix: [UInt8], _ name: String, count: UInt64, _ view: StoreView
  ) throws(TrieError) -> KeyRangeSet {
    var ranges: [KeyRange] = []
    var isReadable = true
    do throws(StorageError) {
      try view.forEachBytes(in: StoredTable.state.namespace.prefix(prefix)) { key, value in
        let end = value.isEmpty ? nil : StoredKey.key(in: value)
        guard let start = StoredKey.key(in: key, skipping: prefix.count),
          value.isEmpty == (end == nil)
        else {
          isReadable = false
          return false
        }
        ranges.append(KeyRange(start: start, end: end))
        return true
      }
    } catch {
      throw .storage(error)
    }
    let set = KeyRangeSet(ranges)
    guard isReadable, set.ranges == ranges, UInt64(ranges.count) == count else {
      throw .damaged(.state, ranges.last?.start, "the \(name) ranges are not those of the counters")
    }
    return set
  }
}

extension StoredState {
  init(itemCount: Int, serials: (UInt64, UInt64), missing: KeyRangeSet, uncharted: KeyRangeSet) {
    self.itemCount = itemCount
    (serial, nextSerial) = serials
    self.missing = missing
    self.uncharted = uncharted
  }
}

extension StateTrie {
  /// What the open snapshot holds, or nil if nothing was ever stored there.
  func storedState() throws(TrieError) -> StoredState? {
    guard let view = backing?.view else { throw .storage(.closed) }
    return try StoredState(view)
  }
}
