import CMicroHTTP
import Locking
import Runtime

/// Serves HTTP/1.1 on one address with GNU libmicrohttpd, which reads requests and sends answers on
/// one thread of its own; handlers run as tasks of the runtime.
///
/// Whatever a client sends or leaves out costs bounded memory and time (`HTTPLimits`), and keeps
/// nobody else waiting.
public final class HTTPServer: Sendable {
  /// What has happened so far.
  public struct Counts: Sendable, Hashable {
    /// Connections that are served at present.
    public var connections = 0
    /// Connections that were told 503 because there were too many.
    public var refusedConnections: UInt64 = 0
    /// Connections that were closed because they took too long.
    public var overdueConnections: UInt64 = 0
    /// Requests that were handed to a handler.
    public var requests: UInt64 = 0
    /// Requests that were refused with a status of 400 and more before they came to one.
    public var refusedRequests: UInt64 = 0

    /// Nothing yet.
    public init() {}
  }

  struct State {
    var table: ConnectionTable
    /// By connection.
    var exchanges: [UInt: HTTPExchange] = [:]
    /// Clients of event streams.
    var eventClients = 0
    /// Nil while nothing is served.
    var router: HTTPRouter?
    var counts = Counts()
  }

  /// As it was given.
  public let address: String
  let limits: HTTPLimits
  let runtime: any Runtime
  private let wantedPort: UInt16
  private let routes: [HTTPRoute]
  let state: Lock<State>
  /// Nil before the start and after the stop.
  private let listening = Lock<Running?>(nil)

  /// What runs.
  ///
  /// `@unchecked Sendable`: the pointer is only handed back to the library, once.
  private struct Running: @unchecked Sendable {
    let daemon: OpaquePointer
    let port: UInt16
    let watch: SpawnedTask
  }

  /// A server that does not listen yet.
  /// - Parameters:
  ///   - address: an IPv4 or IPv6 address in digits; `::` is for both families.
  ///   - port: 0 takes any that is free.
  public init(
    address: String, port: UInt16, limits: HTTPLimits = HTTPLimits(), runtime: any Runtime,
    routes: [HTTPRoute]
  ) {
    self.address = address
    wantedPort = port
    self.limits = limits
    self.runtime = runtime
    self.routes = routes
    state = Lock(State(table: ConnectionTable(limits)))
  }

  /// The port that is listened at; nil before the start and after the stop.
  public var port: UInt16? { listening.withLock { $0?.port } }

  /// What has happened so far.
  public var counts: Counts {
    state.withLock { state in
      var counts = state.counts
      counts.connections = state.table.count
      return counts
    }
  }

  /// Begins to listen; to be called once.
  /// - Throws: `HTTPServerError`; then nothing listens.
  public func start() throws(HTTPServerError) {
    var listener = livesync_http_listener()
    let outcome = livesync_http_listen(
      address, wantedPort, Int32(HTTPServerLimits.backlogMax), &listener)
    if let reason = HTTPServerError.Reason(outcome, code: listener.error) { throw error(reason) }
    let router = HTTPRouter(
      routes: routes, checksHost: listener.is_loopback, bodyBytesMax: limits.bodyBytes,
      isAddress: { livesync_http_is_address($0) })
    state.withLock { $0.router = router }
    // The library calls back with it until it has stopped.
    let context = Unmanaged.passRetained(self)
    guard let daemon = startDaemon(listener.socket, context.toOpaque()) else {
      context.release()
      throw error(.noResources)
    }
    let watch = runtime.spawn("http watch") { await self.watch() }
    listening.withLock { $0 = Running(daemon: daemon, port: listener.port, watch: watch) }
  }

  private func error(_ reason: HTTPServerError.Reason) -> HTTPServerError {
    HTTPServerError(reason: reason, address: address, port: wantedPort)
  }

  /// Ends all connections, open streams too, and listens no more. Returns when the library's thread
  /// has ended, which waits for nobody else. Does nothing the second time.
  public func stop() {
    guard
      let running = listening.withLock({ running in
        defer { running = nil }
        return running
      })
    else { return }
    running.watch.cancel()
    let exchanges = state.withLock { state in
      state.router = nil
      return state.exchanges
    }
    // None may be asleep when the library stops, and from here on none falls asleep.
    for (_, exchange) in exchanges.sorted(by: { $0.key < $1.key }) { exchange.end() }
    MHD_stop_daemon(running.daemon)
    Unmanaged.passUnretained(self).release()
  }

  /// Closes what takes too long, and keeps silent event streams alive.
  private func watch() async {
    var beat = runtime.now
    while (try? await runtime.sleep(for: limits.lookInterval)) != nil {
      cutOverdue()
      guard beat.duration(to: runtime.now) >= limits.heartbeat else { continue }
      beat = runtime.now
      let exchanges = state.withLock { $0.exchanges.sorted { $0.key < $1.key } }
      for (_, exchange) in exchanges { exchange.beat() }
    }
  }

  private func cutOverdue() {
    let now = runtime.now
    state.withLock { state in
      // Behind the lock, since a socket that is in the table is not closed.
      for socket in state.table.takeOverdue(now) {
        livesync_http_cut(socket, nil, 0)
        state.counts.overdueConnections += 1
      }
    }
  }
}

extension HTTPServerError.Reason {
  /// Nil if nothing is in the way.
  fileprivate init?(_ outcome: livesync_http_outcome, code: Int32) {
    switch outcome {
    case LIVESYNC_HTTP_LISTENS: return nil
    case LIVESYNC_HTTP_BAD_ADDRESS: self = .notAnAddress
    case LIVESYNC_HTTP_IN_USE: self = .addressInUse
    case LIVESYNC_HTTP_NOT_PERMITTED: self = .permissionDenied
    case LIVESYNC_HTTP_NOT_HERE: self = .notOfThisMachine
    case LIVESYNC_HTTP_NO_RESOURCES: self = .noResources
    default: self = .refused(code: code)
    }
  }
}
