import Glibc

extension Folder {
  /// The names in the folder at `path` in the order of their bytes, without `.` and `..`; at most
  /// `limit` of them, or it throws. Throws if there is no folder.
  public static func names(in path: String, limit: Int) throws(StreamError) -> [String] {
    guard let stream = opendir(path) else {
      throw errno == ENOENT ? .absent(path) : .failed(path, "read", errno)
    }
    defer { closedir(stream) }
    var names: [String] = []
    while let entry = readdir(stream) {
      let name = withUnsafePointer(to: &entry.pointee.d_name) { bytes in
        bytes.withMemoryRebound(to: CChar.self, capacity: Int(NAME_MAX) + 1) {
          String(cString: $0)
        }
      }
      if name == "." || name == ".." { continue }
      guard names.count < limit else {
        throw .unfit(path, "has more than \(limit) entries")
      }
      names.append(name)
    }
    return names.sorted { $0.utf8.lexicographicallyPrecedes($1.utf8) }
  }

  /// Whether `path` is a folder, and no link to one.
  public static func isFolder(_ path: String) -> Bool {
    var status = stat()
    return lstat(path, &status) == 0 && status.isKind(S_IFDIR)
  }

  /// Removes the folder at `path` with the files in it, or a file or link that is there instead. A
  /// folder inside it is not gone into: then it throws, and that folder is left.
  public static func remove(_ path: String, filesMax: Int) throws(StreamError) {
    if isFolder(path) {
      for name in try names(in: path, limit: filesMax) {
        guard unlink(path + "/" + name) == 0 || errno == ENOENT else {
          throw .failed(path + "/" + name, "removed", errno)
        }
      }
      guard rmdir(path) == 0 || errno == ENOENT else { throw .failed(path, "removed", errno) }
    } else if unlink(path) != 0, errno != ENOENT {
      throw .failed(path, "removed", errno)
    }
  }

  /// Gives the folder at `path` the name `target`, at which nothing may be but an empty folder, and
  /// brings that to the disk.
  public static func rename(_ path: String, to target: String) throws(StreamError) {
    guard Glibc.rename(path, target) == 0 else {
      throw [EEXIST, ENOTEMPTY, ENOTDIR].contains(errno)
        ? .present(target) : .failed(target, "made", errno)
    }
    synchronize(target.lastIndex(of: "/").map { String(target[..<$0]) } ?? ".")
  }

  /// Brings the names in a folder to the disk, as far as the file system promises that.
  public static func synchronize(_ path: String) {
    if case .success(let open) = Descriptor.open(path, O_RDONLY) { fsync(open.number) }
  }
}
