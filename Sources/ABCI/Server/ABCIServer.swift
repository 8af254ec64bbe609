import CEpoll
import Glibc
import Runtime
import Transport

/// Speaks ABCI at one address, on the thread of the runtime's event loop; requests are answered by
/// a worker, one at a time over all connections.
///
/// Whoever connects may stay silent as long as it wants, as CometBFT's connections do, but holds
/// one of few places. A connection holds one request or one answer at a
/// time: who sends more waits in its own kernel.
///
/// `@unchecked Sendable`: touched on the loop's thread only.
public final class ABCIServer: @unchecked Sendable {
  private let runtime: EventLoopRuntime
  private let worker: any Worker
  private let handler: ABCIHandler
  private let note: ABCIHandler.Note
  private let connectionsMax: Int
  private let transferTimeout: Duration
  private var listener: (descriptor: Int32, ticket: WatchTicket)?
  private var bound: ABCIAddress?
  private var connections: [UInt64: ABCIConnection] = [:]
  private var lastConnection: UInt64 = 0

  /// - Parameter note: takes what an operator may want to know, in lines.
  public init(
    runtime: EventLoopRuntime, handler: ABCIHandler,
    connectionsMax: Int = ABCILimits.connectionsMax,
    transferTimeout: Duration = ABCILimits.transferTimeout, note: @escaping ABCIHandler.Note
  ) {
    self.connectionsMax = connectionsMax
    self.transferTimeout = transferTimeout
    self.runtime = runtime
    self.handler = handler
    self.note = note
    worker = runtime.worker("abci")
  }

  /// Begins to listen; to be called once.
  /// - Returns: Where, with the port that the system chose if it was 0.
  public func start(at address: ABCIAddress) async throws(ABCIServerError) -> ABCIAddress {
    let result: Result<ABCIAddress, ABCIServerError> = await onLoop { server in
      do throws(ABCIServerError) { return .success(try server.listen(at: address)) } catch {
        return .failure(error)
      }
    }
    return try result.get()
  }

  /// Ends all connections and listens no more; a socket of the file system is removed. What is now
  /// answered is answered to its end, and nobody is told.
  public func stop() async {
    await onLoop { $0.closeAll() }
    // It does one thing after another, so nothing is under way any more.
    await worker.run {}
  }

  private func onLoop<Output: Sendable>(
    _ body: @escaping @Sendable (ABCIServer) -> Output
  ) async -> Output {
    await withCheckedContinuation { continuation in
      runtime.perform { continuation.resume(returning: body(self)) }
    }
  }

  private func listen(at address: ABCIAddress) throws(ABCIServerError) -> ABCIAddress {
    let kind = Int32(SOCK_STREAM.rawValue | SOCK_NONBLOCK.rawValue | SOCK_CLOEXEC.rawValue)
    if case .unix(let path) = address { try Self.removeLeftOver(path, address) }
    let descriptor = address.withSystemAddress { family, _, _ in socket(family, kind, 0) }
    guard descriptor >= 0 else { throw Self.error(address, "socket") }
    do throws(ABCIServerError) {
      var on: Int32 = 1
      // A server that starts again must not wait for connections of its last life to time out.
      _ = setsockopt(
        descriptor, SOL_SOCKET, SO_REUSEADDR, &on, socklen_t(MemoryLayout<Int32>.size))
      guard address.withSystemAddress({ bind(descriptor, $1, $2) }) == 0 else {
        throw Self.error(address, "bind")
      }
      guard Glibc.listen(descriptor, ABCILimits.listenBacklog) == 0 else {
        throw Self.error(address, "listen")
      }
      do throws(EventLoopError) {
        let ticket = try runtime.watch(descriptor) { [weak self] _ in self?.acceptAll() }
        listener = (descriptor, ticket)
      } catch {
        throw ABCIServerError(address: address, call: error.call, code: error.code)
      }
    } catch {
      Glibc.close(descriptor)
      throw error
    }
    bound = Self.bound(descriptor, address)
    return bound ?? address
  }

  private static func error(_ address: ABCIAddress, _ call: String) -> ABCIServerError {
    ABCIServerError(address: address, call: call, code: errno)
  }

  /// A socket that a killed process left behind would be in the way. Nothing else is removed.
  private static func removeLeftOver(
    _ path: String, _ address: ABCIAddress
  ) throws(ABCIServerError) {
    var status = stat()
    guard lstat(path, &status) == 0 else { return }
    guard status.st_mode & S_IFMT == S_IFSOCK else {
      throw ABCIServerError(address: address, call: "remove what is there", code: 0)
    }
    let probe = socket(AF_UNIX, Int32(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue), 0)
    guard probe >= 0 else { throw error(address, "socket") }
    defer { Glibc.close(probe) }
    guard address.withSystemAddress({ connect(probe, $1, $2) }) != 0 else {
      throw ABCIServerError(address: address, call: "bind", code: EADDRINUSE)
    }
    guard unlink(path) == 0 || errno == ENOENT else { throw error(address, "unlink") }
  }

  private static func bound(_ descriptor: Int32, _ address: ABCIAddress) -> ABCIAddress {
    guard case .tcp(let wanted) = address, wanted.port == 0 else { return address }
    var storage = sockaddr_storage()
    var length = socklen_t(MemoryLayout<sockaddr_storage>.size)
    let status = withUnsafeMutablePointer(to: &storage) { pointer in
      pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
        getsockname(descriptor, $0, &length)
      }
    }
    guard status == 0 else { return address }
    // The port stands at the same place in the addresses of both families.
    let port = withUnsafeBytes(of: storage) {
      $0.loadUnaligned(fromByteOffset: 2, as: UInt16.self)
    }
    return .tcp(SocketAddress(wanted.host, port: UInt16(bigEndian: port)))
  }

  /// Takes the connections that wait. Word of them comes once, so whatever stops it must start it
  /// again.
  private func acceptAll() {
    for _ in 0..<ABCILimits.listenBacklog {
      guard let listener else { return }
      let descriptor = accept4(
        listener.descriptor, nil, nil, Int32(SOCK_NONBLOCK.rawValue | SOCK_CLOEXEC.rawValue))
      if descriptor >= 0 {
        take(descriptor)
        continue
      }
      switch errno {
      case EAGAIN: return
      case EINTR, ECONNABORTED, EPROTO: continue
      default: break
      }
      return acceptLater(ABCILimits.acceptPause)
    }
    acceptLater(.zero)
  }

  private func acceptLater(_ pause: Duration) {
    runtime.schedule(at: runtime.now.advanced(by: pause)) { [weak self] in self?.acceptAll() }
  }

  private func take(_ descriptor: Int32) {
    guard connections.count < connectionsMax else {
      note("a connection was refused: there are \(connections.count) already")
      Glibc.close(descriptor)
      return
    }
    var on: Int32 = 1
    let length = socklen_t(MemoryLayout<Int32>.size)
    // Neither option is there for sockets of the file system, nor needed.
    _ = setsockopt(descriptor, Int32(IPPROTO_TCP), TCP_NODELAY, &on, length)
    _ = setsockopt(descriptor, SOL_SOCKET, SO_KEEPALIVE, &on, length)
    lastConnection += 1
    let number = lastConnection
    let hooks = ABCIConnection.Hooks(
      answer: { [weak self] in self?.answer($0, to: number) },
      ended: { [weak self] in self?.ended(number, $0) })
    let connection = ABCIConnection(
      descriptor, runtime: runtime, transferTimeout: transferTimeout, hooks: hooks)
    connections[number] = connection
    connection.start()
  }

  private func ended(_ number: UInt64, _ reason: String?) {
    connections[number] = nil
    if let reason { note("connection \(number) was closed: \(reason)") }
  }

  private func answer(_ message: [UInt8], to number: UInt64) {
    let (worker, handler, runtime) = (worker, handler, runtime)
    runtime.spawn("abci call") {
      let frame = await worker.run { handler.answer(message).frame }
      runtime.perform { self.connections[number]?.answered(frame) }
    }
  }

  private func closeAll() {
    if let listener {
      runtime.unwatch(listener.ticket)
      Glibc.close(listener.descriptor)
    }
    listener = nil
    if case .unix(let path) = bound { unlink(path) }
    bound = nil
    for (_, connection) in connections.sorted(by: { $0.key < $1.key }) { connection.close() }
    connections = [:]
  }
}
