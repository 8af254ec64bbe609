import Glibc

/// An address and a port of the Internet. Prints as "192.0.2.1:80" or "[2001:db8::1]:80".
public struct SocketAddress: Sendable, Hashable, CustomStringConvertible {
  public typealias Host = PeerAddress.Host

  public let host: Host
  public let port: UInt16

  public init(_ host: Host, port: UInt16) {
    self.host = host
    self.port = port
  }

  /// The address written as `HOST:PORT`, with the host of IPv6 in brackets; nil if it is none.
  /// Names are not looked up.
  public init?(_ text: String) {
    guard let (before, port) = Self.split(text) else { return nil }
    var name = before
    let isBracketed = name.first == "[" && name.last == "]"
    if isBracketed { name = name.dropFirst().dropLast() }
    guard let host = Self.host(String(name)) else { return nil }
    if case .v6 = host { guard isBracketed else { return nil } } else if isBracketed { return nil }
    self.init(host, port: port)
  }

  /// Whether it is this host's own (127.0.0.0/8 or ::1).
  public var isLoopback: Bool {
    switch host {
    case .v4(let address): address >> 24 == 127
    case .v6(0, let low) where low >> 32 == 0xffff: low >> 24 & 0xff == 127
    case .v6(let high, let low): high == 0 && low == 1
    }
  }

  /// The part of the Internet that one operator likely has: /24 of IPv4, /48 of IPv6.
  public var subnet: UInt64 {
    switch host {
    case .v4(let address): UInt64(address >> 8)
    case .v6(0, let low) where low >> 32 == 0xffff: (low & 0xffff_ffff) >> 8
    case .v6(let high, _): 1 << 63 | high >> 16
    }
  }

  /// The same address; one of IPv4 in the form of IPv6 in its own form, so that a limit holds for
  /// both.
  public var canonical: SocketAddress {
    guard case .v6(0, let low) = host, low >> 32 == 0xffff else { return self }
    return SocketAddress(.v4(UInt32(truncatingIfNeeded: low)), port: port)
  }

  public var description: String {
    if case .v4 = host { "\(hostText):\(port)" } else { "[\(hostText)]:\(port)" }
  }

  /// The host without the port, such as "192.0.2.1" or "2001:db8::1".
  public var hostText: String {
    switch host {
    case .v4(let address):
      return [24, 16, 8, 0].map { "\(address >> $0 & 0xff)" }.joined(separator: ".")
    case .v6(let high, let low):
      var host = in6_addr()
      withUnsafeMutableBytes(of: &host) { bytes in
        bytes.storeBytes(of: high.bigEndian, as: UInt64.self)
        bytes.storeBytes(of: low.bigEndian, toByteOffset: 8, as: UInt64.self)
      }
      return withUnsafeTemporaryAllocation(of: CChar.self, capacity: Int(INET6_ADDRSTRLEN)) {
        let text = inet_ntop(AF_INET6, &host, $0.baseAddress, socklen_t($0.count))
        guard let text else { preconditionFailure("an IPv6 address has no text (errno \(errno))") }
        return String(cString: text)
      }
    }
  }

  /// What stands before the last colon, and the port behind it; nil if there is no port.
  static func split(_ text: String) -> (host: Substring, port: UInt16)? {
    guard let colon = text.lastIndex(of: ":"), let port = port(text[text.index(after: colon)...])
    else { return nil }
    return (text[..<colon], port)
  }

  private static func port(_ text: Substring) -> UInt16? {
    // No sign and no spaces, which Swift's own reading would take in part.
    guard !text.isEmpty, text.utf8.allSatisfy({ (48...57).contains($0) }) else { return nil }
    return UInt16(text)
  }

  private static func host(_ text: String) -> Host? {
    var four = in_addr()
    if inet_pton(AF_INET, text, &four) == 1 { return .v4(UInt32(bigEndian: four.s_addr)) }
    var six = in6_addr()
    guard inet_pton(AF_INET6, text, &six) == 1 else { return nil }
    return host(six)
  }

  private static func host(_ address: in6_addr) -> Host {
    withUnsafeBytes(of: address) { bytes in
      let high = bytes.loadUnaligned(as: UInt64.self)
      let low = bytes.loadUnaligned(fromByteOffset: 8, as: UInt64.self)
      return .v6(UInt64(bigEndian: high), UInt64(bigEndian: low))
    }
  }
}

extension SocketAddress {
  /// The family of its sockets.
  var family: Int32 {
    if case .v4 = host { AF_INET } else { AF_INET6 }
  }

  /// Gives `body` the address as the operating system writes it, with its length.
  public func withSystemAddress<Result>(
    _ body: (UnsafeMutablePointer<sockaddr>, socklen_t) -> Result
  ) -> Result {
    switch host {
    case .v4(let address):
      var system = sockaddr_in()
      system.sin_family = sa_family_t(AF_INET)
      system.sin_port = port.bigEndian
      system.sin_addr.s_addr = address.bigEndian
      return Self.with(&system, body)
    case .v6(let high, let low):
      var system = sockaddr_in6()
      system.sin6_family = sa_family_t(AF_INET6)
      system.sin6_port = port.bigEndian
      withUnsafeMutableBytes(of: &system.sin6_addr) { bytes in
        bytes.storeBytes(of: high.bigEndian, as: UInt64.self)
        bytes.storeBytes(of: low.bigEndian, toByteOffset: 8, as: UInt64.self)
      }
      return Self.with(&system, body)
    }
  }

  private static func with<System, Result>(
    _ system: inout System, _ body: (UnsafeMutablePointer<sockaddr>, socklen_t) -> Result
  ) -> Result {
    let length = socklen_t(MemoryLayout<System>.size)
    return withUnsafeMutablePointer(to: &system) { pointer in
      pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { body($0, length) }
    }
  }

  /// The address that `fill` writes, such as `getsockname`; nil if that fails or it is of another
  /// family.
  package init?(
    filling fill: (UnsafeMutablePointer<sockaddr>, UnsafeMutablePointer<socklen_t>) -> Int32
  ) {
    var storage = sockaddr_storage()
    var length = socklen_t(MemoryLayout<sockaddr_storage>.size)
    let status = withUnsafeMutablePointer(to: &storage) { pointer in
      pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { fill($0, &length) }
    }
    guard status >= 0 else { return nil }
    switch Int32(storage.ss_family) {
    case AF_INET:
      self = withUnsafeBytes(of: storage) { bytes in
        let system = bytes.loadUnaligned(as: sockaddr_in.self)
        return SocketAddress(
          .v4(UInt32(bigEndian: system.sin_addr.s_addr)), port: UInt16(bigEndian: system.sin_port))
      }
    case AF_INET6:
      self = withUnsafeBytes(of: storage) { bytes in
        let system = bytes.loadUnaligned(as: sockaddr_in6.self)
        return SocketAddress(
          Self.host(system.sin6_addr), port: UInt16(bigEndian: system.sin6_port))
      }
    default: return nil
    }
  }
}
