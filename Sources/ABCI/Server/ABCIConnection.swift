import Glibc
import Runtime

/// One connection: reads a request, lets it be answered, sends the answer, and only then goes on to
/// the next one, so that nothing piles up here.
///
/// `@unchecked Sendable`: touched on the loop's thread only.
final class ABCIConnection: @unchecked Sendable {
  /// What a connection asks of its server.
  struct Hooks {
    /// Answers a request off the loop; the answer comes back by `answered`.
    var answer: ([UInt8]) -> Void
    /// It is over, for a reason that is worth telling or not.
    var ended: (String?) -> Void
  }

  private let runtime: EventLoopRuntime
  private let descriptor: Int32
  private let hooks: Hooks
  private let transferTimeout: Duration
  private var ticket: WatchTicket?
  private var frames = FrameReader()
  /// Whether a request is being answered.
  private var isBusy = false
  /// The answer that has not left; the first `sent` bytes of it have.
  private var unsent: [UInt8] = []
  private var sent = 0
  private var mayHaveBytes = true
  private var isOver = false
  /// Ends the connection if what moves now does not come to its end.
  private var timer: TimerTicket?

  init(
    _ descriptor: Int32, runtime: EventLoopRuntime, transferTimeout: Duration, hooks: Hooks
  ) {
    self.transferTimeout = transferTimeout
    self.descriptor = descriptor
    self.runtime = runtime
    self.hooks = hooks
  }

  func start() {
    do throws(EventLoopError) {
      ticket = try runtime.watch(descriptor) { [weak self] in self?.isReady($0) }
    } catch { end("\(error)") }
  }

  func close() {
    guard !isOver else { return }
    isOver = true
    stopTimer()
    if let ticket { runtime.unwatch(ticket) }
    Glibc.close(descriptor)
    unsent = []
  }

  func answered(_ frame: [UInt8]) {
    guard !isOver else { return }
    isBusy = false
    (unsent, sent) = (frame, 0)
    startTimer()
    write()
  }

  private func end(_ reason: String?) {
    guard !isOver else { return }
    // Told before whoever is at the other end can know.
    hooks.ended(reason)
    close()
  }

  private func isReady(_ readiness: Readiness) {
    guard !isOver else { return }
    if readiness.contains(.readable) || readiness.contains(.closed) { mayHaveBytes = true }
    if readiness.contains(.writable) { write() }
    read()
  }

  /// Reads until a request is whole, there is nothing, or others should have their turn.
  private func read() {
    var budget = ABCILimits.readTurnBytes
    while !isOver, !isBusy, unsent.isEmpty {
      do throws(FrameReader.Failure) {
        if let message = try frames.next() { return take(message) }
      } catch { return end("\(error)") }
      guard mayHaveBytes else { return }
      guard budget > 0 else { return runtime.soon { [weak self] in self?.read() } }
      budget -= readOnce()
    }
  }

  private func take(_ message: [UInt8]) {
    stopTimer()
    isBusy = true
    hooks.answer(message)
  }

  private func readOnce() -> Int {
    let (count, code) = withUnsafeTemporaryAllocation(
      byteCount: ABCILimits.readBytes, alignment: 1
    ) { buffer in
      let count = recv(descriptor, buffer.baseAddress, buffer.count, 0)
      let code = errno
      if count > 0 { frames.append(UnsafeRawBufferPointer(rebasing: buffer[..<count])) }
      return (count, code)
    }
    if count > 0 {
      if timer == nil { startTimer() }
    } else if count == 0 {
      end(frames.isWithinMessage ? "it ended within a request" : nil)
    } else if code == EAGAIN {
      mayHaveBytes = false
    } else if code != EINTR {
      end(String(cString: strerror(code)))
    }
    return max(0, count)
  }

  private func write() {
    while !isOver, sent < unsent.count {
      let count = unsent[sent...].withUnsafeBytes { bytes in
        send(descriptor, bytes.baseAddress, bytes.count, Int32(MSG_NOSIGNAL))
      }
      if count >= 0 {
        sent += count
      } else if errno == EAGAIN {
        return
      } else if errno != EINTR {
        return end(String(cString: strerror(errno)))
      }
    }
    guard !isOver, !unsent.isEmpty else { return }
    (unsent, sent) = ([], 0)
    stopTimer()
    // What came meanwhile may have begun with a part of a request.
    if frames.isWithinMessage { startTimer() }
    runtime.soon { [weak self] in self?.read() }
  }

  private func startTimer() {
    stopTimer()
    let end = runtime.now.advanced(by: transferTimeout)
    timer = runtime.schedule(at: end) { [weak self] in
      self?.timer = nil
      self?.end("what it sends or takes did not come to its end in time")
    }
  }

  private func stopTimer() {
    if let timer { runtime.cancel(timer) }
    timer = nil
  }
}
