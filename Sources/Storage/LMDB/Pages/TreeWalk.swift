/// Walks through a table's whole tree and checks that it is one: pages of the right kind, each used
/// once, all leaves at the same depth, keys in order within what the branches above say, and as
/// many pages and entries as the table's description says.
///
/// Memory is one page for each level, and time one visit to each page, whatever the file says.
struct TreeWalk {
  /// An entry of a leaf.
  struct Entry {
    let page: UInt64
    let flags: UInt16
    let key: UnsafeRawBufferPointer
    /// The value, where it stands in the leaf; empty for a long one.
    let value: UnsafeRawBufferPointer
    /// The pages that a long value stands on: its first page, and its length in bytes.
    let long: (first: UInt64, byteCount: Int)?
  }

  private let file: String
  private let name: String
  private let table: PageTable
  private let pageBytes: Int
  private var counts = (branches: UInt64(0), leaves: UInt64(0), overflows: UInt64(0))
  private var entries: UInt64 = 0
  private let room: UnsafeMutableRawBufferPointer

  /// Walks through `table`, claims its pages, and calls `body` with each entry in order.
  static func run(
    _ table: PageTable, name: String, in file: borrowing PageFile, pageBytes: Int,
    claims: inout PageClaims, _ body: (Entry) throws(StorageError) -> Void
  ) throws(StorageError) {
    let depth = Int(table.depth)
    guard depth <= PageFormat.depthMax else {
      throw .damagedTable(file.file, name, "it says that it has \(depth) levels")
    }
    let isEmpty = table.root == PageFormat.noPage
    guard isEmpty == (depth == 0) else {
      throw .damagedTable(
        file.file, name, "its root is page \(table.root), and it has \(depth) levels")
    }
    let room = UnsafeMutableRawBufferPointer.allocate(
      byteCount: max(1, depth) * pageBytes, alignment: 8)
    defer { room.deallocate() }
    var walk = TreeWalk(
      file: file.file, name: name, table: table, pageBytes: pageBytes, room: room)
    if !isEmpty {
      try walk.visit(table.root, level: 0, from: nil, to: nil, file, &claims, body)
    }
    try walk.compareCounts()
  }

  private init(
    file: String, name: String, table: PageTable, pageBytes: Int,
    room: UnsafeMutableRawBufferPointer
  ) {
    self.file = file
    self.name = name
    self.table = table
    self.pageBytes = pageBytes
    self.room = room
  }

  private func compareCounts() throws(StorageError) {
    for (what, found, expected) in [
      ("branches", counts.branches, table.branches), ("leaves", counts.leaves, table.leaves),
      ("pages of long values", counts.overflows, table.overflows),
      ("entries", entries, table.entries),
    ] where found != expected {
      throw .damagedTable(file, name, "it has \(found) \(what), not \(expected)")
    }
  }

  /// Visits the page `number`, whose keys lie from `from` on and before `to`.
  private mutating func visit(
    _ number: UInt64, level: Int, from: UnsafeRawBufferPointer?, to: UnsafeRawBufferPointer?,
    _ source: borrowing PageFile, _ claims: inout PageClaims,
    _ body: (Entry) throws(StorageError) -> Void
  ) throws(StorageError) {
    let isLeaf = level + 1 == Int(table.depth)
    let page = try load(number, level: level, isLeaf: isLeaf, source, &claims)
    try checkKeys(page, number, from: from, to: to)
    if isLeaf {
      counts.leaves += 1
      for index in 0..<page.count {
        entries += 1
        try body(try entry(index, page, number, source, &claims))
      }
      return
    }
    counts.branches += 1
    for index in 0..<page.count {
      try visit(
        page.child(index), level: level + 1, from: index == 0 ? from : page.key(index),
        to: index + 1 < page.count ? page.key(index + 1) : to, source, &claims, body)
    }
  }

  private func fault(_ page: UInt64, _ text: String) -> StorageError {
    .damagedPage(file, page: page, text)
  }

  private func claim(_ page: UInt64, _ claims: inout PageClaims) throws(StorageError) {
    if let problem = claims.claim(page) { throw fault(page, problem) }
  }

  private func load(
    _ number: UInt64, level: Int, isLeaf: Bool, _ source: borrowing PageFile,
    _ claims: inout PageClaims
  ) throws(StorageError) -> TreePage {
    try claim(number, &claims)
    let target = UnsafeMutableRawBufferPointer(
      rebasing: room[(level * pageBytes)..<((level + 1) * pageBytes)])
    guard try source.read(target, at: Int(number) * pageBytes) else { throw .truncated(file) }
    switch TreePage.check(UnsafeRawBufferPointer(target), number: number, isLeaf: isLeaf) {
    case .success(let page): return page
    case .failure(let problem): throw fault(number, problem.text)
    }
  }

  /// The first key of a branch is not looked at by anybody: all below it is before the second.
  private func checkKeys(
    _ page: TreePage, _ number: UInt64, from: UnsafeRawBufferPointer?, to: UnsafeRawBufferPointer?
  ) throws(StorageError) {
    let isNumeric = table.flags & PageFormat.numericKeys != 0
    // LMDB insists on two in the branches of all tables but that of the free pages.
    guard page.count >= (page.isLeaf || isNumeric ? 1 : 2) else {
      throw fault(number, "it has \(page.count) nodes")
    }
    var previous = from
    for index in (page.isLeaf ? 0 : 1)..<page.count {
      let key = page.key(index)
      guard isNumeric ? key.count == 8 : (1...StorageLimits.storedKeyBytesMax).contains(key.count)
      else {
        throw fault(number, "the key of its node \(index) has \(key.count) bytes")
      }
      if let previous {
        let order = compare(previous, key, isNumeric)
        // A branch may name the very key that its subtree begins with.
        guard order < 0 || (order == 0 && index == 0) else {
          throw fault(number, "the key of its node \(index) is not in order")
        }
      }
      previous = key
    }
    if let to, let previous, compare(previous, to, isNumeric) >= 0 {
      throw fault(number, "its last key is not before that of the next page")
    }
  }

  private func compare(
    _ first: UnsafeRawBufferPointer, _ second: UnsafeRawBufferPointer, _ isNumeric: Bool
  ) -> Int {
    guard isNumeric else { return ByteOrder.compare(first, second) }
    let numbers = (first.number(at: 0, as: UInt64.self), second.number(at: 0, as: UInt64.self))
    return numbers.0 < numbers.1 ? -1 : numbers.0 > numbers.1 ? 1 : 0
  }

  private mutating func entry(
    _ index: Int, _ page: TreePage, _ number: UInt64, _ source: borrowing PageFile,
    _ claims: inout PageClaims
  ) throws(StorageError) -> Entry {
    let flags = page.flags(index)
    guard flags & ~(PageFormat.longValue | PageFormat.namedTable) == 0,
      flags != PageFormat.longValue | PageFormat.namedTable
    else { throw fault(number, "its node \(index) has the flags \(flags)") }
    let value = page.value(index)
    guard flags == PageFormat.longValue else {
      return Entry(page: number, flags: flags, key: page.key(index), value: value, long: nil)
    }
    let first: UInt64 = value.number(at: 0)
    let bytes = page.valueBytes(index)
    try claimRun(first, bytes, source, &claims)
    return Entry(
      page: number, flags: flags, key: page.key(index),
      value: UnsafeRawBufferPointer(start: nil, count: 0), long: (first, bytes))
  }

  /// Claims the pages of a long value: they follow each other, and the first tells how many.
  private mutating func claimRun(
    _ first: UInt64, _ bytes: Int, _ source: borrowing PageFile, _ claims: inout PageClaims
  ) throws(StorageError) {
    try claim(first, &claims)
    var header = InlineArray<2, UInt64>(repeating: 0)
    var count: UInt64 = 0
    try withUnsafeMutableBytes(of: &header) { header throws(StorageError) in
      guard try source.read(header, at: Int(first) * pageBytes) else { throw .truncated(file) }
      let header = UnsafeRawBufferPointer(header)
      let kind: UInt16 = header.number(at: PageFormat.kindOffset)
      guard header.number(at: 0, as: UInt64.self) == first, kind == PageFormat.overflow else {
        throw fault(first, "it does not begin a long value")
      }
      count = UInt64(header.number(at: PageFormat.runOffset, as: UInt32.self))
    }
    // There may be more pages than needed, after a value was replaced by a shorter one.
    let needed = (PageFormat.headerBytes + bytes + pageBytes - 1) / pageBytes
    guard count >= UInt64(needed) else {
      throw fault(first, "it says it has \(count) pages for a value of \(bytes) bytes")
    }
    for page in (first + 1)..<(first + max(1, count)) { try claim(page, &claims) }
    counts.overflows += count
  }
}
