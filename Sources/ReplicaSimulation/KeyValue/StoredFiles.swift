import Glibc
import KeyValue
import Primitives
import Runtime
import Storage

/// The directory of a key-value store in a simulated one: each file is a record, with the number of
/// its bytes that are synced before them. Names are on the disk at once; bytes are when they are
/// synced, and may be before.
///
/// `@unchecked Sendable`: a world uses it on one thread.
final class StoredFiles: LogDisk, @unchecked Sendable {
  let path = "simulated"
  private let store: any KeyValueStore
  /// Whether the process has ended at a write point.
  private(set) var isClosed = false
  /// Whether the store has refused a write since it was last asked.
  private var hasRefused = false

  private static let space = Namespace("replica-simulation/files")

  struct Content {
    var synced: Int
    var bytes: [UInt8]

    init(synced: Int, bytes: [UInt8]) { (self.synced, self.bytes) = (synced, bytes) }

    init(stored: [UInt8]) {
      synced = stored.prefix(8).reduce(0) { $0 << 8 | Int($1) }
      bytes = Array(stored.dropFirst(8))
    }

    var stored: [UInt8] {
      (0..<8).map { UInt8(truncatingIfNeeded: synced >> (56 - 8 * $0)) } + bytes
    }
  }

  init(_ store: any KeyValueStore) { self.store = store }

  /// Whether a write was refused since the last call.
  func takeRefusal() -> Bool {
    defer { hasRefused = false }
    return hasRefused
  }

  private func change(
    _ doing: DiskError.Call, _ name: String,
    _ body: (inout StoreTransaction) throws(StorageError) -> Void
  ) throws(DiskError) {
    do throws(StorageError) { try store.write(body) } catch {
      if error == .closed { isClosed = true } else { hasRefused = true }
      throw DiskError(doing: doing, file: name, code: EIO)
    }
  }

  fileprivate func put(
    _ content: Content, _ name: String, _ doing: DiskError.Call
  ) throws(DiskError) {
    try change(doing, name) { (transaction) throws(StorageError) in
      try transaction.put(Self.space.key(Array(name.utf8)), content.stored)
    }
  }

  fileprivate func content(_ name: String) throws(DiskError) -> Content {
    var found: [UInt8]?
    do throws(StorageError) {
      found = try store.read { (snapshot) throws(StorageError) in
        try snapshot.value(of: Self.space.key(Array(name.utf8)))
      }
    } catch {
      if error == .closed { isClosed = true }
      throw DiskError(doing: .read, file: name, code: EIO)
    }
    guard let found else { throw DiskError(doing: .read, file: name, code: ENOENT) }
    return Content(stored: found)
  }

  /// The power was lost: of what was not synced, only the first part is there.
  /// - Returns: whether anything is gone.
  func losePower(_ random: inout RandomStream) throws(DiskError) -> Bool {
    var hasLost = false
    for name in try names() {
      var content = try content(name)
      let rest = content.bytes.count - content.synced
      guard rest > 0 else { continue }
      content.bytes.removeLast(rest - random.below(rest))
      content.synced = content.bytes.count
      hasLost = true
      try put(content, name, .cut)
    }
    return hasLost
  }

  func names() throws(DiskError) -> [String] {
    do throws(StorageError) {
      return try store.read { (snapshot) throws(StorageError) in
        try snapshot.entries(in: Self.space.all).map { String(decoding: $0.key, as: UTF8.self) }
      }
    } catch {
      if error == .closed { isClosed = true }
      throw DiskError(doing: .read, file: path, code: EIO)
    }
  }

  func size(of name: String) throws(DiskError) -> Int { try content(name).bytes.count }

  func read(_ name: String, at offset: Int, count: Int) throws(DiskError) -> [UInt8] {
    Array(try content(name).bytes.dropFirst(offset).prefix(count))
  }

  func create(_ name: String) throws(DiskError) -> any LogDiskFile {
    guard try !names().contains(name) else {
      throw DiskError(doing: .made, file: name, code: EEXIST)
    }
    try put(Content(synced: 0, bytes: []), name, .made)
    let file = StoredFile(self, name)
    open.removeAll { $0.file == nil || $0.file?.name == name }
    open.append(OpenFile(file: file))
    return file
  }

  func rename(_ name: String, to target: String) throws(DiskError) {
    let content = try content(name)
    try change(.renamed, name) { (transaction) throws(StorageError) in
      try transaction.put(Self.space.key(Array(target.utf8)), content.stored)
      _ = try transaction.delete(Self.space.key(Array(name.utf8)))
    }
    for file in open where file.file?.name == name { file.file?.name = target }
  }

  private struct OpenFile {
    weak var file: StoredFile?
  }

  private var open: [OpenFile] = []

  func remove(_ name: String) throws(DiskError) {
    guard try names().contains(name) else { return }
    try change(.removed, name) { (transaction) throws(StorageError) in
      _ = try transaction.delete(Self.space.key(Array(name.utf8)))
    }
  }

  func truncate(_ name: String, to bytes: Int) throws(DiskError) {
    let whole = Array(try content(name).bytes.prefix(bytes))
    try put(Content(synced: whole.count, bytes: whole), name, .cut)
  }

  func synchronize() throws(DiskError) {}

  // MARK: Members

  private static let bookKey = Namespace("replica-simulation/members").key()

  /// The members that were stored; none if nothing was.
  func readBook() throws(DiskError) -> MemberBook {
    var bytes: [UInt8]?
    do throws(StorageError) {
      bytes = try store.read { (snapshot) throws(StorageError) in
        try snapshot.value(of: Self.bookKey)
      }
    } catch {
      if error == .closed { isClosed = true }
      throw DiskError(doing: .read, file: "members", code: EIO)
    }
    guard let bytes else { return MemberBook() }
    do throws(WireError) { return try MemberBook(wireBytes: bytes) } catch {
      throw DiskError(doing: .read, file: "members", code: EINVAL)
    }
  }

  func writeBook(_ book: MemberBook) throws(DiskError) {
    try change(.written, "members") { (transaction) throws(StorageError) in
      try transaction.put(Self.bookKey, book.wireBytes)
    }
  }
}

/// An open file of it, which goes by its later name when it gets one.
///
/// `@unchecked Sendable`: a world uses it on one thread.
private final class StoredFile: LogDiskFile, @unchecked Sendable {
  private let disk: StoredFiles
  var name: String

  init(_ disk: StoredFiles, _ name: String) { (self.disk, self.name) = (disk, name) }

  func append(_ bytes: UnsafeRawBufferPointer) throws(DiskError) {
    var content = try disk.content(name)
    content.bytes += bytes
    try disk.put(content, name, .written)
  }

  func truncate(to bytes: Int) throws(DiskError) {
    var content = try disk.content(name)
    content.bytes = Array(content.bytes.prefix(bytes))
    content.synced = min(content.synced, bytes)
    try disk.put(content, name, .cut)
  }

  func synchronize() throws(DiskError) {
    var content = try disk.content(name)
    guard content.synced < content.bytes.count else { return }
    content.synced = content.bytes.count
    try disk.put(content, name, .synced)
  }
}
