/// One state of a store, as an implementation sees it. Keys have been checked.
protocol StoreReader: AnyObject {
  func value(of key: [UInt8]) throws(StorageError) -> [UInt8]?
  /// Hands the value of `key` to `body` where it is; false if there is none.
  func withBytes(
    of key: UnsafeRawBufferPointer, _ body: (UnsafeRawBufferPointer) -> Void
  ) throws(StorageError) -> Bool
  func makeCursor() throws(StorageError) -> any CursorEngine
}

/// An open transaction, as an implementation sees it. Keys and values have been checked.
protocol StoreWriter: StoreReader {
  /// The first failure of a write: a transaction that has one is not committed.
  var failure: StorageError? { get set }

  func put(_ key: UnsafeRawBufferPointer, _ value: UnsafeRawBufferPointer) throws(StorageError)
  func delete(_ key: [UInt8]) throws(StorageError) -> Bool
  func delete(in range: StoreRange) throws(StorageError) -> Int
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
}

/// A way through the records of a state. `next` and `previous` are asked for only while it stands
/// at a record.
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
