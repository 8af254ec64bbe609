import Glibc
import Transport

/// Where ABCI is spoken: `tcp://HOST:PORT` or `unix:///PATH`, as CometBFT's `proxy_app` has it.
public enum ABCIAddress: Sendable, Hashable, CustomStringConvertible {
  case tcp(SocketAddress)
  /// A socket in the file system.
  case unix(String)

  /// Bytes of the path of a socket: Linux has room for so many and a zero.
  public static let pathBytesMax = 107

  /// Nil if the text is neither. Names are not looked up.
  public init?(_ text: String) {
    if let rest = text.dropping("tcp://") {
      guard let address = SocketAddress(rest) else { return nil }
      self = .tcp(address)
    } else if let path = text.dropping("unix://") {
      guard path.hasPrefix("/"), path.utf8.count <= Self.pathBytesMax, !path.utf8.contains(0)
      else { return nil }
      self = .unix(path)
    } else {
      return nil
    }
  }

  public var description: String {
    switch self {
    case .tcp(let address): "tcp://\(address)"
    case .unix(let path): "unix://\(path)"
    }
  }

  /// Gives `body` the address as the operating system writes it, with its family.
  func withSystemAddress<Result>(
    _ body: (Int32, UnsafeMutablePointer<sockaddr>, socklen_t) -> Result
  ) -> Result {
    switch self {
    case .tcp(let address):
      return address.withSystemAddress { body(Int32($0.pointee.sa_family), $0, $1) }
    case .unix(let path):
      var system = sockaddr_un()
      system.sun_family = sa_family_t(AF_UNIX)
      withUnsafeMutableBytes(of: &system.sun_path) { place in
        // One byte of the place stays zero.
        place.copyBytes(from: path.utf8.prefix(Self.pathBytesMax))
      }
      return withUnsafeMutablePointer(to: &system) { pointer in
        pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
          body(AF_UNIX, $0, socklen_t(MemoryLayout<sockaddr_un>.size))
        }
      }
    }
  }
}

extension String {
  /// What follows `prefix`; nil if it does not begin with it.
  fileprivate func dropping(_ prefix: String) -> String? {
    hasPrefix(prefix) ? String(dropFirst(prefix.count)) : nil
  }
}

/// Why ABCI cannot be spoken at an address.
public struct ABCIServerError: Error, Sendable, Hashable, CustomStringConvertible {
  public let address: ABCIAddress
  /// The call that failed.
  public let call: String
  /// The system's error number.
  public let code: Int32

  public var description: String {
    let reason = code == 0 ? "it is no socket" : String(cString: strerror(code))
    return "\(address): \(call): \(reason)"
  }
}
