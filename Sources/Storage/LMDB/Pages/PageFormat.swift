/// How LMDB 0.9 lays out a file on a 64-bit system. Numbers have the byte order of the system.
///
/// A file is a row of pages of equal length. The first two are *meta pages*: commits write them in
/// turn, so that one names the newest state and the other the state before. From there a B+ tree
/// leads to the named tables, and another one to the lists of free pages.
enum PageFormat {
  static let magic: UInt32 = 0xbeef_c0de
  static let version: UInt32 = 1
  /// Lengths in bytes that a page may have.
  static let pageBytes = 512...32_768
  static let metaPages: UInt64 = 2
  /// The number that stands for the root of an empty tree.
  static let noPage = UInt64.max
  /// Most levels of a tree: what LMDB's cursors hold.
  static let depthMax = 32

  /// A page begins with its number (8 bytes), 2 unused bytes, its kind, and the two ends of the
  /// free space in it, or the number of pages of a long value (4 bytes).
  static let headerBytes = 16
  static let kindOffset = 10
  static let lowerOffset = 12
  static let upperOffset = 14
  static let runOffset = 12

  /// The kinds of pages.
  static let branch: UInt16 = 1
  static let leaf: UInt16 = 2
  static let overflow: UInt16 = 4
  static let meta: UInt16 = 8

  /// A node begins with 4 bytes of length or page number, 2 bytes of flags (or of page number), and
  /// the length of its key.
  static let nodeHeaderBytes = 8
  static let nodeFlagsOffset = 4
  static let nodeKeyOffset = 6
  /// Flags of a leaf's node: the value stands on pages of its own; it describes a named table.
  static let longValue: UInt16 = 1
  static let namedTable: UInt16 = 2

  /// Where the parts of a meta page stand, from the end of its header on.
  enum Meta {
    static let version = 4
    static let mapBytes = 16
    static let freePages = 24
    static let tables = 72
    static let lastPage = 120
    static let transaction = 128
    static let end = 136
  }

  /// What a table's description says: 48 bytes.
  enum Table {
    static let pageBytes = 0
    static let flags = 4
    static let depth = 6
    static let branches = 8
    static let leaves = 16
    static let overflows = 24
    static let entries = 32
    static let root = 40
    static let end = 48
  }

  /// The flag of a table whose keys are whole numbers.
  static let numericKeys: UInt16 = 8
  /// A flag of the table of free pages that only says how the file was created: by a name of its
  /// own.
  static let creationFlags: UInt16 = 0x4000
}

extension UnsafeRawBufferPointer {
  /// The number at `offset`, which must have been checked to lie inside.
  func number<Number: FixedWidthInteger & BitwiseCopyable>(
    at offset: Int, as type: Number.Type = Number.self
  ) -> Number {
    loadUnaligned(fromByteOffset: offset, as: type)
  }

  /// A part, which must have been checked to lie inside.
  func part(_ start: Int, _ count: Int) -> UnsafeRawBufferPointer {
    UnsafeRawBufferPointer(rebasing: self[start..<(start + count)])
  }
}

/// A table as its description names it: how large its tree is, and where it begins.
struct PageTable {
  let pageBytes: UInt32
  let flags: UInt16
  let depth: UInt16
  let branches: UInt64
  let leaves: UInt64
  let overflows: UInt64
  let entries: UInt64
  let root: UInt64

  /// Reads 48 bytes.
  init(_ bytes: UnsafeRawBufferPointer) {
    pageBytes = bytes.number(at: PageFormat.Table.pageBytes)
    flags = bytes.number(at: PageFormat.Table.flags)
    depth = bytes.number(at: PageFormat.Table.depth)
    branches = bytes.number(at: PageFormat.Table.branches)
    leaves = bytes.number(at: PageFormat.Table.leaves)
    overflows = bytes.number(at: PageFormat.Table.overflows)
    entries = bytes.number(at: PageFormat.Table.entries)
    root = bytes.number(at: PageFormat.Table.root)
  }
}
