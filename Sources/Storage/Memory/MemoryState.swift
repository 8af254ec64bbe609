/// One state of a `MemoryStore`: what a snapshot reads, or what a transaction reads and changes.
final class MemoryState: StoreWriter {
  var failure: StorageError?

  private let disk: MemoryDisk
  private let opening: UInt64
  private var map: PersistentMap

  init(_ disk: MemoryDisk, opening: UInt64, map: PersistentMap) {
    self.disk = disk
    self.opening = opening
    self.map = map
  }

  func value(of key: [UInt8]) throws(StorageError) -> [UInt8]? {
    guard let record = map[key] else {
      try checkOpen()
      return nil
    }
    return try open(record, under: key)
  }

  func withBytes(
    of key: UnsafeRawBufferPointer, _ body: (UnsafeRawBufferPointer) -> Void
  ) throws(StorageError) -> Bool {
    guard let value = try value(of: Array(key)) else { return false }
    value.withUnsafeBytes(body)
    return true
  }

  func makeCursor() throws(StorageError) -> any CursorEngine {
    try checkOpen()
    return MemoryCursor(self, MapPath(map))
  }

  func put(_ key: UnsafeRawBufferPointer, _ value: UnsafeRawBufferPointer) throws(StorageError) {
    try write()
    map.put(Array(key), SealedRecord.seal(value, under: key))
    if let capacity = disk.faults.capacity, map.byteCount > capacity {
      throw .fullDisk(disk.name, needed: map.byteCount)
    }
  }

  func delete(_ key: [UInt8]) throws(StorageError) -> Bool {
    guard map[key] != nil else {
      try checkOpen()
      return false
    }
    try write()
    return map.remove(key)
  }

  func delete(in range: StoreRange) throws(StorageError) -> Int {
    try checkOpen()
    var count = 0
    while let key = map.firstKey(atOrAfter: range.start), range.contains(key) {
      try write()
      _ = map.remove(key)
      count += 1
    }
    return count
  }

  func commit() throws(StorageError) {
    if let failure { throw failure }
    try write(committing: map)
  }

  /// The value in a stored record; passes a read point.
  func open(_ record: [UInt8], under key: [UInt8]) throws(StorageError) -> [UInt8] {
    let (opening, name) = (opening, disk.name)
    return try disk.state.withLock { state throws(StorageError) in
      try state.read(record, under: key, opening: opening, name: name)
    }
  }

  func checkOpen() throws(StorageError) {
    let opening = opening
    if !disk.state.withLock({ $0.isOpen(to: opening) }) { throw .closed }
  }

  private func write(committing map: PersistentMap? = nil) throws(StorageError) {
    let (opening, name) = (opening, disk.name)
    try disk.state.withLock { state throws(StorageError) in
      try state.write(committing: map, opening: opening, name: name)
    }
  }
}

/// A way through the tree of a `MemoryState`.
final class MemoryCursor: CursorEngine {
  private let reader: MemoryState
  private var path: MapPath

  init(_ reader: MemoryState, _ path: MapPath) {
    self.reader = reader
    self.path = path
  }

  func move(
    _ step: CursorStep, _ body: (UnsafeRawBufferPointer, UnsafeRawBufferPointer) -> Void
  ) throws(StorageError) -> Bool {
    let node =
      switch step {
      case .first: path.first()
      case .last: path.last()
      case .next: path.next()
      case .previous: path.previous()
      case .atOrAfter(let key): path.seek(key)
      }
    guard let node else {
      try reader.checkOpen()
      return false
    }
    let value = try reader.open(node.record, under: node.key)
    node.key.withUnsafeBytes { key in value.withUnsafeBytes { body(key, $0) } }
    return true
  }

  func close() {}
}
