import Storage

/// One immutable view of a set of records. It may be valid only while the closure runs that was
/// given it (see `RecordSource`).
public protocol RecordReading {
  /// Number of records.
  func recordCount() throws(StorageError) -> Int
  /// The record with a key.
  func record(of key: [UInt8]) throws(StorageError) -> Record?
  /// The record with an id.
  func record(named id: RecordID) throws(StorageError) -> Record?
  /// Records whose id begins with these 64 bits, two at most: then there may be more.
  func records(startingWith half: UInt64) throws(StorageError) -> [Record]
  /// The first `limit` records in the order of keys whose key is not before `key`.
  func records(from key: [UInt8], limit: Int) throws(StorageError) -> [Record]
  /// The first `limit` entries in hashed order whose position is `first`…`last`.
  func entries(
    from first: HashedPosition, through last: HashedPosition, limit: Int
  ) throws(StorageError) -> [RecordEntry]
}

extension RecordReading {
  /// Hands all entries whose position is `first`…`last` to `body`, in hashed order, a bounded
  /// number at a time.
  public func forEachEntry(
    from first: HashedPosition = .first, through last: HashedPosition = .last,
    _ body: (RecordEntry) -> Void
  ) throws(StorageError) {
    var next: HashedPosition? = first
    while let start = next, start <= last {
      let page = try entries(
        from: start, through: last, limit: ReconciliationLimits.pageEntriesMax)
      for entry in page { body(entry) }
      guard page.count == ReconciliationLimits.pageEntriesMax else { return }
      next = page.last?.position.successor
    }
  }
}

/// A set of records, in memory or in a store, of which views can be taken.
public protocol RecordSource: Sendable {
  /// Runs `body` on a view of the newest state, which does not change meanwhile.
  func withView<Output>(
    _ body: (any RecordReading) throws(StorageError) -> Output
  ) throws(StorageError) -> Output
}
