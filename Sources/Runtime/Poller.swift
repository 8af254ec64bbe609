import CEpoll
import Glibc

/// What the operating system refused an event loop.
public struct EventLoopError: Error, Hashable, Sendable, CustomStringConvertible {
  /// The call that failed.
  public let call: String
  /// Its `errno`.
  public let code: Int32

  public var description: String { "\(call): \(String(cString: strerror(code)))" }
}

/// An epoll instance with the handlers of what it watches. Touched by one thread, but for `wake()`.
final class Poller {
  private typealias Handler = (Readiness) -> Void

  private struct Watched {
    var descriptor: Int32
    var handler: Handler
  }

  /// The number of the descriptor that wakes; those of others are above it.
  private static let wakeNumber: UInt64 = 0

  private let epoll: Int32
  private let waker: Int32
  private var watched: [UInt64: Watched] = [:]
  private var lastNumber = Poller.wakeNumber
  private var events = [epoll_event](
    repeating: epoll_event(), count: RuntimeLimits.loopEventsMax)

  init() throws(EventLoopError) {
    epoll = epoll_create1(Int32(EPOLL_CLOEXEC))
    guard epoll >= 0 else { throw EventLoopError(call: "epoll_create1", code: errno) }
    waker = eventfd(0, Int32(EFD_CLOEXEC | EFD_NONBLOCK))
    guard waker >= 0 else {
      let code = errno
      close(epoll)
      throw EventLoopError(call: "eventfd", code: code)
    }
    do throws(EventLoopError) {
      try control(waker, Self.wakeNumber, EPOLLIN.rawValue)
    } catch {
      close(waker)
      close(epoll)
      throw error
    }
  }

  deinit {
    close(waker)
    close(epoll)
  }

  /// Ends the wait of `poll(for:)`, from any thread.
  func wake() {
    var one: UInt64 = 1
    // A counter that is full wakes as well.
    _ = write(waker, &one, MemoryLayout<UInt64>.size)
  }

  func add(
    _ descriptor: Int32, _ handler: @escaping (Readiness) -> Void
  ) throws(EventLoopError) -> WatchTicket {
    lastNumber += 1
    let interest =
      EPOLLIN.rawValue | EPOLLOUT.rawValue | EPOLLRDHUP.rawValue | EPOLLET.rawValue
    try control(descriptor, lastNumber, interest)
    watched[lastNumber] = Watched(descriptor: descriptor, handler: handler)
    return WatchTicket(number: lastNumber)
  }

  func remove(_ ticket: WatchTicket) {
    guard let gone = watched.removeValue(forKey: ticket.number) else { return }
    _ = epoll_ctl(epoll, EPOLL_CTL_DEL, gone.descriptor, nil)
  }

  /// Waits until something is ready, `wake()` is called or the time is over, and calls the
  /// handlers.
  /// - Parameter pause: nil waits without an end.
  func poll(for pause: Duration?) {
    let count: Int32
    if let pause {
      let (seconds, attoseconds) = pause.components
      var limit = timespec(tv_sec: Int(seconds), tv_nsec: Int(attoseconds / 1_000_000_000))
      count = epoll_pwait2(epoll, &events, Int32(events.count), &limit, nil)
    } else {
      count = epoll_pwait2(epoll, &events, Int32(events.count), nil, nil)
    }
    // A signal ends the wait early: the caller looks again.
    guard count > 0 else { return }
    for index in 0..<Int(count) {
      let number = events[index].data.u64
      if number == Self.wakeNumber {
        var value: UInt64 = 0
        _ = read(waker, &value, MemoryLayout<UInt64>.size)
      } else {
        // Whoever was called before may have taken this one off.
        watched[number]?.handler(Self.readiness(events[index].events))
      }
    }
  }

  private func control(
    _ descriptor: Int32, _ number: UInt64, _ interest: UInt32
  ) throws(EventLoopError) {
    var event = epoll_event()
    event.events = interest
    event.data.u64 = number
    guard epoll_ctl(epoll, EPOLL_CTL_ADD, descriptor, &event) == 0 else {
      throw EventLoopError(call: "epoll_ctl", code: errno)
    }
  }

  private static func readiness(_ events: UInt32) -> Readiness {
    var readiness: Readiness = []
    if events & EPOLLIN.rawValue != 0 { readiness.insert(.readable) }
    if events & EPOLLOUT.rawValue != 0 { readiness.insert(.writable) }
    if events & (EPOLLHUP.rawValue | EPOLLERR.rawValue | EPOLLRDHUP.rawValue) != 0 {
      readiness.insert(.closed)
    }
    return readiness
  }
}
