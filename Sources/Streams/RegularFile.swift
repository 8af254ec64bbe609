import Glibc

/// A regular file that is read at any place. Never a device, a FIFO or a link that leads to one:
/// whatever lies in a directory that others can write to is looked at before it is waited for.
///
/// Safe from any thread: it has no place of its own.
public struct RegularFile: Sendable {
  /// The path as it was given.
  public let path: String
  /// Length in bytes when it was opened.
  public let bytes: Int
  private let descriptor: Descriptor

  /// Opens the file at `path`. Throws if there is none, or if it is no regular file.
  public init(path: String) throws(StreamError) {
    self.path = path
    // Without waiting, since a FIFO would be waited for before it is refused.
    switch Descriptor.open(path, O_RDONLY | O_NONBLOCK) {
    case .success(let open): descriptor = open
    case .failure(let failure) where failure.code == ENOENT: throw .absent(path)
    case .failure(let failure): throw .failed(path, "read", failure.code)
    }
    guard let status = descriptor.status else { throw .failed(path, "read", EBADF) }
    guard status.isKind(S_IFREG) else { throw .unfit(path, "is no regular file") }
    bytes = Int(status.st_size)
  }

  /// The `count` bytes from `offset` on; fewer if the file ends before.
  public func read(at offset: Int, _ count: Int) throws(StreamError) -> [UInt8] {
    switch descriptor.read(at: offset, count) {
    case .success(let bytes): return bytes
    case .failure(let failure): throw .failed(path, "read", failure.code)
    }
  }

  /// The whole content, at most `limit` bytes.
  public func all(limit: Int) throws(StreamError) -> [UInt8] {
    guard bytes <= limit else { throw .tooLarge(path, limit: limit) }
    return try read(at: 0, bytes)
  }
}
