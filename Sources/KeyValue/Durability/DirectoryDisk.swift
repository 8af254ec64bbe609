import Glibc
import Streams

/// A directory of the file system, which no other process has open for writing.
public final class DirectoryDisk: LogDisk {
  public static let lockName = "lock"

  public let path: String
  private let lock: Int32
  /// The directory, open as long as this: there may be no descriptor left when names are synced.
  private let folder: Int32

  /// Opens a directory.
  /// - Parameter forWriting: makes it where it is not there, and locks it.
  public init(path: String, forWriting: Bool) throws(LogError) {
    self.path = path
    guard forWriting else {
      guard Folder.isFolder(path) else { throw LogError(.missing, path, "there is no such folder") }
      (lock, folder) = (-1, -1)
      return
    }
    do throws(StreamError) { try Folder.make(path, mode: 0o700) } catch {
      throw LogError(.disk, path, "\(error)")
    }
    let file = path + "/" + Self.lockName
    let descriptor = open(file, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0o600)
    guard descriptor >= 0 else {
      throw LogError(DiskError(doing: .opened, file: file, code: errno))
    }
    guard flock(descriptor, LOCK_EX | LOCK_NB) == 0 else {
      close(descriptor)
      throw LogError(.locked, path, "another process has this data directory open")
    }
    let folder = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
    guard folder >= 0 else {
      let code = errno
      close(descriptor)
      throw LogError(DiskError(doing: .opened, file: path, code: code))
    }
    (lock, self.folder) = (descriptor, folder)
  }

  deinit { for descriptor in [lock, folder] where descriptor >= 0 { close(descriptor) } }

  public func unlock() { if lock >= 0 { flock(lock, LOCK_UN) } }

  private func place(_ name: String) -> String { path + "/" + name }

  private func failure(_ doing: DiskError.Call, _ name: String) -> DiskError {
    DiskError(doing: doing, file: place(name), code: errno)
  }

  public func names() throws(DiskError) -> [String] {
    do throws(StreamError) {
      return try Folder.names(in: path, limit: KeyValueLimits.dataFilesMax)
    } catch { throw DiskError(doing: .read, file: path, code: EIO) }
  }

  public func size(of name: String) throws(DiskError) -> Int {
    var status = stat()
    guard lstat(place(name), &status) == 0 else { throw failure(.read, name) }
    guard status.st_mode & S_IFMT == S_IFREG else {
      throw DiskError(doing: .read, file: place(name), code: EINVAL)
    }
    return Int(status.st_size)
  }

  public func read(_ name: String, at offset: Int, count: Int) throws(DiskError) -> [UInt8] {
    do throws(StreamError) {
      return try RegularFile(path: place(name)).read(at: offset, count)
    } catch {
      throw DiskError(doing: .read, file: place(name), code: error.isAbsent ? ENOENT : EIO)
    }
  }

  public func create(_ name: String) throws(DiskError) -> any LogDiskFile {
    let flags = O_WRONLY | O_CREAT | O_EXCL | O_APPEND | O_CLOEXEC | O_NOFOLLOW
    let descriptor = open(place(name), flags, 0o600)
    guard descriptor >= 0 else { throw failure(.made, name) }
    return DirectoryFile(descriptor, place(name))
  }

  public func rename(_ name: String, to target: String) throws(DiskError) {
    guard Glibc.rename(place(name), place(target)) == 0 else { throw failure(.renamed, name) }
  }

  public func remove(_ name: String) throws(DiskError) {
    guard unlink(place(name)) == 0 || errno == ENOENT else { throw failure(.removed, name) }
  }

  public func truncate(_ name: String, to bytes: Int) throws(DiskError) {
    let descriptor = open(place(name), O_WRONLY | O_CLOEXEC | O_NOFOLLOW)
    guard descriptor >= 0 else { throw failure(.cut, name) }
    let file = DirectoryFile(descriptor, place(name))
    try file.truncate(to: bytes)
    try file.synchronize()
  }

  public func synchronize() throws(DiskError) {
    guard folder >= 0 else { throw DiskError(doing: .synced, file: path, code: EBADF) }
    guard fsync(folder) == 0 else {
      throw DiskError(doing: .synced, file: path, code: errno)
    }
  }
}

/// A file of such a directory.
private final class DirectoryFile: LogDiskFile {
  private let descriptor: Int32
  private let path: String

  init(_ descriptor: Int32, _ path: String) {
    self.descriptor = descriptor
    self.path = path
  }

  deinit { close(descriptor) }

  func append(_ bytes: UnsafeRawBufferPointer) throws(DiskError) {
    var done = 0
    while done < bytes.count {
      let count = write(descriptor, bytes.baseAddress! + done, bytes.count - done)
      if count > 0 {
        done += count
      } else if count == 0 || errno != EINTR {
        throw DiskError(doing: .written, file: path, code: count == 0 ? EIO : errno)
      }
    }
  }

  func truncate(to bytes: Int) throws(DiskError) {
    guard ftruncate(descriptor, off_t(bytes)) == 0 else {
      throw DiskError(doing: .cut, file: path, code: errno)
    }
  }

  func synchronize() throws(DiskError) {
    guard fdatasync(descriptor) == 0 else {
      throw DiskError(doing: .synced, file: path, code: errno)
    }
  }
}
