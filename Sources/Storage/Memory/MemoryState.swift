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
    var value: [UInt8]?
    guard let node = key.withUnsafeBytes({ map.node($0) }) else {
      try checkOpen()
      return nil
    }
    try open(node) { value = Array($1) }
    return value
  }

  func withBytes(
    of key: UnsafeRawBufferPointer, _ body: (UnsafeRawBufferPointer) -> Void
  ) throws(StorageError) -> Bool {
    guard let node = map.node(key) else {
      try checkOpen()
      return false
    }
    try open(node) { body($1) }
    return true
  }

  func makeCursor(in byte: UInt8) throws(StorageError) -> any CursorEngine {
    try checkOpen()
    return MemoryCursor(self, MapPath(map), byte: byte)
  }

  func put(_ key: UnsafeRawBufferPointer, _ value: UnsafeRawBufferPointer) throws(StorageError) {
    try write()
    map.put(key, recordCount: value.count + SealedRecord.sealBytes) {
      SealedRecord.seal(value, under: key, to: $0)
    }
    if let capacity = disk.faults.capacity, map.byteCount > capacity {
      throw .fullDisk(disk.name, needed: map.byteCount)
    }
  }

  func delete(_ key: [UInt8]) throws(StorageError) -> Bool {
    guard key.withUnsafeBytes({ map.node($0) }) != nil else {
      try checkOpen()
      return false
    }
    try write()
    return key.withUnsafeBytes { map.remove($0) }
  }

  func delete(in range: StoreRange, byte: UInt8) throws(StorageError) -> Int {
    try checkOpen()
    var count = 0
    let start = [byte] + range.start
    while let key = map.firstKey(atOrAfter: start), key[0] == byte,
      range.contains(Array(key.dropFirst()))
    {
      try write()
      _ = key.withUnsafeBytes { map.remove($0) }
      count += 1
    }
    return count
  }

  func commit() throws(StorageError) {
    if let failure { throw failure }
    try write(committing: MemoryRecords(map: map, namespaces: namespaces))
  }

  /// Hands key and value of a stored record to `body`; passes a read point.
  func open(
    _ node: PersistentMap.Node,
    _ body: (_ key: UnsafeRawBufferPointer, _ value: UnsafeRawBufferPointer) -> Void
  ) throws(StorageError) {
    let opening = opening
    let flip = try disk.state.withLock { state throws(StorageError) in
      try state.read(opening: opening)
    }
    let isWhole = node.withBytes { key, record in
      Self.withRecord(record, damagedAt: flip) { record in
        guard let value = SealedRecord.open(record, under: key) else { return false }
        body(key, value)
        return true
      }
    }
    if !isWhole { throw .corrupted(disk.name, record: namespaces.describe(node.key)) }
  }

  /// Hands a record out as it is read: with one wrong bit if a fault says so.
  private static func withRecord(
    _ record: UnsafeRawBufferPointer, damagedAt flip: UInt64?,
    _ body: (UnsafeRawBufferPointer) -> Bool
  ) -> Bool {
    guard let flip, !record.isEmpty else { return body(record) }
    var damaged = Array(record)
    let bit = Int(flip % UInt64(damaged.count * 8))
    damaged[bit / 8] ^= 1 << UInt8(bit % 8)
    return damaged.withUnsafeBytes(body)
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
    guard let node, node.withBytes({ key, _ in key[0] == byte }) else {
      try reader.checkOpen()
      return false
    }
    try reader.open(node) { body(UnsafeRawBufferPointer(rebasing: $0.dropFirst()), $1) }
    return true
  }

  func close() {}
}
