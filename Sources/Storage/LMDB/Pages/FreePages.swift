/// The lists of free pages: a table of its own, with one list for each transaction that freed some.
/// A list is the number of its pages, then the pages, the highest first, eight bytes each.
struct FreePages {
  private let file: String
  private let transaction: UInt64
  private var claims: PageClaims
  private var lastList: UInt64 = 0
  /// Of the list that is being read.
  private var left: UInt64?
  private var previous = UInt64.max

  /// Finds all free pages; the pages of the lists themselves are claimed in `used`.
  static func find(
    _ meta: MetaPage, in file: borrowing PageFile, pageBytes: Int, used: inout PageClaims
  ) throws(StorageError) -> PageClaims {
    var free = FreePages(
      file: file.file, transaction: meta.transaction,
      claims: PageClaims(lastPage: meta.lastPage))
    try TreeWalk.run(
      meta.freePages, name: tableName, in: file, pageBytes: pageBytes, claims: &used
    ) { entry throws(StorageError) in
      try free.add(entry, from: file, pageBytes: pageBytes)
    }
    // Whatever a transaction changes frees the pages it stood on, so the last list is its own: that
    // tells that the meta page and the trees it names are of one transaction. The first one frees
    // nothing.
    guard free.lastList == (meta.transaction > 1 ? meta.transaction : 0) else {
      throw .damagedPage(
        file.file, page: meta.transaction & 1,
        "it is of transaction \(meta.transaction), but the last list of free pages of "
          + "\(free.lastList)")
    }
    return free.claims
  }

  private static let tableName = "free pages"

  private init(file: String, transaction: UInt64, claims: PageClaims) {
    self.file = file
    self.transaction = transaction
    self.claims = claims
  }

  private mutating func add(
    _ entry: TreeWalk.Entry, from source: borrowing PageFile, pageBytes: Int
  ) throws(StorageError) {
    lastList = entry.key.number(at: 0)
    (left, previous) = (nil, .max)
    guard let (first, byteCount) = entry.long else {
      try add(entry.value, entry.page)
      return try finish(entry.page)
    }
    // Page by page: how long the list is, is not to be believed before it was seen.
    let room = UnsafeMutableRawBufferPointer.allocate(byteCount: pageBytes, alignment: 8)
    defer { room.deallocate() }
    var offset = Int(first) * pageBytes + PageFormat.headerBytes
    var rest = byteCount
    while rest > 0 {
      let part = UnsafeMutableRawBufferPointer(rebasing: room[..<min(rest, pageBytes)])
      guard try source.read(part, at: offset) else { throw .truncated(file) }
      try add(UnsafeRawBufferPointer(part), first)
      offset += part.count
      rest -= part.count
    }
    try finish(first)
  }

  /// Takes the next part of a list.
  private mutating func add(
    _ bytes: UnsafeRawBufferPointer, _ page: UInt64
  ) throws(StorageError) {
    guard bytes.count % 8 == 0 else {
      throw .damagedPage(file, page: page, "a list of free pages has \(bytes.count) bytes")
    }
    for offset in stride(from: 0, to: bytes.count, by: 8) {
      let number: UInt64 = bytes.number(at: offset)
      guard let left else {
        left = number
        continue
      }
      // What follows a list was reserved and is not read.
      if left == 0 { return }
      guard number < previous, number >= PageFormat.metaPages else {
        throw .damagedPage(file, page: page, "a list of free pages names \(number) out of order")
      }
      if let problem = claims.claim(number) {
        throw .damagedPage(file, page: number, "as a free page, \(problem)")
      }
      previous = number
      self.left = left - 1
    }
  }

  private func finish(_ page: UInt64) throws(StorageError) {
    guard left == 0 else {
      throw .damagedPage(file, page: page, "a list of free pages ends early")
    }
  }
}
