/// What a snapshot and a transaction have in common: reading one state of a store.
public protocol StoreReading: ~Copyable {
  /// The namespaces that have ever had a record, in the order in which they got the first one.
  var namespaces: [Namespace] { get }

  /// The value of `key`, nil if there is none.
  func value(of key: StoreKey) throws(StorageError) -> [UInt8]?

  /// Runs `body` with a cursor that stands before the first key of `namespace` and sees no other.
  func withCursor<Output>(
    in namespace: Namespace, _ body: (inout StoreCursor) throws(StorageError) -> Output
  ) throws(StorageError) -> Output
}

extension StoreReading where Self: ~Copyable {
  /// Calls `body` with the entries of `range` in the order of keys, or against it, until it returns
  /// false.
  public func forEach(
    in range: StoreRange, descending: Bool = false,
    _ body: (StoreEntry) throws(StorageError) -> Bool
  ) throws(StorageError) {
    try withCursor(in: range.namespace) { cursor throws(StorageError) in
      var entry =
        descending ? try cursor.seek(before: range.end) : try cursor.seek(range.start)
      while let current = entry, range.contains(current.key), try body(current) {
        entry = descending ? try cursor.previous() : try cursor.next()
      }
    }
  }

  /// The first `limit` entries of `range` in the order of keys, or the last ones against it.
  public func entries(
    in range: StoreRange, descending: Bool = false, limit: Int = .max
  ) throws(StorageError) -> [StoreEntry] {
    var found: [StoreEntry] = []
    guard limit > 0 else { return found }
    try forEach(in: range, descending: descending) { entry throws(StorageError) in
      found.append(entry)
      return found.count < limit
    }
    return found
  }
}

/// A key, as it is in its namespace, and its value.
public struct StoreEntry: Sendable, Hashable {
  public var key: [UInt8]
  public var value: [UInt8]

  public init(key: [UInt8], value: [UInt8]) {
    self.key = key
    self.value = value
  }
}
