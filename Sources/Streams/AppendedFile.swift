import Glibc
import Primitives

/// A file of lines that one run begins and another goes on with. Every line is handed to the system
/// before the next one, so that a killed process loses the line it was writing at most.
public final class AppendedFile {
  public let path: String
  private let file: Descriptor
  /// Bytes of the whole lines in it.
  private var bytes: Int

  /// Opens the regular file at `path`, which is made if there is none, and locks it until it is
  /// closed. Throws if another process has it.
  public init(path: String) throws(StreamError) {
    self.path = path
    switch Descriptor.open(path, O_RDWR | O_CREAT | O_NONBLOCK) {
    case .success(let open): file = open
    case .failure(let failure) where failure.code == EISDIR:
      throw .unfit(path, "is a folder, not a file")
    case .failure(let failure): throw .failed(path, "written", failure.code)
    }
    guard let status = file.status, status.isKind(S_IFREG) else {
      throw .unfit(path, "is no regular file, so that nobody could go on with it")
    }
    guard flock(file.number, LOCK_EX | LOCK_NB) == 0 else {
      throw errno == EWOULDBLOCK ? .locked(path) : .failed(path, "locked", errno)
    }
    bytes = Int(status.st_size)
  }

  /// Whether nothing is in it.
  public var isEmpty: Bool { bytes == 0 }

  /// Hands out everything that is in it, in pieces.
  public func read(_ body: ([UInt8]) throws -> Void) throws {
    var offset = 0
    while true {
      switch file.read(at: offset, StreamsLimits.pieceBytes) {
      case .failure(let failure): throw StreamError.failed(path, "read", failure.code)
      case .success(let piece):
        if piece.isEmpty { return }
        try body(piece)
        offset += piece.count
      }
    }
  }

  /// Drops everything after the first `count` bytes; the next line goes there.
  public func cut(to count: Int) throws(StreamError) {
    guard ftruncate(file.number, off_t(count)) == 0, lseek(file.number, off_t(count), SEEK_SET) >= 0
    else { throw .failed(path, "written", errno) }
    bytes = count
  }

  /// Appends one line with its end. After an error the file is as it was, if the system lets it be.
  public func append(_ line: [UInt8]) throws(StreamError) {
    guard lseek(file.number, off_t(bytes), SEEK_SET) >= 0 else {
      throw .failed(path, "written", errno)
    }
    if let failure = file.write(line).failure {
      _ = ftruncate(file.number, off_t(bytes))
      throw .failed(path, "written", failure.code)
    }
    bytes += line.count
  }

  /// Makes sure that everything is on the disk.
  public func synchronize() throws(StreamError) {
    guard fsync(file.number) == 0 else { throw .failed(path, "written", errno) }
  }
}
