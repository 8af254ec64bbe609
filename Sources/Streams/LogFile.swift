import Glibc
import Locking
import Primitives

/// A log of lines that is written piece by piece while something runs. What cannot be written does
/// not stop the run: the log is cut there, and nothing is written any more.
public final class LogFile: Sendable {
  /// Where a log ends although more was to be written.
  public struct Cut: Sendable, Hashable {
    /// Bytes that were written.
    public let bytes: Int
    /// Whole lines among them.
    public let lines: Int
    /// What the system says.
    public let reason: String
  }

  private struct State {
    var file: Descriptor?
    var bytes = 0
    var lines = 0
    var cut: Cut?
  }

  /// The path of the log.
  public let path: String
  private let state: Lock<State>
  private let onCut: @Sendable (Cut) -> Void

  /// Makes `folder` with those above it and opens the log in it anew: a regular file is emptied,
  /// once no other run writes it; a device or a FIFO that is there is written through. `onCut` is
  /// called at most once, in the moment that the log is cut.
  public init(
    folder: String, name: String, onCut: @escaping @Sendable (Cut) -> Void
  ) throws(StreamError) {
    try Folder.make(folder)
    path = folder + "/" + name
    self.onCut = onCut
    var status = stat()
    if stat(path, &status) == 0 {
      if let refusal = status.refusal { throw .unfit(path, refusal) }
      if status.isKind(S_IFBLK) { throw .unfit(path, "is a block device, not a file") }
    }
    let file: Descriptor
    switch Descriptor.open(path, O_WRONLY | O_CREAT | O_NONBLOCK) {
    case .success(let open): file = open
    case .failure(let failure) where failure.code == ENXIO:
      throw .unfit(path, "is a FIFO that nobody reads")
    case .failure(let failure): throw .failed(path, "written", failure.code)
    }
    if file.status?.isKind(S_IFREG) == true { try Self.take(file, path) }
    file.setBlocking()
    state = Lock(State(file: file))
  }

  /// Locks a regular file until it is closed, and empties it.
  private static func take(_ file: Descriptor, _ path: String) throws(StreamError) {
    guard flock(file.number, LOCK_EX | LOCK_NB) == 0 else {
      throw errno == EWOULDBLOCK ? .locked(path) : .failed(path, "locked", errno)
    }
    guard ftruncate(file.number, 0) == 0 else { throw .failed(path, "written", errno) }
  }

  /// Whether nothing is written any more.
  public var isCut: Bool { state.withLock { $0.cut != nil } }

  /// Appends whole lines. Returns how many of them were written.
  @discardableResult
  public func write(_ bytes: [UInt8]) -> Int {
    let (lines, cut) = state.withLock { state -> (Int, Cut?) in
      guard let file = state.file, state.cut == nil else { return (0, nil) }
      let (count, failure) = file.write(bytes)
      let lines = bytes[..<count].count { $0 == UInt8(ascii: "\n") }
      state.bytes += count
      state.lines += lines
      if let failure { Self.end(&state, failure.code) }
      return (lines, state.cut)
    }
    if let cut { onCut(cut) }
    return lines
  }

  /// Closes the log. Returns where it is cut; nil if it is whole.
  public func close() -> Cut? {
    let (cut, isNew) = state.withLock { state in
      let before = state.cut
      // A network file system may say only here that it had no room.
      if let file = state.file, before == nil, Glibc.fsync(file.number) != 0,
        ![EINVAL, EROFS, ENOTSUP].contains(errno)
      {
        Self.end(&state, errno)
      }
      state.file = nil
      return (state.cut, before == nil && state.cut != nil)
    }
    if let cut, isNew { onCut(cut) }
    return cut
  }

  private static func end(_ state: inout State, _ code: Int32) {
    state.cut = Cut(bytes: state.bytes, lines: state.lines, reason: SystemText.of(code))
  }
}
