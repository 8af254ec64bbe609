/// One of the two meta pages.
struct MetaPage {
  let mapBytes: UInt64
  let freePages: PageTable
  let tables: PageTable
  let lastPage: UInt64
  let transaction: UInt64

  /// What is wrong with the beginning of a meta page that LMDB reads in both; nil if nothing.
  private static func fault(_ bytes: UnsafeRawBufferPointer, number: UInt64) -> String? {
    let start = PageFormat.headerBytes
    let kind: UInt16 = bytes.number(at: PageFormat.kindOffset)
    let magic: UInt32 = bytes.number(at: start)
    let version: UInt32 = bytes.number(at: start + PageFormat.Meta.version)
    guard bytes.number(at: 0, as: UInt64.self) == number else {
      return "it says it is page \(bytes.number(at: 0, as: UInt64.self))"
    }
    guard kind == PageFormat.meta else { return "its kind is \(kind), not that of a meta page" }
    guard magic == PageFormat.magic else { return "LMDB's mark is not there" }
    guard version == PageFormat.version else { return "LMDB's format \(version) is not known" }
    return nil
  }

  private init(_ bytes: UnsafeRawBufferPointer) {
    let meta = UnsafeRawBufferPointer(rebasing: bytes[PageFormat.headerBytes...])
    mapBytes = meta.number(at: PageFormat.Meta.mapBytes)
    freePages = PageTable(meta.part(PageFormat.Meta.freePages, PageFormat.Table.end))
    tables = PageTable(meta.part(PageFormat.Meta.tables, PageFormat.Table.end))
    lastPage = meta.number(at: PageFormat.Meta.lastPage)
    transaction = meta.number(at: PageFormat.Meta.transaction)
  }

  /// Bytes of a meta page that mean something.
  private static let byteCount = PageFormat.headerBytes + PageFormat.Meta.end

  private static func read(
    _ number: UInt64, at offset: Int, of file: borrowing PageFile
  ) throws(StorageError) -> MetaPage {
    let bytes = UnsafeMutableRawBufferPointer.allocate(byteCount: byteCount, alignment: 8)
    defer { bytes.deallocate() }
    guard try file.read(bytes, at: offset) else { throw .truncated(file.file) }
    if let fault = fault(UnsafeRawBufferPointer(bytes), number: number) {
      throw .damagedPage(file.file, page: number, fault)
    }
    return MetaPage(UnsafeRawBufferPointer(bytes))
  }

  /// The meta page that names the newest state, after both were checked against each other.
  ///
  /// Commits are numbered one after another and write the meta page of their number's last bit, so
  /// the two numbers of a sound file tell of each other. What else the older page says is not read
  /// by anybody.
  static func newest(of file: borrowing PageFile) throws(StorageError) -> MetaPage {
    let first = try read(0, at: 0, of: file)
    let pageBytes = Int(first.freePages.pageBytes)
    guard PageFormat.pageBytes.contains(pageBytes), pageBytes.nonzeroBitCount == 1 else {
      throw .damagedPage(file.file, page: 0, "it says that a page has \(pageBytes) bytes")
    }
    let second = try read(1, at: pageBytes, of: file)
    let isSecond = first.transaction < second.transaction
    let (newest, older) = isSecond ? (second, first) : (first, second)
    let number: UInt64 = isSecond ? 1 : 0
    guard newest.transaction & 1 == number, newest.transaction - older.transaction == 1 else {
      throw .damagedPage(
        file.file, page: number,
        "its transaction \(newest.transaction) does not follow \(older.transaction)")
    }
    try newest.check(number, of: file, pageBytes: pageBytes)
    return newest
  }

  private func check(
    _ number: UInt64, of file: borrowing PageFile, pageBytes: Int
  ) throws(StorageError) {
    func fault(_ text: String) -> StorageError { .damagedPage(file.file, page: number, text) }
    guard Int(freePages.pageBytes) == pageBytes else {
      throw fault("it says that a page has \(freePages.pageBytes) bytes")
    }
    guard freePages.flags & ~PageFormat.creationFlags == PageFormat.numericKeys, tables.flags == 0
    else {
      throw fault("its flags are \(freePages.flags) and \(tables.flags)")
    }
    let pagesMax = UInt64(StorageLimits.mapBytesMax / pageBytes)
    guard lastPage >= PageFormat.metaPages - 1, lastPage < pagesMax else {
      throw fault("it says that page \(lastPage) is the last one")
    }
    guard mapBytes >= (lastPage + 1) * UInt64(pageBytes), mapBytes <= StorageLimits.mapBytesMax
    else { throw fault("it says that the map has \(mapBytes) bytes") }
    guard Int(lastPage + 1) * pageBytes <= file.byteCount else { throw .truncated(file.file) }
  }
}
