import Glibc
import Primitives

/// Files with secrets: only their owner may read them, and they are never written over.
public enum SecretFile {
  /// Permission bits of a new file: its owner reads and writes it.
  public static let mode: UInt32 = 0o600
  /// Permission bits of others, of which a file may have none.
  private static let others: mode_t = 0o077

  /// Makes a new file of `mode` at `path` and brings `bytes` to the disk. Throws if anything is
  /// there, a symbolic link that leads nowhere included; after an error no file is left.
  public static func create(path: String, _ bytes: [UInt8]) throws(StreamError) {
    let file: Descriptor
    switch Descriptor.open(path, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW, mode: mode) {
    case .success(let open): file = open
    case .failure(let failure) where failure.code == EEXIST: throw .present(path)
    case .failure(let failure): throw .failed(path, "written", failure.code)
    }
    do throws(StreamError) {
      // A umask may have taken the owner's own permissions.
      guard fchmod(file.number, mode) == 0 else { throw .failed(path, "written", errno) }
      if let failure = file.write(bytes).failure { throw .failed(path, "written", failure.code) }
      guard fsync(file.number) == 0 else { throw .failed(path, "written", errno) }
    } catch {
      unlink(path)
      throw error
    }
    let folder = path.lastIndex(of: "/").map { String(path[...$0]) } ?? "."
    // The content is safe; that the name is too, not every file system can promise.
    if case .success(let open) = Descriptor.open(folder, O_RDONLY) { fsync(open.number) }
  }

  /// The whole content of the file at `path`, at most `limit` bytes, which the caller wipes. Throws
  /// if it is no regular file, if anybody but its owner has a permission, or if it belongs to
  /// somebody else than this process or root.
  public static func read(path: String, limit: Int) throws(StreamError) -> [UInt8] {
    let file: Descriptor
    // Without waiting, since a FIFO would be waited for before it is refused.
    switch Descriptor.open(path, O_RDONLY | O_NONBLOCK) {
    case .success(let open): file = open
    case .failure(let failure) where failure.code == ENOENT: throw .absent(path)
    case .failure(let failure): throw .failed(path, "read", failure.code)
    }
    guard let status = file.status else { throw .failed(path, "read", EBADF) }
    guard status.isKind(S_IFREG) else { throw .unfit(path, "is no regular file") }
    guard status.st_mode & others == 0 else {
      throw .unfit(
        path, "can be read or changed by others than its owner; set its mode to 600 (chmod 600)")
    }
    guard status.st_uid == geteuid() || status.st_uid == 0 else {
      throw .unfit(path, "belongs to another user")
    }
    var bytes: [UInt8] = []
    bytes.reserveCapacity(limit + 1)
    while true {
      var piece: [UInt8]
      switch file.read(limit + 1 - bytes.count) {
      case .success(let read): piece = read
      case .failure(let failure):
        Secrets.wipe(&bytes)
        throw .failed(path, "read", failure.code)
      }
      if piece.isEmpty { return bytes }
      bytes += piece
      Secrets.wipe(&piece)
      guard bytes.count <= limit else {
        Secrets.wipe(&bytes)
        throw .tooLarge(path, limit: limit)
      }
    }
  }
}
