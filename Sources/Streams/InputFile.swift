import Glibc

/// A file, device, FIFO or pipe that is read from front to back.
public struct InputFile {
  /// The path as it was given.
  public let path: String
  /// True if the same can be read again by the same path.
  public let isRepeatable: Bool
  private let descriptor: Descriptor
  private let isFIFO: Bool
  private var isBegun = false

  /// Opens the file at `path`; `-` is standard input. Throws if there is none, or if it is a folder
  /// or a socket.
  public init(path: String) throws(StreamError) {
    self.path = path
    if path == "-" {
      descriptor = Descriptor(STDIN_FILENO)
    } else {
      // Without waiting, since a FIFO that nobody writes would be waited for without end.
      switch Descriptor.open(path, O_RDONLY | O_NONBLOCK) {
      case .success(let open): descriptor = open
      case .failure(let failure) where failure.code == ENOENT: throw .absent(path)
      case .failure(let failure) where failure.code == ENXIO:
        throw .unfit(path, "is a socket, not a file")
      case .failure(let failure): throw .failed(path, "read", failure.code)
      }
    }
    guard let status = descriptor.status else { throw .failed(path, "read", EBADF) }
    if let refusal = status.refusal { throw .unfit(path, refusal) }
    isRepeatable = status.isKind(S_IFREG) && path != "-"
    isFIFO = status.isKind(S_IFIFO) && path != "-"
    if !isFIFO, path != "-" { descriptor.setBlocking() }
  }

  /// The next bytes, at most `limit`; none at the end.
  public mutating func next(
    _ limit: Int = StreamsLimits.pieceBytes
  ) throws(StreamError) -> [UInt8] {
    if isFIFO, !isBegun {
      isBegun = true
      if let first = try first(limit) { return first }
    }
    switch descriptor.read(limit) {
    case .success(let bytes): return bytes
    case .failure(let failure): throw .failed(path, "read", failure.code)
    }
  }

  /// The whole content, at most `limit` bytes; what is longer is not read further.
  public mutating func all(limit: Int) throws(StreamError) -> [UInt8] {
    var bytes: [UInt8] = []
    while bytes.count <= limit {
      let piece = try next(min(StreamsLimits.pieceBytes, limit + 1 - bytes.count))
      if piece.isEmpty { return bytes }
      bytes += piece
    }
    throw .tooLarge(path, limit: limit)
  }

  /// The first bytes of a FIFO; nil if there is a writer that has written nothing yet, who may take
  /// as long as he likes. Throws if nobody opens it for writing.
  private func first(_ limit: Int) throws(StreamError) -> [UInt8]? {
    var waited = 0
    while true {
      guard case .success(let bytes) = descriptor.readOnce(limit) else { return nil }
      if !bytes.isEmpty { return bytes }
      let milliseconds = StreamsLimits.writerPollMilliseconds
      if descriptor.wait(for: POLLIN, milliseconds: milliseconds) {
        // Either something has come, or a writer has come and gone.
        guard case .success(let bytes) = descriptor.readOnce(limit) else { return nil }
        return bytes
      }
      waited += Int(milliseconds)
      guard waited < StreamsLimits.writerWaitMilliseconds else {
        throw .unfit(path, "is a FIFO that nobody has opened for writing")
      }
    }
  }
}
