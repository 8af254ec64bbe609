/// One state of a `MemoryStore`: what a snapshot reads, or what a transaction reads and changes.
final class MemoryState: StoreWriter {
  var failure: StorageError?
  var namespaces: NamespaceDirectory

  private let disk: MemoryDisk
  private let opening: UInt64
  private var map: PersistentMap

  init(_ disk: MemoryDisk, opening: UInt64, _ records: MemoryRecords) {
    self.disk = disk
    self.opening = opening
    map = records.map
    namespaces = records.namespaces
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

  func makeCursor(in byte: UInt8) throws(StorageError) -> any CursorEngine {
    try checkOpen()
    return MemoryCursor(self, MapPath(map), byte: byte)
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

  func delete(in range: StoreRange, byte: UInt8) throws(StorageError) -> Int {
    try checkOpen()
    var count = 0
    let start = [byte] + range.start
    while let key = map.firstKey(atOrAfter: start), key[0] == byte,
      range.contains(Array(key.dropFirst()))
    {
      try write()
      _ = map.remove(key)
      count += 1
    }
    return count
  }

  func commit() throws(StorageError) {
    if let failure { throw failure }
    try write(committing: MemoryRecords(map: map, namespaces: namespaces))
  }

  /// The value in a stored record; passes a read point.
  func open(_ record: [UInt8], under key: [UInt8]) throws(StorageError) -> [UInt8] {
    let opening = opening
    let value = try disk.state.withLock { state throws(StorageError) in
      try state.read(record, under: key, opening: opening)
    }
    guard let value else { throw .corrupted(disk.name, record: namespaces.describe(key)) }
    return value
  }

  func checkOpen() throws(StorageError) {
    let opening = opening
    if !disk.state.withLock({ $0.isOpen(to: opening) }) { throw .closed }
  }

  private func write(committing records: MemoryRecords? = nil) throws(StorageError) {
    let (opening, name) = (opening, disk.name)
    try disk.state.withLock { state throws(StorageError) in
      try state.write(committing: records, opening: opening, name: name)
    }
  }
}

/// A way through the records of a namespace in the tree of a `MemoryState`.
final class MemoryCursor: CursorEngine {
  private let reader: MemoryState
  private var path: MapPath
  private let byte: UInt8

  init(_ reader: MemoryState, _ path: MapPath, byte: UInt8) {
    self.reader = reader
    self.path = path
    self.byte = byte
  }

  func move(
    _ step: CursorStep, _ body: (UnsafeRawBufferPointer, UnsafeRawBufferPointer) -> Void
  ) throws(StorageError) -> Bool {
    let node =
      switch step {
      case .first: path.seek([byte])
      case .last: path.seek([byte + 1]) == nil ? path.last() : path.previous()
      case .next: path.next()
      case .previous: path.previous()
      case .atOrAfter(let key): path.seek([byte] + key)
      }
    guard let node, node.key[0] == byte else {
      try reader.checkOpen()
      return false
    }
    let value = try reader.open(node.record, under: node.key)
    node.key.withUnsafeBytes { key in
      value.withUnsafeBytes { body(UnsafeRawBufferPointer(rebasing: key.dropFirst()), $0) }
    }
    return true
  }

  func close() {}
}
