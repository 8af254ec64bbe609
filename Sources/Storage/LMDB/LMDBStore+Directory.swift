import CLMDB

/// What can be done with the directory of a store that is not open.
extension LMDBStore {
  /// Whether there is a store in the directory `path`.
  public static func exists(path: String) throws(StorageError) -> Bool {
    try DataDirectory.size(of: path + "/" + DataDirectory.fileName) != nil
  }

  /// Removes the store in the directory `path` and the directory, unless something else is in it.
  /// Refuses one that is open; does nothing if there is none.
  public static func remove(path: String) throws(StorageError) {
    guard access(path, F_OK) == 0 else { return }
    try erase(path: path)
    guard rmdir(path) == 0 || storage_errno() == ENOTEMPTY else {
      throw .failedWrite(path, code: storage_errno())
    }
  }

  /// Puts the store of the directory `source` in the place of the one in `path`, of which nothing
  /// stays, in one step: whenever the process or the machine ends, `path` has the one or the other
  /// whole. Refuses stores that are open, and a `source` that is none.
  ///
  /// Both directories must be on one file system, and the store of `source` closed in order, which
  /// brings it to the disk.
  public static func replace(path: String, with source: String) throws(StorageError) {
    let target = try DataDirectory(locking: path)
    defer { target.unlock() }
    let origin = try DataDirectory(locking: source)
    defer { origin.unlock() }
    try target.take(origin)
  }
}

extension DataDirectory {
  /// Takes the file of another directory in the place of one's own.
  fileprivate func take(_ other: DataDirectory) throws(StorageError) {
    guard try Self.size(of: other.file) != nil else {
      throw .failedOpen(other.file, code: ENOENT)
    }
    _ = try Self.size(of: file)
    guard rename(other.file, file) == 0 else {
      throw .failedWrite(file, code: storage_errno())
    }
    guard fsync(descriptor) == 0, fsync(other.descriptor) == 0 else {
      throw .failedWrite(file, code: storage_errno())
    }
  }
}
