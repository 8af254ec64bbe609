import HTTPServer
import Ledger
import Locking
import Primitives
import Runtime

/// Shows a running node to people and machines over HTTP: page, status, metrics, health, events,
/// accounts, and takes transactions (Docs/Monitoring.md).
///
/// It looks at the node every `MonitoringLimits.sampleInterval` and answers from the last look, so
/// however many ask, the node does not notice.
public final class MonitoringServer: Sendable {
  private struct State: Sendable {
    var status: NodeStatus?
    var looked: Moment
    var rates = RateMeter()
    var sampler: SpawnedTask?
  }

  private let runtime: any Runtime
  private let source: any MonitoredNode
  private let watch: EventWatch
  private let state: Lock<State>
  /// Made by `start()`, since its routes answer by this server.
  private let server = Lock<HTTPServer?>(nil)
  private let address: String
  private let wantedPort: UInt16

  /// A server that does not listen yet.
  /// - Parameters:
  ///   - address: an IPv4 or IPv6 address in digits. There is no authentication: beyond loopback
  ///     everybody who reaches it can read everything.
  ///   - port: 0 takes any that is free.
  public init(
    address: String = "127.0.0.1", port: UInt16, runtime: any Runtime, watch: EventWatch,
    source: any MonitoredNode
  ) {
    self.address = address
    wantedPort = port
    self.runtime = runtime
    self.source = source
    self.watch = watch
    state = Lock(State(looked: runtime.now))
  }

  /// The port that is listened at; nil before the start and after the stop.
  public var port: UInt16? { server.withLock { $0 }?.port }

  /// Begins to listen and to look at the node; to be called once.
  /// - Throws: `HTTPServerError`; then nothing listens.
  public func start() throws(HTTPServerError) {
    var limits = HTTPLimits()
    limits.connections = MonitoringLimits.connectionsMax
    limits.connectionsPerAddress = MonitoringLimits.connectionsPerAddressMax
    limits.eventClients = MonitoringLimits.eventClientsMax
    limits.bodyBytes = MonitoringLimits.transactionBytesMax
    let server = HTTPServer(
      address: address, port: wantedPort, limits: limits, runtime: runtime, routes: routes)
    try server.start()
    self.server.withLock { $0 = server }
    let sampler = runtime.spawn("monitoring") { [self] in
      while !Task.isCancelled {
        await look()
        try? await runtime.sleep(for: MonitoringLimits.sampleInterval)
      }
    }
    state.withLock { $0.sampler = sampler }
  }

  /// Ends everything within a second, open streams too.
  public func stop() {
    state.withLock { $0.sampler }?.cancel()
    // Its routes hold this server, so it is let go.
    let stopped = server.withLock { server in
      defer { server = nil }
      return server
    }
    stopped?.stop()
  }

  private func look() async {
    var status = await source.status()
    let now = runtime.now
    let totals = status.transport
    state.withLock { state in
      let rates = state.rates.add(
        received: totals.bytesReceived, sent: totals.bytesSent, at: now)
      status.receivedBytesPerSecond = rates.in
      status.sentBytesPerSecond = rates.out
      state.status = status
      state.looked = now
    }
  }

  private var routes: [HTTPRoute] {
    [
      .get("/") { _ in MonitoringPage.response },
      .get("/status") { [self] _ in ofStatus { .json(200, $0.json) } },
      .get("/metrics") { [self] _ in
        ofStatus { status in
          HTTPResponse(
            contentType: "text/plain; version=0.0.4; charset=utf-8",
            bytes: Array(status.metrics(http: server.withLock { $0 }?.counts).utf8))
        }
      },
      .get("/healthz") { [self] _ in health },
      .get("/readyz") { [self] _ in
        ofStatus { status in
          switch Readiness(status) {
          case .ready: .text(200, "ready")
          case .unready(let reason): .text(503, PrintableText.line(reason))
          }
        }
      },
      .get("/events") { [self] request in
        let level = request.argument("level") ?? "debug"
        return watch.hub(level).map { HTTPResponse(events: $0) }
          ?? .text(400, "level is debug, info, warn or error")
      },
      .get("/accounts/*") { [self] request in await account(request.parameter ?? "") },
      .post("/transactions") { [self] request in await submit(request.body) },
    ]
  }

  private func ofStatus(_ answer: (NodeStatus) -> HTTPResponse) -> HTTPResponse {
    state.withLock { $0.status }.map(answer) ?? .text(503, "the node is starting")
  }

  private var health: HTTPResponse {
    let silence = state.withLock { $0.looked }.duration(to: runtime.now)
    return silence < MonitoringLimits.aliveTimeMax
      ? .text(200, "alive")
      : .text(503, "the node has not answered for \(silence.components.seconds) s")
  }

  private func account(_ text: String) async -> HTTPResponse {
    guard let address = Hex.bytes(text).flatMap({ Address(bytes: $0) }) else {
      return Self.error(400, "an address has \(2 * Address.byteCount) hexadecimal digits")
    }
    switch await source.account(address) {
    case .proven(let proven): return .json(proven.account == nil ? 404 : 200, proven.json)
    case .unavailable(let reason): return Self.error(503, reason)
    }
  }

  private func submit(_ body: [UInt8]) async -> HTTPResponse {
    // Digits, of which an editor or a shell may have ended the line; else the bytes themselves.
    let digits = body.filter { !Self.blanks.contains($0) }
    let text = String(decoding: digits, as: UTF8.self)
    let transaction: Transaction
    do throws(WireError) {
      transaction = try Transaction(wireBytes: Hex.bytes(text) ?? body)
    } catch { return Self.error(400, "no transaction: \(error)") }
    switch await source.submit(transaction) {
    case .accepted:
      var writer = JSONWriter()
      writer.object { writer in
        writer.text("sender", Hex.string(Address(of: transaction.sender).bytes))
        writer.text("nonce", "\(transaction.nonce)")
      }
      return .json(202, writer.text)
    case .invalid(let reason): return Self.error(400, reason)
    case .conflict(let reason): return Self.error(409, reason)
    case .unavailable(let reason): return Self.error(503, reason)
    }
  }

  private static let blanks = Array(" \r\n\t".utf8)

  private static func error(_ status: Int, _ reason: String) -> HTTPResponse {
    var writer = JSONWriter()
    writer.object { $0.text("error", PrintableText.line(reason)) }
    return .json(status, writer.text)
  }
}
