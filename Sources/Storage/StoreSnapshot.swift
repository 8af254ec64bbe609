/// One committed state of a store, for as long as the closure that was given it runs.
public struct StoreSnapshot: StoreReading, ~Copyable {
  let reader: any StoreReader

  init(_ reader: any StoreReader) {
    self.reader = reader
  }

  /// A way to read this snapshot that can be passed around while its closure runs.
  package var view: StoreView { StoreView(reader) }

  public var namespaces: [Namespace] { reader.namespaces.all }

  public func value(of key: StoreKey) throws(StorageError) -> [UInt8]? {
    try reader.value(of: try reader.stored(key))
  }

  public func withCursor<Output>(
    in namespace: Namespace, _ body: (inout StoreCursor) throws(StorageError) -> Output
  ) throws(StorageError) -> Output {
    try StoreCursor.run(on: reader, in: namespace, body)
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

  public var namespaces: [Namespace] { writer.namespaces.all }

  public func value(of key: StoreKey) throws(StorageError) -> [UInt8]? {
    try writer.value(of: try writer.stored(key))
  }

  public func withCursor<Output>(
    in namespace: Namespace, _ body: (inout StoreCursor) throws(StorageError) -> Output
  ) throws(StorageError) -> Output {
    try StoreCursor.run(on: writer, in: namespace, body)
  }

  /// Gives `key` the value `value`, in place of the one it may have.
  public mutating func put(_ key: StoreKey, _ value: [UInt8]) throws(StorageError) {
    try writer.doomed { () throws(StorageError) in
      try StoreRules.check(keyBytes: key.bytes.count)
      try StoreRules.check(valueBytes: value.count)
      try writer.put([try writer.claim(key.namespace)] + key.bytes, value)
    }
  }

  /// The byte before the keys of `namespace`, for keys that are made where they are read.
  package mutating func byte(of namespace: Namespace) throws(StorageError) -> UInt8 {
    try writer.doomed { () throws(StorageError) in try writer.claim(namespace) }
  }

  /// Gives `key`, which begins with the byte of its namespace, the value `value`; both are copied.
  package mutating func put(
    _ key: UnsafeRawBufferPointer, _ value: UnsafeRawBufferPointer
  ) throws(StorageError) {
    try writer.doomed { () throws(StorageError) in
      try StoreRules.check(keyBytes: key.count - 1)
      try StoreRules.check(valueBytes: value.count)
      try writer.put(key, value)
    }
  }

  /// Removes `key`; false if it was not there.
  @discardableResult
  public mutating func delete(_ key: StoreKey) throws(StorageError) -> Bool {
    try writer.doomed { () throws(StorageError) in
      try writer.delete(try writer.stored(key))
    }
  }

  /// Removes the keys of `range`, for instance `namespace.prefix(…)`; returns how many there were.
  @discardableResult
  public mutating func delete(in range: StoreRange) throws(StorageError) -> Int {
    try writer.doomed { () throws(StorageError) in
      try writer.delete(in: range, byte: try writer.namespaces.byte(of: range.namespace))
    }
  }

  /// Has nothing of this transaction committed when its closure returns.
  public mutating func discard() {
    isDiscarded = true
  }
}

/// What holds for the keys and values of every store.
enum StoreRules {
  static func check(keyBytes count: Int) throws(StorageError) {
    guard count <= StorageLimits.keyBytesMax else { throw .keyTooLong(count) }
  }

  static func check(valueBytes count: Int) throws(StorageError) {
    guard count <= StorageLimits.valueBytesMax else { throw .valueTooLong(count) }
  }
}
