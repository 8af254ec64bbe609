import Glibc

/// Folders of the file system.
public enum Folder {
  /// Makes `path` with those above it where they are not there yet, each with `mode` as far as the
  /// umask lets it. Throws if one cannot be made or something else than a folder is there.
  public static func make(_ path: String, mode: UInt32 = 0o777) throws(StreamError) {
    var made = path.hasPrefix("/") ? "/" : ""
    for part in path.split(separator: "/") {
      made += part
      let code = mkdir(made, mode) == 0 ? 0 : errno
      if code != 0, code != EEXIST {
        // A folder that is there need not be one that could be made.
        var status = stat()
        guard stat(made, &status) == 0 else { throw .failed(path, "made", code) }
      }
      made += "/"
    }
    var status = stat()
    guard stat(path, &status) == 0 else { throw .failed(path, "made", errno) }
    guard status.isKind(S_IFDIR) else { throw .unfit(path, "is no folder") }
  }
}
