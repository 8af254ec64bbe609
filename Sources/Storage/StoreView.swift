/// A snapshot as something that can be held in a property while its closure runs, for code that
/// reads it in many places. Reads bytes where they are, without copying them.
///
/// Must not be used after that closure: the owner lets it go before.
package struct StoreView {
  private let reader: any StoreReader

  init(_ reader: any StoreReader) {
    self.reader = reader
  }

  /// The value of `key`, nil if there is none.
  package func value(of key: StoreKey) throws(StorageError) -> [UInt8]? {
    try reader.value(of: reader.stored(key))
  }

  /// The byte before the keys of `namespace`, for `withBytes(of:)`.
  package func byte(of namespace: Namespace) throws(StorageError) -> UInt8 {
    try reader.namespaces.byte(of: namespace)
  }

  /// Hands the value of `key`, which begins with the byte of its namespace, to `body`, which must
  /// not keep it; false if there is none.
  package func withBytes(
    of key: UnsafeRawBufferPointer, _ body: (UnsafeRawBufferPointer) -> Void
  ) throws(StorageError) -> Bool {
    try StoreRules.check(keyBytes: key.count - 1)
    return try reader.withBytes(of: key, body)
  }

  /// Hands key and value of each record of `range` to `body` in the order of keys, until it returns
  /// false. `body` must not keep them.
  package func forEachBytes(
    in range: StoreRange, _ body: (UnsafeRawBufferPointer, UnsafeRawBufferPointer) -> Bool
  ) throws(StorageError) {
    let cursor = try reader.makeCursor(in: reader.namespaces.byte(of: range.namespace))
    defer { cursor.close() }
    var step = range.start.isEmpty ? CursorStep.first : .atOrAfter(range.start)
    var goesOn = true
    while goesOn {
      let found = try cursor.move(step) { key, value in
        goesOn = range.isBelowEnd(key) && body(key, value)
      }
      goesOn = goesOn && found
      step = .next
    }
  }

  /// The key of the last record of `range`, or nil.
  package func lastKey(in range: StoreRange) throws(StorageError) -> [UInt8]? {
    let key = try StoreCursor.run(on: reader, in: range.namespace) { cursor throws(StorageError) in
      try cursor.seek(before: range.end)?.key
    }
    return key.flatMap { range.contains($0) ? $0 : nil }
  }
}
