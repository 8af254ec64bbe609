import Glibc
import Networking
import Primitives
import Runtime
import TestSupport
import Testing
import Transport

/// The other end of a connection to a network over sockets, that does what no network would.
final class RawClient {
  let descriptor: Int32
  private var link: PeerLink?
  private let clock = SystemRuntime()
  private(set) var events: [PeerLinkEvent] = []
  private(set) var end: PeerLinkEnd?
  /// All that came.
  private(set) var bytesIn = 0

  /// - Parameter index: of its keys; nil: a connection without a handshake.
  init(
    to address: PeerAddress, as index: UInt8?, network: Hash256 = SocketNode.network
  ) throws {
    descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
    try #require(descriptor >= 0)
    guard case .v4(let host) = address.host else { return }
    var system = sockaddr_in()
    system.sin_family = sa_family_t(AF_INET)
    system.sin_port = address.port.bigEndian
    system.sin_addr.s_addr = host.bigEndian
    let status = withUnsafePointer(to: &system) { pointer in
      pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
        connect(descriptor, $0, socklen_t(MemoryLayout<sockaddr_in>.size))
      }
    }
    try #require(status == 0)
    _ = fcntl(descriptor, F_SETFL, O_NONBLOCK)
    guard let index else { return }
    let own = HandshakeIdentity(
      network: network, identity: SocketNode.keys(index), staticKeys: NoiseTests.keys(index),
      attachment: PeerGreeting(port: 0).wireBytes)
    link = try PeerLink(
      PeerHandshake(.initiator, own: own, ephemeralSecret: NoiseTests.secret(index &+ 50)),
      role: .initiator, settings: MuxSettings(),
      messageLimits: TagLimits(
        oneWays: [
          SocketNetworkTests.news.rawValue: 4 << 20, SocketNetworkTests.urgent.rawValue: 4 << 10,
          PeerLink.wordTag: TransportWord.bytesMax,
        ]), now: clock.now)
  }

  deinit { close(descriptor) }

  func put(_ bytes: [UInt8]) { _ = send(descriptor, bytes, bytes.count, Int32(MSG_NOSIGNAL)) }

  /// What came, at most so many bytes; nil once the other end has closed.
  func take(_ most: Int = 100_000) -> [UInt8]? {
    var bytes = [UInt8](repeating: 0, count: most)
    let count = recv(descriptor, &bytes, most, 0)
    if count == 0 || count < 0 && errno != EAGAIN { return nil }
    bytesIn += max(0, count)
    return Array(bytes.prefix(max(0, count)))
  }

  /// What the link has to send now.
  func outgoing() -> [UInt8] { (try? link?.nextBytes(max: 50_000, now: clock.now)) ?? [] }

  /// Lets the link send and receive once.
  func pump(reads most: Int = 100_000) {
    put(outgoing())
    guard end == nil, let bytes = take(most), !bytes.isEmpty else { return }
    do throws(PeerLinkEnd) {
      try link?.receive(bytes[...], now: clock.now, into: &events)
    } catch { end = error }
  }

  func with(_ body: (inout PeerLink) -> Void) { if link != nil { body(&link!) } }

  /// Lets the link run until `condition` holds; false if it does not in time.
  func run(
    seconds: Int = 10, reads most: Int = 100_000, until condition: (RawClient) -> Bool
  ) async -> Bool {
    for _ in 0..<seconds * 1000 {
      pump(reads: most)
      if condition(self) { return true }
      try? await Task.sleep(for: .milliseconds(1))
    }
    return condition(self)
  }

  /// Runs the handshake.
  func shake() async -> Bool {
    let isDone = await run { client in
      client.events.contains { if case .authenticated = $0 { true } else { false } }
    }
    // The last message of the handshake.
    put(outgoing())
    return isDone
  }
}

extension SocketNode {
  /// Waits for an event.
  func told(_ seconds: Int = 10, _ matches: @escaping @Sendable (TransportEvent) -> Bool) async
    -> Bool
  {
    await Self.wait(seconds) { self.log.events.contains(where: matches) }
  }

  func count(_ matches: (TransportEvent) -> Bool) -> Int { log.events.count(where: matches) }
}
