import CEpoll
import Glibc
import Runtime

/// Links over TCP, IPv4 and IPv6.
///
/// `@unchecked Sendable`: touched on the loop's thread only.
public final class SocketMaker: LinkMaker, @unchecked Sendable {
  private typealias Accept = (Result<any ByteLink, LinkFailure>, SocketAddress) -> Void

  private struct Listener {
    var descriptor: Int32
    var ticket: WatchTicket
  }

  private let runtime: EventLoopRuntime
  private let buffer = SocketBuffer()
  private var listeners: [Listener] = []
  private var isClosed = false
  /// Given up to take and close a connection when there are no descriptors left.
  private var reserve: Int32
  /// Descriptors that links have.
  package private(set) var openDescriptors = 0

  public init(runtime: EventLoopRuntime) {
    self.runtime = runtime
    reserve = Self.openReserve()
  }

  deinit { if reserve >= 0 { Glibc.close(reserve) } }

  private static func openReserve() -> Int32 { open("/dev/null", O_RDONLY | O_CLOEXEC) }

  public func listen(
    at address: SocketAddress,
    _ accept: @escaping (Result<any ByteLink, LinkFailure>, SocketAddress) -> Void
  ) throws(LinkFailure) -> SocketAddress {
    let descriptor = try Self.socket(address)
    do throws(LinkFailure) {
      try Self.bind(descriptor, to: address)
      guard Glibc.listen(descriptor, TransportLimits.listenBacklog) == 0 else {
        throw .system(call: "listen", code: errno)
      }
      guard let bound = SocketAddress(filling: { getsockname(descriptor, $0, $1) }) else {
        throw .system(call: "getsockname", code: errno)
      }
      let ticket = try watch(descriptor) { [weak self] _ in
        self?.acceptAll(descriptor, accept)
      }
      listeners.append(Listener(descriptor: descriptor, ticket: ticket))
      return bound
    } catch {
      Glibc.close(descriptor)
      throw error
    }
  }

  public func close() {
    isClosed = true
    for listener in listeners {
      runtime.unwatch(listener.ticket)
      Glibc.close(listener.descriptor)
    }
    listeners = []
  }

  public func dial(
    _ address: SocketAddress, _ done: @escaping (Result<any ByteLink, LinkFailure>) -> Void
  ) {
    do throws(LinkFailure) {
      let descriptor = try Self.socket(address)
      let status = address.withSystemAddress { connect(descriptor, $0, $1) }
      guard status == 0 || errno == EINPROGRESS else {
        let code = errno
        Glibc.close(descriptor)
        throw .system(call: "connect", code: code)
      }
      try Dialling(descriptor, runtime: runtime) { [self] failure in
        if let failure {
          Glibc.close(descriptor)
          done(.failure(failure))
        } else {
          done(.success(link(descriptor)))
        }
      }.start()
    } catch {
      runtime.soon { [done = Once(done)] in done.body(.failure(error)) }
    }
  }

  private func link(_ descriptor: Int32) -> SocketLink {
    openDescriptors += 1
    return SocketLink(descriptor, runtime: runtime, buffer: buffer) { [weak self] in
      self?.openDescriptors -= 1
    }
  }

  private func watch(
    _ descriptor: Int32, _ handler: @escaping (Readiness) -> Void
  ) throws(LinkFailure) -> WatchTicket {
    do throws(EventLoopError) {
      return try runtime.watch(descriptor, handler)
    } catch { throw .system(call: error.call, code: error.code) }
  }

  /// Takes the connections that wait, so many at a time that others have their turn. Word of them
  /// comes once, so whatever stops it must start it again.
  private func acceptAll(_ listener: Int32, _ accept: @escaping Accept) {
    for _ in 0..<TransportLimits.listenBacklog where !isClosed {
      let (descriptor, address) = Self.accept(listener)
      if descriptor >= 0 {
        if let address {
          accept(.success(link(descriptor)), address)
        } else {
          Glibc.close(descriptor)
        }
        continue
      }
      switch errno {
      case EAGAIN: return
      case EINTR, ECONNABORTED, EPROTO: continue
      case EMFILE, ENFILE: turnAway(listener, code: errno, accept)
      default: break
      }
      return acceptLater(TransportLimits.acceptPause, listener, accept)
    }
    if !isClosed { acceptLater(.zero, listener, accept) }
  }

  private func acceptLater(_ pause: Duration, _ listener: Int32, _ accept: @escaping Accept) {
    runtime.schedule(at: runtime.now.advanced(by: pause)) { [weak self] in
      self?.acceptAll(listener, accept)
    }
  }

  private static func accept(_ listener: Int32) -> (descriptor: Int32, SocketAddress?) {
    var descriptor: Int32 = -1
    let address = SocketAddress { system, length in
      descriptor = accept4(
        listener, system, length, Int32(SOCK_NONBLOCK.rawValue | SOCK_CLOEXEC.rawValue))
      return descriptor
    }
    return (descriptor, address?.canonical)
  }

  /// There are no descriptors: the one kept for this takes the connection that waits and closes it,
  /// so that the other end knows.
  private func turnAway(_ listener: Int32, code: Int32, _ accept: Accept) {
    // Somebody else may have taken the reserve when it was given up last.
    if reserve < 0 { reserve = Self.openReserve() }
    guard reserve >= 0 else { return }
    Glibc.close(reserve)
    let (descriptor, address) = Self.accept(listener)
    if descriptor >= 0 { Glibc.close(descriptor) }
    reserve = Self.openReserve()
    if let address { accept(.failure(.system(call: "accept", code: code)), address) }
  }

  private static func socket(_ address: SocketAddress) throws(LinkFailure) -> Int32 {
    let kind = Int32(SOCK_STREAM.rawValue | SOCK_NONBLOCK.rawValue | SOCK_CLOEXEC.rawValue)
    let descriptor = Glibc.socket(address.family, kind, 0)
    guard descriptor >= 0 else { throw .system(call: "socket", code: errno) }
    return descriptor
  }

  private static func bind(
    _ descriptor: Int32, to address: SocketAddress
  ) throws(LinkFailure) {
    var on: Int32 = 1
    let length = socklen_t(MemoryLayout<Int32>.size)
    // A node that starts again must not wait for connections of its last life to time out.
    _ = setsockopt(descriptor, SOL_SOCKET, SO_REUSEADDR, &on, length)
    if address.family == AF_INET6 {
      // An address of IPv4 is listened at by its own socket.
      _ = setsockopt(descriptor, Int32(IPPROTO_IPV6), IPV6_V6ONLY, &on, length)
    }
    guard address.withSystemAddress({ Glibc.bind(descriptor, $0, $1) }) == 0 else {
      throw .system(call: "bind \(address)", code: errno)
    }
  }
}

/// A closure that goes to the loop's thread with a result.
///
/// `@unchecked Sendable`: called there only.
private struct Once<Value>: @unchecked Sendable {
  let body: (Value) -> Void

  init(_ body: @escaping (Value) -> Void) { self.body = body }
}

/// A connection that is being made. Lives until it is told how that went.
private final class Dialling {
  private let descriptor: Int32
  private let runtime: EventLoopRuntime
  private let done: (LinkFailure?) -> Void
  private var ticket: WatchTicket?
  private var timer: TimerTicket?

  init(
    _ descriptor: Int32, runtime: EventLoopRuntime, done: @escaping (LinkFailure?) -> Void
  ) {
    self.descriptor = descriptor
    self.runtime = runtime
    self.done = done
  }

  func start() throws(LinkFailure) {
    do throws(EventLoopError) {
      ticket = try runtime.watch(descriptor) { self.isReady($0) }
    } catch {
      Glibc.close(descriptor)
      throw .system(call: error.call, code: error.code)
    }
    let end = runtime.now.advanced(by: TransportLimits.dialTimeout)
    timer = runtime.schedule(at: end) { self.finish(.noAnswer) }
  }

  private func isReady(_ readiness: Readiness) {
    guard readiness.contains(.writable) || readiness.contains(.closed) else { return }
    var code: Int32 = 0
    var length = socklen_t(MemoryLayout<Int32>.size)
    let status = getsockopt(descriptor, SOL_SOCKET, SO_ERROR, &code, &length)
    if status != 0 { code = errno }
    finish(code == 0 ? nil : .system(call: "connect", code: code))
  }

  private func finish(_ failure: LinkFailure?) {
    guard let ticket else { return }
    self.ticket = nil
    runtime.unwatch(ticket)
    if let timer { runtime.cancel(timer) }
    done(failure)
  }
}
