import CLMDB

/// A store's file, read page by page with system calls: neither a hole nor an end that is missing
/// can end the process, as they can in a map.
struct PageFile: ~Copyable {
  /// Named in errors.
  let file: String
  /// The length of the file in bytes.
  let byteCount: Int
  private let descriptor: Int32

  /// Opens `file` for reading only; refuses what is no regular file.
  init(_ file: String) throws(StorageError) {
    self.file = file
    let opened = try FileEntry.open(file, O_RDONLY)
    descriptor = opened.descriptor
    byteCount = opened.byteCount
  }

  deinit {
    CLMDB.close(descriptor)
  }

  /// Fills `target` from `offset` on; false if the file ends before.
  func read(_ target: UnsafeMutableRawBufferPointer, at offset: Int) throws(StorageError) -> Bool {
    var done = 0
    while done < target.count {
      let rest = UnsafeMutableRawBufferPointer(rebasing: target[done...])
      let count = pread(descriptor, rest.baseAddress, rest.count, offset + done)
      if count == 0 { return false }
      if count > 0 {
        done += count
      } else if storage_errno() != EINTR {
        throw .failedRead(file, code: storage_errno())
      }
    }
    return true
  }
}

/// What stands under a name in a data directory.
enum FileEntry {
  struct Opened {
    let descriptor: Int32
    let byteCount: Int
  }

  /// What is there, following symbolic links; nil if there is nothing.
  static func status(of path: String) throws(StorageError) -> stat? {
    var found = stat()
    if stat(path, &found) == 0 { return found }
    let code = storage_errno()
    // A link that leads nowhere is something.
    guard code == ENOENT, lstat(path, &found) != 0, storage_errno() == ENOENT else {
      throw .failedOpen(path, code: code)
    }
    return nil
  }

  /// Refuses anything but a regular file, which is the only thing that can be opened without
  /// waiting, and replaced without harm.
  static func checkRegular(_ status: stat, _ path: String) throws(StorageError) {
    if let kind = kind(of: status) { throw .notRegular(path, kind: kind) }
  }

  /// Opens a regular file; `flags` are those of `open`.
  static func open(_ path: String, _ flags: Int32) throws(StorageError) -> Opened {
    guard let before = try status(of: path) else { throw .failedOpen(path, code: ENOENT) }
    // Looked at first: to open a device may do something.
    try checkRegular(before, path)
    let descriptor = storage_open(path, flags | O_NONBLOCK | O_NOCTTY | O_CLOEXEC, 0o644)
    guard descriptor >= 0 else { throw .failedOpen(path, code: storage_errno()) }
    do throws(StorageError) {
      var found = stat()
      guard fstat(descriptor, &found) == 0 else { throw .failedOpen(path, code: storage_errno()) }
      try checkRegular(found, path)
      return Opened(descriptor: descriptor, byteCount: Int(found.st_size))
    } catch {
      CLMDB.close(descriptor)
      throw error
    }
  }

  /// What it is instead of a regular file; nil for one.
  private static func kind(of status: stat) -> String? {
    switch mode_t(status.st_mode) & mode_t(S_IFMT) {
    case mode_t(S_IFREG): nil
    case mode_t(S_IFDIR): "a directory"
    case mode_t(S_IFIFO): "a FIFO"
    case mode_t(S_IFSOCK): "a socket"
    case mode_t(S_IFCHR), mode_t(S_IFBLK): "a device"
    default: "something else"
    }
  }
}
