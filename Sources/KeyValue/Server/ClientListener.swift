import CEpoll
import Glibc
import Runtime
import Transport

/// Why a server cannot listen.
public struct ListenError: Error, Hashable, Sendable, CustomStringConvertible {
  /// The call that failed, and its `errno`.
  public let call: String
  public let code: Int32

  public var description: String { "\(call): \(String(cString: strerror(code)))" }
}

/// A socket that takes connections. Touched on the loop's thread only.
final class ClientListener {
  enum Accepted {
    case connection(Int32, SocketAddress)
    /// Nothing waits.
    case nothing
    /// A connection was closed because there are no descriptors.
    case turnedAway(SocketAddress?)
    case failed(call: String, code: Int32)
  }

  private static let backlog: Int32 = 511

  let descriptor: Int32
  let address: SocketAddress
  /// Given up to take and close a connection when there are no descriptors left.
  private var reserve: Int32

  init(at wanted: SocketAddress) throws(ListenError) {
    let isFour = if case .v4 = wanted.host { true } else { false }
    let kind = Int32(SOCK_STREAM.rawValue | SOCK_NONBLOCK.rawValue | SOCK_CLOEXEC.rawValue)
    let socket = Glibc.socket(isFour ? AF_INET : AF_INET6, kind, 0)
    guard socket >= 0 else { throw ListenError(call: "socket", code: errno) }
    var on: Int32 = 1
    let length = socklen_t(MemoryLayout<Int32>.size)
    // A server that starts again must not wait for connections of its last life to time out.
    _ = setsockopt(socket, SOL_SOCKET, SO_REUSEADDR, &on, length)
    if !isFour { _ = setsockopt(socket, Int32(IPPROTO_IPV6), IPV6_V6ONLY, &on, length) }
    guard wanted.withSystemAddress({ Glibc.bind(socket, $0, $1) }) == 0,
      Glibc.listen(socket, Self.backlog) == 0,
      let bound = SocketAddress(filling: { getsockname(socket, $0, $1) })
    else {
      let code = errno
      Glibc.close(socket)
      throw ListenError(call: "listen at \(wanted)", code: code)
    }
    descriptor = socket
    address = bound
    reserve = open("/dev/null", O_RDONLY | O_CLOEXEC)
  }

  func close() {
    Glibc.close(descriptor)
    if reserve >= 0 { Glibc.close(reserve) }
    reserve = -1
  }

  /// Takes one connection.
  func accept() -> Accepted {
    while true {
      let (connection, address) = take()
      if connection >= 0 {
        guard let address else {
          Glibc.close(connection)
          continue
        }
        Self.configure(connection)
        return .connection(connection, address)
      }
      switch errno {
      case EAGAIN: return .nothing
      case EINTR, ECONNABORTED, EPROTO: continue
      case EMFILE, ENFILE: return turnAway(code: errno)
      case let code: return .failed(call: "accept", code: code)
      }
    }
  }

  private func take() -> (Int32, SocketAddress?) {
    var connection: Int32 = -1
    let address = SocketAddress { system, length in
      connection = accept4(
        descriptor, system, length, Int32(SOCK_NONBLOCK.rawValue | SOCK_CLOEXEC.rawValue))
      return connection
    }
    return (connection, address?.canonical)
  }

  private func turnAway(code: Int32) -> Accepted {
    if reserve < 0 { reserve = open("/dev/null", O_RDONLY | O_CLOEXEC) }
    guard reserve >= 0 else { return .failed(call: "accept", code: code) }
    Glibc.close(reserve)
    let (connection, address) = take()
    // Without descriptors the kernel says so even when nothing waits.
    let isEmpty = connection < 0 && errno == EAGAIN
    if connection >= 0 { Glibc.close(connection) }
    reserve = open("/dev/null", O_RDONLY | O_CLOEXEC)
    if isEmpty { return .nothing }
    return connection >= 0 ? .turnedAway(address) : .failed(call: "accept", code: code)
  }

  private static func configure(_ connection: Int32) {
    var on: Int32 = 1
    let length = socklen_t(MemoryLayout<Int32>.size)
    // What the kernel does not know is no reason to do without the connection.
    _ = setsockopt(connection, Int32(IPPROTO_TCP), TCP_NODELAY, &on, length)
    _ = setsockopt(connection, SOL_SOCKET, SO_KEEPALIVE, &on, length)
  }
}
