import Glibc

/// An open file, closed when nobody holds it any more.
final class Descriptor: Sendable {
  let number: Int32
  private let isOwned: Bool

  /// Takes over `number`, which is closed in the end unless it is a standard stream.
  init(_ number: Int32) {
    self.number = number
    isOwned = number > STDERR_FILENO
  }

  deinit {
    if isOwned { close(number) }
  }

  /// Opens `path`, in no child process; gives errno if that fails.
  static func open(
    _ path: String, _ flags: Int32, mode: mode_t = 0o666
  ) -> Result<Descriptor, SystemFailure> {
    while true {
      let number = Glibc.open(path, flags | O_CLOEXEC | O_NOCTTY, mode)
      if number >= 0 { return .success(Descriptor(number)) }
      if errno != EINTR { return .failure(SystemFailure(code: errno)) }
    }
  }

  /// What kind of file it is.
  var status: stat? {
    var status = stat()
    return fstat(number, &status) == 0 ? status : nil
  }

  /// Lets calls wait again, after an `open` that must not.
  func setBlocking() {
    let flags = fcntl(number, F_GETFL)
    if flags >= 0 { _ = fcntl(number, F_SETFL, flags & ~O_NONBLOCK) }
  }

  /// Writes all bytes, however many calls it takes; says how many were written, and errno if that
  /// was not all.
  func write(_ bytes: [UInt8]) -> (count: Int, failure: SystemFailure?) {
    var done = 0
    while done < bytes.count {
      let (count, code) = bytes.withUnsafeBytes { buffer in
        (Glibc.write(number, buffer.baseAddress! + done, buffer.count - done), errno)
      }
      if count > 0 {
        done += count
      } else if count < 0, code == EAGAIN {
        wait(for: POLLOUT)
      } else if count == 0 || code != EINTR {
        return (done, SystemFailure(code: count == 0 ? EIO : code))
      }
    }
    return (done, nil)
  }

  /// Reads at most `limit` bytes, waiting for the first; none at the end.
  func read(_ limit: Int) -> Result<[UInt8], SystemFailure> {
    while true {
      let result = readOnce(limit)
      guard result == .failure(SystemFailure(code: EAGAIN)) else { return result }
      wait(for: POLLIN)
    }
  }

  /// The same with the failure EAGAIN where it would have to wait.
  func readOnce(_ limit: Int) -> Result<[UInt8], SystemFailure> {
    while true {
      var code: Int32 = 0
      let bytes = [UInt8](unsafeUninitializedCapacity: limit) { buffer, count in
        let found = Glibc.read(number, buffer.baseAddress, limit)
        code = found < 0 ? errno : 0
        count = max(0, found)
      }
      if code == 0 { return .success(bytes) }
      if code != EINTR { return .failure(SystemFailure(code: code)) }
    }
  }

  /// Reads `count` bytes from `offset` on, fewer only at the end of the file.
  func read(at offset: Int, _ count: Int) -> Result<[UInt8], SystemFailure> {
    var code: Int32 = 0
    let bytes = [UInt8](unsafeUninitializedCapacity: count) { buffer, filled in
      while filled < count {
        guard let base = buffer.baseAddress else { return }
        let found = pread(number, base + filled, count - filled, off_t(offset + filled))
        if found < 0, errno == EINTR { continue }
        code = found < 0 ? errno : 0
        if found <= 0 { return }
        filled += found
      }
    }
    return code == 0 ? .success(bytes) : .failure(SystemFailure(code: code))
  }

  /// Waits until one of `events` is possible or the other end has gone; at most `milliseconds`,
  /// without end if negative. True if something happened.
  @discardableResult
  func wait(for events: Int32, milliseconds: Int32 = -1) -> Bool {
    var entry = pollfd(fd: number, events: Int16(events), revents: 0)
    return poll(&entry, 1, milliseconds) > 0
  }
}

/// An errno.
struct SystemFailure: Error, Equatable {
  let code: Int32
}

extension stat {
  func isKind(_ kind: mode_t) -> Bool { st_mode & S_IFMT == kind }

  /// True if both are the same file.
  func isSame(as other: stat) -> Bool { st_dev == other.st_dev && st_ino == other.st_ino }

  /// Why a file of this kind can neither be read nor written as a stream; nil if it can.
  var refusal: String? {
    if isKind(S_IFDIR) { return "is a folder, not a file" }
    if isKind(S_IFSOCK) { return "is a socket, not a file" }
    return nil
  }
}
