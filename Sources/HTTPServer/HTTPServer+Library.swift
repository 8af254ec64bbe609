import CMicroHTTP
import Runtime

/// What the library calls, all on its own thread.
extension HTTPServer {
  /// Starts the library; nil if there is no thread or memory for it.
  func startDaemon(_ listener: Int32, _ context: UnsafeMutableRawPointer) -> OpaquePointer? {
    var settings = livesync_http_settings()
    settings.connections = UInt32(limits.connections + HTTPServerLimits.refusedConnectionsMax)
    settings.connection_bytes = limits.connectionBytes
    settings.idle_seconds = UInt32(max(1, limits.idleTime.components.seconds))
    settings.context = context
    settings.handle = { context, connection, path, method, _, data, size, slot in
      guard let server = HTTPServer.of(context), let connection = Connection(connection),
        let size, let slot
      else { return .NO }
      guard let held = slot.pointee else {
        let head = HTTPHead(
          method: method.map { String(cString: $0) } ?? "",
          path: path.map { String(cString: $0) } ?? "", of: connection)
        return server.begin(head, connection, slot)
      }
      let exchange = Unmanaged<HTTPExchange>.fromOpaque(held).takeUnretainedValue()
      guard size.pointee == 0 else {
        exchange.append(UnsafeRawBufferPointer(start: data, count: size.pointee))
        size.pointee = 0
        return .YES
      }
      return server.proceed(exchange)
    }
    settings.completed = { context, connection, slot, _ in
      guard let server = HTTPServer.of(context), let connection = Connection(connection) else {
        return
      }
      server.complete(connection)
      guard let held = slot?.pointee else { return }
      slot?.pointee = nil
      Unmanaged<HTTPExchange>.fromOpaque(held).takeRetainedValue().end()
    }
    settings.connection = { context, connection, _, change in
      guard let server = HTTPServer.of(context), let connection = Connection(connection) else {
        return
      }
      if change == .CONNECTION_NOTIFY_STARTED {
        server.open(connection)
      } else {
        server.state.withLock { $0.table.close(connection.id) }
      }
    }
    return livesync_http_start(listener, &settings)
  }

  private static func of(_ context: UnsafeMutableRawPointer?) -> HTTPServer? {
    context.map { Unmanaged<HTTPServer>.fromOpaque($0).takeUnretainedValue() }
  }

  /// A client has connected.
  private func open(_ connection: Connection) {
    var address = [UInt8](repeating: 0, count: 16)
    let socket = livesync_http_client(connection.pointer, &address)
    state.withLock { state in
      let isServed = state.table.open(
        connection.id, socket: socket, address: address, now: runtime.now)
      if isServed { return }
      state.counts.refusedConnections += 1
      let refusal = Self.tooMany
      livesync_http_cut(socket, refusal, refusal.count)
    }
  }

  /// What a client is told for which there is no room.
  private static let tooMany = Array(
    ("HTTP/1.1 503 Service Unavailable\r\nRetry-After: 1\r\nConnection: close\r\n"
      + "Content-Length: 0\r\n\r\n").utf8)

  /// The head of a request is here.
  private func begin(
    _ head: HTTPHead, _ connection: Connection,
    _ slot: UnsafeMutablePointer<UnsafeMutableRawPointer?>
  ) -> MHD_Result {
    guard let router = state.withLock({ $0.router }) else { return .NO }
    switch router.match(head) {
    case .failure(let refusal):
      state.withLock { $0.counts.refusedRequests += 1 }
      return send(refusal.response, to: connection)
    case .success(let match):
      let exchange = HTTPExchange(connection, match)
      let isServing = state.withLock { state in
        guard state.router != nil else { return false }
        state.exchanges[connection.id] = exchange
        return true
      }
      guard isServing else { return .NO }
      slot.pointee = Unmanaged.passRetained(exchange).toOpaque()
      return .YES
    }
  }

  /// A request is here as a whole, or its answer is.
  private func proceed(_ exchange: HTTPExchange) -> MHD_Result {
    switch exchange.proceed() {
    case .handle(let request, let handler):
      state.withLock { state in
        state.counts.requests += 1
        state.table.move(exchange.connection.id, to: .handling, now: runtime.now)
      }
      let task = runtime.spawn("http request") { [runtime, limits] in
        let answer = await runtime.withTimeout(limits.handlerTime) { await handler(request) }
        exchange.finish(answer ?? .text(503, "the answer took too long"))
      }
      exchange.keep(task)
      return .YES
    case .answer(let response):
      guard case .events(let hub) = response.body else {
        return send(response, to: exchange.connection)
      }
      return exchange.isHead
        ? send(
          HTTPResponse(contentType: response.contentType, bytes: []), to: exchange.connection)
        : stream(hub, response, to: exchange)
    case .wait:
      return .YES
    case .over:
      return .NO
    }
  }

  /// An answer was sent, or its client has gone.
  private func complete(_ connection: Connection) {
    state.withLock { state in
      state.exchanges[connection.id] = nil
      state.table.move(connection.id, to: .receiving, now: runtime.now)
    }
  }

  private func send(_ response: HTTPResponse, to connection: Connection) -> MHD_Result {
    state.withLock { $0.table.move(connection.id, to: .answering, now: runtime.now) }
    var bytes = response.bytes ?? []
    let made = bytes.withUnsafeMutableBytes {
      MHD_create_response_from_buffer($0.count, $0.baseAddress, .RESPMEM_MUST_COPY)
    }
    return queue(response, made, connection)
  }

  /// Queues what was made of a response, with its headers, and lets go of it.
  private func queue(
    _ response: HTTPResponse, _ made: OpaquePointer?, _ connection: Connection
  ) -> MHD_Result {
    guard let made else { return .NO }
    defer { MHD_destroy_response(made) }
    for header in response.headerLines {
      guard MHD_add_response_header(made, header.name, header.value) == .YES else {
        return .NO
      }
    }
    return MHD_queue_response(connection.pointer, UInt32(response.status), made)
  }

  private func stream(
    _ hub: HTTPEventHub, _ response: HTTPResponse, to exchange: HTTPExchange
  ) -> MHD_Result {
    let connection = exchange.connection
    let hasRoom = state.withLock { state in
      guard state.eventClients < limits.eventClients else { return false }
      state.eventClients += 1
      state.table.move(connection.id, to: .streaming, now: runtime.now)
      return true
    }
    guard hasRoom else {
      return send(.text(503, "too many clients of event streams"), to: connection)
    }
    let client = EventClient(connection, bufferBytesMax: limits.eventBufferBytes)
    exchange.stream(to: client)
    hub.add(client)
    let seat = Unmanaged.passRetained(EventSeat(server: self, hub: hub, client: client))
    let made = MHD_create_response_from_callback(
      .max, Self.eventPieceBytes,
      { seat, _, target, count in
        guard let seat, let target else { return HTTPServer.endOfStream }
        let client = Unmanaged<EventSeat>.fromOpaque(seat).takeUnretainedValue().client
        return client.read(into: UnsafeMutableRawBufferPointer(start: target, count: count))
          ?? HTTPServer.endOfStream
      }, seat.toOpaque(),
      { seat in
        guard let seat else { return }
        Unmanaged<EventSeat>.fromOpaque(seat).takeRetainedValue().leave()
      })
    // The library lets go of the seat only if it has made something of it.
    if made == nil { seat.takeRetainedValue().leave() }
    return queue(response, made, connection)
  }

  /// Bytes of events that are handed on at a time.
  private static let eventPieceBytes = 4096
  /// `MHD_CONTENT_READER_END_OF_STREAM`, which is a macro that Swift does not see.
  private static let endOfStream = -1
}

/// The place of a client at a hub, until the library lets go of its stream.
private final class EventSeat: Sendable {
  private let server: HTTPServer
  private let hub: HTTPEventHub
  let client: EventClient

  init(server: HTTPServer, hub: HTTPEventHub, client: EventClient) {
    self.server = server
    self.hub = hub
    self.client = client
  }

  func leave() {
    client.end()
    hub.remove(client)
    server.state.withLock { $0.eventClients -= 1 }
  }
}

extension HTTPHead {
  fileprivate init(method: String, path: String, of connection: Connection) {
    self.init(
      method: method, path: path, arguments: connection.arguments,
      host: connection.header("Host"), origin: connection.header("Origin"),
      contentLength: connection.header("Content-Length"),
      transferEncoding: connection.header("Transfer-Encoding"))
  }
}
