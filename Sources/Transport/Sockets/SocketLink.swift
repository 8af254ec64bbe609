import CEpoll
import Glibc
import Runtime

/// A connected socket of TCP.
///
/// `@unchecked Sendable`: touched on the loop's thread only.
final class SocketLink: ByteLink, @unchecked Sendable {
  private enum State { case idle, open, finishing, closed }

  private let runtime: EventLoopRuntime
  private let descriptor: Int32
  private let shared: SocketBuffer
  /// Told once that the descriptor is closed.
  private let closed: () -> Void
  private var state = State.idle
  private var ticket: WatchTicket?
  private var user: (any ByteLinkUser)?
  /// Bytes that the user gave and the kernel has not taken; the first `sent` of them are gone.
  private var unsent: [UInt8] = []
  private var sent = 0
  private var hasRoom = true
  private var isReadScheduled = false
  private var window = LineWindow()
  private var isPumpScheduled = false

  init(
    _ descriptor: Int32, runtime: EventLoopRuntime, buffer: SocketBuffer,
    closed: @escaping () -> Void
  ) {
    self.descriptor = descriptor
    self.runtime = runtime
    shared = buffer
    self.closed = closed
    Self.configure(descriptor)
  }

  /// Sends small pieces at once, and keeps little in the kernel that has not been sent, since what
  /// is there cannot be overtaken.
  private static func configure(_ descriptor: Int32) {
    set(descriptor, TCP_NODELAY, 1)
    set(descriptor, TCP_NOTSENT_LOWAT, Int32(TransportLimits.unsentKernelBytesMax))
    let patience = TransportLimits.writeStallMax.components.seconds * 1000
    set(descriptor, TCP_USER_TIMEOUT, Int32(patience))
  }

  private static func set(_ descriptor: Int32, _ option: Int32, _ value: Int32) {
    var value = value
    // An option that the kernel does not know is no reason to do without the connection.
    _ = setsockopt(
      descriptor, Int32(IPPROTO_TCP), option, &value, socklen_t(MemoryLayout<Int32>.size))
  }

  func start(_ user: any ByteLinkUser) {
    guard state == .idle else { return }
    self.user = user
    state = .open
    do throws(EventLoopError) {
      ticket = try runtime.watch(descriptor) { [weak self] in self?.isReady($0) }
    } catch {
      fail(.system(call: error.call, code: error.code))
    }
  }

  func flush() { pump() }

  func finish(with last: [UInt8]) {
    guard state == .open else { return abort() }
    state = .finishing
    user = nil
    unsent += last
    pump()
    guard state == .finishing else { return }
    // What does not leave in this time is not worth a descriptor.
    runtime.schedule(at: runtime.now.advanced(by: TransportLimits.lingerTimeout)) { self.abort() }
  }

  func abort() {
    guard state != .closed else { return }
    state = .closed
    user = nil
    unsent = []
    if let ticket { runtime.unwatch(ticket) }
    close(descriptor)
    closed()
  }

  private func isReady(_ readiness: Readiness) {
    if readiness.contains(.writable) {
      hasRoom = true
      pump()
    }
    if readiness.contains(.readable) || readiness.contains(.closed) { read() }
  }

  /// Reads until there is nothing or others should have their turn.
  private func read() {
    var budget = TransportLimits.readTurnBytes
    while state == .open || state == .finishing {
      let count = recv(descriptor, shared.bytes.baseAddress, shared.bytes.count, 0)
      guard count > 0 else { return stopReading(count, errno) }
      // While it finishes, what comes is only taken off the kernel.
      if state == .open { user?.received(ArraySlice(shared.bytes[..<count])) }
      budget -= count
      guard budget > 0 else { return readLater() }
    }
  }

  private func readLater() {
    guard !isReadScheduled else { return }
    isReadScheduled = true
    runtime.soon { [weak self] in
      self?.isReadScheduled = false
      self?.read()
    }
  }

  private func stopReading(_ count: Int, _ code: Int32) {
    if count == 0 { return fail(.closedByPeer) }
    if code == EAGAIN || code == EINTR { return code == EINTR ? readLater() : () }
    fail(.system(call: "recv", code: code))
  }

  /// Sends as much as the kernel takes and the line's window has room for.
  private func pump() {
    while hasRoom, state == .open || state == .finishing {
      if sent == unsent.count, !takeNext() { return }
      let count = unsent[sent...].withUnsafeBytes { bytes in
        send(descriptor, bytes.baseAddress, bytes.count, Int32(MSG_NOSIGNAL))
      }
      if count >= 0 {
        sent += count
      } else if errno == EAGAIN {
        hasRoom = false
      } else if errno != EINTR {
        return fail(.system(call: "send", code: errno))
      }
    }
  }

  /// Takes what is to be sent next; false if there is nothing, or no room for it now.
  private func takeNext() -> Bool {
    (unsent, sent) = ([], 0)
    let room = lineRoom()
    guard room >= TransportLimits.emitBytesMin else {
      pumpLater()
      return false
    }
    // The user may end the link when it is asked: then what it gave last stands there.
    let next = user?.nextBytes(max: room) ?? []
    unsent += next
    guard sent < unsent.count else {
      if state == .finishing { shutdown(descriptor, Int32(SHUT_WR)) }
      return false
    }
    return true
  }

  /// Bytes that may be handed on now.
  private func lineRoom() -> Int {
    guard state == .open else { return TransportLimits.writeBytesMax }
    let now = runtime.now
    if window.isReadingDue(at: now), let reading = SocketLine.reading(of: descriptor) {
      let outstanding = SocketLine.outstanding(of: descriptor)
      window.update(reading, outstanding: outstanding, at: now)
    }
    guard window.bytes != nil else { return TransportLimits.writeBytesMax }
    let room = window.room(outstanding: SocketLine.outstanding(of: descriptor))
    return min(room ?? .max, TransportLimits.writeBytesMax)
  }

  /// The kernel gives no word when bytes are acknowledged.
  private func pumpLater() {
    guard !isPumpScheduled else { return }
    isPumpScheduled = true
    runtime.schedule(at: runtime.now.advanced(by: TransportLimits.lineReadingPause)) {
      [weak self] in
      self?.isPumpScheduled = false
      self?.pump()
    }
  }

  private func fail(_ reason: LinkFailure) {
    let user = state == .open ? user : nil
    abort()
    user?.ended(reason)
  }
}

/// The bytes that all sockets of a loop read into, one after another.
///
/// `@unchecked Sendable`: touched on the loop's thread only.
final class SocketBuffer: @unchecked Sendable {
  let bytes: UnsafeMutableBufferPointer<UInt8>

  init() {
    bytes = .allocate(capacity: TransportLimits.readBytesMax)
    bytes.initialize(repeating: 0)
  }

  deinit { bytes.deallocate() }
}
