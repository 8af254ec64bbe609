import Locking

/// Gives events to every client of an event stream, from any thread. It never waits for a client:
/// what does not fit into a client's buffer is lost for it, and it is told how many events were.
public final class HTTPEventHub: Sendable {
  private struct State {
    /// In the order they came.
    var clients: [EventClient] = []
    var sent: UInt64 = 0
    var lost: UInt64 = 0
  }

  private let state = Lock(State())

  /// A hub without clients.
  public init() {}

  /// Clients that listen at present.
  public var clientCount: Int { state.withLock { $0.clients.count } }
  /// Events given to the hub so far.
  public var sentCount: UInt64 { state.withLock { $0.sent } }
  /// Events that some client did not get, counted for each.
  public var lostCount: UInt64 { state.withLock { $0.lost } }

  /// Gives an event to all clients. `name` is its type, without line feeds; `data` may have several
  /// lines.
  public func send(_ data: some StringProtocol, name: String? = nil) {
    send(Array(data.utf8), name: name)
  }

  /// The same for bytes of UTF-8.
  public func send(_ data: some Collection<UInt8>, name: String? = nil) {
    let clients = state.withLock { state in
      state.sent += 1
      return state.clients
    }
    if clients.isEmpty { return }
    let event = Self.event(data, name: name)
    let lost = clients.filter { !$0.offer(event) }.count
    if lost > 0 { state.withLock { $0.lost += UInt64(lost) } }
  }

  func add(_ client: EventClient) { state.withLock { $0.clients.append(client) } }

  func remove(_ client: EventClient) {
    state.withLock { $0.clients.removeAll { $0 === client } }
  }

  /// An event as it is sent.
  static func event(_ data: some Collection<UInt8>, name: String?) -> [UInt8] {
    var bytes: [UInt8] = []
    if let name { bytes += Array("event: \(name)\n".utf8) }
    for line in data.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false) {
      bytes += Array("data: ".utf8)
      // A carriage return would end the line too.
      bytes += line.filter { $0 != UInt8(ascii: "\r") }
      bytes.append(UInt8(ascii: "\n"))
    }
    bytes.append(UInt8(ascii: "\n"))
    return bytes
  }
}
