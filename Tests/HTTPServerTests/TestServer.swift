import HTTPServer
import Runtime
import TestSupport

/// A server at a free port with pages for every test.
struct TestServer: Sendable {
  let server: HTTPServer
  let hub: HTTPEventHub
  let port: UInt16

  init(address: String = "127.0.0.1", limits: HTTPLimits = HTTPLimits()) throws {
    let runtime = SystemRuntime(seed: 1)
    let hub = HTTPEventHub()
    self.hub = hub
    server = HTTPServer(
      address: address, port: 0, limits: limits, runtime: runtime,
      routes: [
        .get("/") { _ in .text(200, "home") },
        .get("/hello") { request in .text(200, "hello \(request.argument("name") ?? "you")") },
        .get("/things/*") { request in .text(200, "thing \(request.parameter ?? "?")") },
        .get("/long") { _ in
          HTTPResponse(contentType: "text/plain", bytes: [UInt8](repeating: 97, count: 8 << 20))
        },
        .get("/slow") { _ in
          // Cancelled when its client has gone, the time is over, or the server stops.
          try? await runtime.sleep(for: .seconds(60))
          return .text(200, "late")
        },
        .post("/echo") { request in
          HTTPResponse(status: 202, contentType: "text/plain", bytes: request.body)
        },
        .get("/events") { _ in HTTPResponse(events: hub) },
      ])
    try server.start()
    port = server.port ?? 0
  }

  /// The answer to one GET on a connection of its own.
  func get(_ path: String, host: String = "127.0.0.1") async throws -> RawAnswer {
    try await exchange { $0.get(path, host: host) }
  }

  /// The answer to whatever `send` sends on a connection of its own.
  func exchange(
    hasBody: Bool = true, _ send: @escaping @Sendable (RawClient) -> Void
  ) async throws -> RawAnswer {
    let port = port
    return try await onThread {
      let client = try RawClient(port: port)
      send(client)
      return try client.answer(hasBody: hasBody)
    }
  }
}
