/// Walks through the records of one namespace in one state, in the order of keys and against it.
///
/// It stands before the first record, at a record, or after the last one. Each movement returns the
/// record it arrives at, or nil when it arrives at an end.
public struct StoreCursor: ~Copyable {
  private enum Position {
    case beforeFirst
    case atRecord
    case afterLast
  }

  private let engine: any CursorEngine
  private var position = Position.beforeFirst

  private init(_ engine: any CursorEngine) {
    self.engine = engine
  }

  static func run<Output>(
    on reader: any StoreReader, in namespace: Namespace,
    _ body: (inout StoreCursor) throws(StorageError) -> Output
  ) throws(StorageError) -> Output {
    let engine = try reader.makeCursor(in: reader.namespaces.byte(of: namespace))
    defer { engine.close() }
    var cursor = StoreCursor(engine)
    return try body(&cursor)
  }

  /// Goes to the first record whose key is not before `key`.
  public mutating func seek(_ key: [UInt8]) throws(StorageError) -> StoreEntry? {
    guard !key.isEmpty else { return try first() }
    let found = arrive(
      try engine.move(.atOrAfter(Array(key.prefix(StorageLimits.keyBytesMax)))), orAt: .afterLast)
    // No key is longer than the limit: the only one before a longer text that may have been found
    // is its own beginning.
    guard key.count > StorageLimits.keyBytesMax, let found, key.starts(with: found.key) else {
      return found
    }
    return try next()
  }

  /// Goes to the last record whose key is before `key`; nil = the last record of all.
  public mutating func seek(before key: [UInt8]?) throws(StorageError) -> StoreEntry? {
    guard let key else { return try last() }
    return try seek(key) == nil ? try last() : try previous()
  }

  /// Goes to the first record.
  public mutating func first() throws(StorageError) -> StoreEntry? {
    arrive(try engine.move(.first), orAt: .afterLast)
  }

  /// Goes to the last record.
  public mutating func last() throws(StorageError) -> StoreEntry? {
    arrive(try engine.move(.last), orAt: .beforeFirst)
  }

  /// Goes one record on.
  public mutating func next() throws(StorageError) -> StoreEntry? {
    switch position {
    case .beforeFirst: try first()
    case .atRecord: arrive(try engine.move(.next), orAt: .afterLast)
    case .afterLast: nil
    }
  }

  /// Goes one record back.
  public mutating func previous() throws(StorageError) -> StoreEntry? {
    switch position {
    case .beforeFirst: nil
    case .atRecord: arrive(try engine.move(.previous), orAt: .beforeFirst)
    case .afterLast: try last()
    }
  }

  private mutating func arrive(_ entry: StoreEntry?, orAt end: Position) -> StoreEntry? {
    position = entry == nil ? end : .atRecord
    return entry
  }
}
