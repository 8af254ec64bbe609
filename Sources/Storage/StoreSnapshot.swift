/// One committed state of a store, for as long as the closure that was given it runs.
public struct StoreSnapshot: StoreReading, ~Copyable {
  let reader: any StoreReader

  init(_ reader: any StoreReader) {
    self.reader = reader
  }

  /// A way to read this snapshot that can be passed around while its closure runs.
  package var view: StoreView { StoreView(reader) }

  public func value(of key: [UInt8]) throws(StorageError) -> [UInt8]? {
    try StoreRules.check(key: key)
    return try reader.value(of: key)
  }

  public func withCursor<Output>(
    _ body: (inout StoreCursor) throws(StorageError) -> Output
  ) throws(StorageError) -> Output {
    try StoreCursor.run(on: reader, body)
  }
}

/// The newest state of a store and the changes made to it, for as long as the closure that was
/// given it runs. No cursor can be open while something is written.
public struct StoreTransaction: StoreReading, ~Copyable {
  let writer: any StoreWriter
  /// Whether `discard` was called.
  private(set) var isDiscarded = false

  init(_ writer: any StoreWriter) {
    self.writer = writer
  }

  public func value(of key: [UInt8]) throws(StorageError) -> [UInt8]? {
    try StoreRules.check(key: key)
    return try writer.value(of: key)
  }

  public func withCursor<Output>(
    _ body: (inout StoreCursor) throws(StorageError) -> Output
  ) throws(StorageError) -> Output {
    try StoreCursor.run(on: writer, body)
  }

  /// Gives `key` the value `value`, in place of the one it may have.
  public mutating func put(_ key: [UInt8], _ value: [UInt8]) throws(StorageError) {
    try key.withUnsafeBufferPointer { key throws(StorageError) in
      try value.withUnsafeBufferPointer { value throws(StorageError) in
        try put(UnsafeRawBufferPointer(key), UnsafeRawBufferPointer(value))
      }
    }
  }

  /// Gives `key` the value `value`, in place of the one it may have; both are copied.
  public mutating func put(
    _ key: UnsafeRawBufferPointer, _ value: UnsafeRawBufferPointer
  ) throws(StorageError) {
    try writer.doomed { () throws(StorageError) in
      try StoreRules.check(keyBytes: key.count)
      try StoreRules.check(valueBytes: value.count)
      try writer.put(key, value)
    }
  }

  /// Removes `key`; false if it was not there.
  @discardableResult
  public mutating func delete(_ key: [UInt8]) throws(StorageError) -> Bool {
    try writer.doomed { () throws(StorageError) in
      try StoreRules.check(key: key)
      return try writer.delete(key)
    }
  }

  /// Removes the keys of `range`, for instance `.prefix(…)`; returns how many there were.
  @discardableResult
  public mutating func delete(in range: StoreRange) throws(StorageError) -> Int {
    try writer.doomed { () throws(StorageError) in try writer.delete(in: range) }
  }

  /// Has nothing of this transaction committed when its closure returns.
  public mutating func discard() {
    isDiscarded = true
  }
}

/// What holds for the keys and values of every store.
enum StoreRules {
  static func check(key: [UInt8]) throws(StorageError) {
    try check(keyBytes: key.count)
  }

  static func check(keyBytes count: Int) throws(StorageError) {
    guard count > 0 else { throw .keyEmpty }
    guard count <= StorageLimits.keyBytesMax else { throw .keyTooLong(count) }
  }

  static func check(valueBytes count: Int) throws(StorageError) {
    guard count <= StorageLimits.valueBytesMax else { throw .valueTooLong(count) }
  }
}
