import Glibc

/// A regular file that is made anew and written from front to back. Nothing that is there before is
/// opened or replaced.
public struct NewFile: ~Copyable {
  /// The path as it was given.
  public let path: String
  /// Bytes written so far.
  public private(set) var bytes = 0
  private let descriptor: Descriptor

  /// Makes the file at `path`. Throws if anything is there, a link that leads nowhere included.
  public init(path: String, mode: UInt32 = 0o644) throws(StreamError) {
    self.path = path
    switch Descriptor.open(path, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW, mode: mode) {
    case .success(let open): descriptor = open
    case .failure(let failure) where failure.code == EEXIST: throw .present(path)
    case .failure(let failure): throw .failed(path, "written", failure.code)
    }
  }

  /// Adds bytes at the end.
  public mutating func append(_ more: [UInt8]) throws(StreamError) {
    let (count, failure) = descriptor.write(more)
    bytes += count
    if let failure { throw .failed(path, "written", failure.code) }
  }

  /// Brings all of it to the disk.
  public func synchronize() throws(StreamError) {
    guard fsync(descriptor.number) == 0 else { throw .failed(path, "written", errno) }
  }
}
