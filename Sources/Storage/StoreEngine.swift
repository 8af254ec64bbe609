/// One state of a store, as an implementation sees it. Keys have been checked, and have the byte of
/// their namespace before them.
protocol StoreReader: AnyObject {
  var namespaces: NamespaceDirectory { get }

  func value(of key: [UInt8]) throws(StorageError) -> [UInt8]?
  /// Hands the value of `key` to `body` where it is; false if there is none.
  func withBytes(
    of key: UnsafeRawBufferPointer, _ body: (UnsafeRawBufferPointer) -> Void
  ) throws(StorageError) -> Bool
  /// A way through the records whose keys have `byte` before them.
  func makeCursor(in byte: UInt8) throws(StorageError) -> any CursorEngine
}

extension StoreReader {
  /// A checked key as it is stored, if there is such a record.
  func stored(_ key: StoreKey) throws(StorageError) -> [UInt8] {
    try StoreRules.check(keyBytes: key.bytes.count)
    return [try namespaces.byte(of: key.namespace)] + key.bytes
  }
}

/// An open transaction, as an implementation sees it. Keys and values have been checked.
protocol StoreWriter: StoreReader {
  /// The first failure of a write: a transaction that has one is not committed.
  var failure: StorageError? { get set }
  /// With those that got their first record in this transaction.
  var namespaces: NamespaceDirectory { get set }

  func put(_ key: UnsafeRawBufferPointer, _ value: UnsafeRawBufferPointer) throws(StorageError)
  func delete(_ key: [UInt8]) throws(StorageError) -> Bool
  /// Removes what has `byte` before it and lies in the range behind that.
  func delete(in range: StoreRange, byte: UInt8) throws(StorageError) -> Int
}

extension StoreWriter {
  /// Runs a write, and remembers its failure: half of what was asked for must not be committed.
  func doomed<Output>(
    _ write: () throws(StorageError) -> Output
  ) throws(StorageError) -> Output {
    if let failure { throw failure }
    do throws(StorageError) {
      return try write()
    } catch {
      failure = error
      throw error
    }
  }

  /// The byte before the keys of `namespace`, for a record that is to be put there.
  func claim(_ namespace: Namespace) throws(StorageError) -> UInt8 {
    let known = try namespaces.byte(of: namespace)
    guard known == NamespaceDirectory.emptyByte else { return known }
    let entry = try namespaces.add(namespace)
    try put(entry.key, entry.value)
    return entry.value[0]
  }

  func put(_ key: [UInt8], _ value: [UInt8]) throws(StorageError) {
    try key.withUnsafeBufferPointer { key throws(StorageError) in
      try value.withUnsafeBufferPointer { value throws(StorageError) in
        try put(UnsafeRawBufferPointer(key), UnsafeRawBufferPointer(value))
      }
    }
  }
}

/// A way through the records of a namespace in a state. It sees no others, and its keys are those
/// of the namespace. `next` and `previous` are asked for only while it stands at a record.
protocol CursorEngine: AnyObject {
  /// Hands key and value it arrives at to `body` where they are; false at an end.
  func move(
    _ step: CursorStep, _ body: (UnsafeRawBufferPointer, UnsafeRawBufferPointer) -> Void
  ) throws(StorageError) -> Bool
  func close()
}

extension CursorEngine {
  /// Makes a movement and copies what it arrives at.
  func move(_ step: CursorStep) throws(StorageError) -> StoreEntry? {
    var entry: StoreEntry?
    _ = try move(step) { entry = StoreEntry(key: Array($0), value: Array($1)) }
    return entry
  }
}

/// A movement of a cursor.
enum CursorStep {
  case first
  case last
  case next
  case previous
  /// To the first key that is not before this one.
  case atOrAfter([UInt8])
}
