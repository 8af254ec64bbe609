import Foundation
import Storage

/// The mark in a data directory that a replay into it has not come to its end: the next one may
/// begin it again. It is a file without content.
enum UnfinishedReplay {
  private static let name = "replay.unfinished"

  static func isLeft(in directory: String) -> Bool {
    var status = stat()
    return lstat(path(directory), &status) == 0
  }

  /// Puts the mark there.
  static func begin(in directory: String) throws(StorageError) {
    let path = path(directory)
    let descriptor = open(path, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0o644)
    guard descriptor >= 0 else {
      let code = errno
      guard code != EEXIST else { return }
      throw [ENOSPC, EDQUOT].contains(code)
        ? .fullDisk(path, code: code) : .failedWrite(path, code: code)
    }
    close(descriptor)
  }

  /// Takes it away.
  static func end(in directory: String) throws(StorageError) {
    let path = path(directory)
    guard unlink(path) == 0 || errno == ENOENT else { throw .failedWrite(path, code: errno) }
  }

  private static func path(_ directory: String) -> String { directory + "/" + name }
}
