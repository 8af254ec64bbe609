/// Checks a store's whole file before LMDB is let at it. LMDB trusts its pages: a wrong number in
/// one of them ends the process.
///
/// Every page must be in use once, or free once. So a number that leads to another page is found
/// even if what stands there looks well, such as the same leaf before it was changed.
enum FileCheck {
  /// What is looked at.
  enum Scope {
    /// Everything that LMDB trusts: pages, keys, lists of free pages.
    case pages
    /// The checksum of each record, too.
    case records
  }

  /// The table with the records.
  private static let records = "records"
  private static let header = "header"

  /// Throws the first fault, with its page.
  static func run(_ path: String, _ scope: Scope) throws(StorageError) {
    let file = try PageFile(path)
    let meta = try MetaPage.newest(of: file)
    let pageBytes = Int(meta.freePages.pageBytes)
    var claims = PageClaims(lastPage: meta.lastPage)
    for page in 0..<PageFormat.metaPages { _ = claims.claim(page) }
    var tables: [(name: String, table: PageTable)] = []
    try TreeWalk.run(
      meta.tables, name: "tables", in: file, pageBytes: pageBytes, claims: &claims
    ) { entry throws(StorageError) in
      guard let table = try table(in: entry, of: path) else { return }
      tables.append(table)
      // A newer format may have one more table than this one; of any number is nobody's store.
      guard tables.count <= tablesMax else { throw .foreignFile(path) }
    }
    for (name, table) in tables {
      var check = name == records && scope == .records ? RecordCheck() : nil
      try TreeWalk.run(table, name: name, in: file, pageBytes: pageBytes, claims: &claims) {
        entry throws(StorageError) in
        guard entry.flags & PageFormat.namedTable == 0 else {
          throw .damagedPage(path, page: entry.page, "it has a table inside the table \(name)")
        }
        // Of another format the records may look different; this table comes before theirs.
        if name == header, scope == .records, entry.long == nil {
          _ = try StoreHeader(Array(entry.value), of: path)
        }
        try check?.run(entry, in: file, pageBytes: pageBytes)
      }
    }
    let free = try FreePages.find(meta, in: file, pageBytes: pageBytes, used: &claims)
    if let page = claims.firstShared(with: free) {
      throw .damagedPage(path, page: page, "it is free and used")
    }
    if let page = claims.firstMissing(with: free) {
      throw .damagedPage(path, page: page, "nothing uses it, and it is not free")
    }
  }

  /// Tables that a file may have and still be taken for a store.
  private static let tablesMax = 16

  /// The table that an entry of the tree of tables describes; nil for a record without a table,
  /// which no store has.
  private static func table(
    in entry: TreeWalk.Entry, of path: String
  ) throws(StorageError) -> (name: String, table: PageTable)? {
    guard entry.flags == PageFormat.namedTable else { return nil }
    guard entry.value.count == PageFormat.Table.end else {
      throw .damagedPage(
        path, page: entry.page, "a table's description has \(entry.value.count) bytes")
    }
    let name = String(decoding: entry.key, as: UTF8.self)
    let table = PageTable(entry.value)
    guard table.flags == 0 else {
      throw [header, records].contains(name)
        ? .damagedTable(path, name, "its flags are \(table.flags)") : .foreignFile(path)
    }
    return (name, table)
  }
}

/// Checks the checksums of records, and that each is of a namespace that the store has.
struct RecordCheck {
  /// Entries of the list of namespaces, which comes first.
  private var entries: [StoreEntry] = []
  private var namespaces: NamespaceDirectory?

  /// Looks at the next record in the order of keys.
  mutating func run(
    _ entry: TreeWalk.Entry, in file: borrowing PageFile, pageBytes: Int
  ) throws(StorageError) {
    if entry.key.first == NamespaceDirectory.ownByte, entries.count <= StorageLimits.namespacesMax {
      guard entry.long == nil, let value = SealedRecord.open(entry.value, under: entry.key) else {
        throw .corrupted(file.file, record: NamespaceDirectory().describe(entry.key))
      }
      return entries.append(StoreEntry(key: Array(entry.key.dropFirst()), value: Array(value)))
    }
    let known: NamespaceDirectory
    if let namespaces {
      known = namespaces
    } else {
      known = try NamespaceDirectory(entries, of: file.file)
      namespaces = known
    }
    guard known.owner(of: entry.key) != nil else {
      throw .damagedPage(file.file, page: entry.page, "a record is of no namespace")
    }
    guard try Self.isSealed(entry, in: file, pageBytes: pageBytes) else {
      throw .corrupted(file.file, record: known.describe(entry.key))
    }
  }

  private static func isSealed(
    _ entry: TreeWalk.Entry, in file: borrowing PageFile, pageBytes: Int
  ) throws(StorageError) -> Bool {
    guard let (first, byteCount) = entry.long else {
      return SealedRecord.open(entry.value, under: entry.key) != nil
    }
    guard byteCount <= StorageLimits.valueBytesMax + SealedRecord.sealBytes else { return false }
    let value = UnsafeMutableRawBufferPointer.allocate(byteCount: byteCount, alignment: 8)
    defer { value.deallocate() }
    let start = Int(first) * pageBytes + PageFormat.headerBytes
    guard try file.read(value, at: start) else { throw .truncated(file.file) }
    return SealedRecord.open(UnsafeRawBufferPointer(value), under: entry.key) != nil
  }
}
