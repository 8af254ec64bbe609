import Primitives

/// Where a node can be dialled, and which identity it must show then.
public struct PeerAddress: Sendable, Hashable, CustomStringConvertible {
  /// An address of the Internet.
  public enum Host: Sendable, Hashable {
    case v4(UInt32)
    /// The two halves, most significant first.
    case v6(UInt64, UInt64)
  }

  public let host: Host
  public let port: UInt16
  public let identity: PublicKey

  public init(_ host: Host, port: UInt16, identity: PublicKey) {
    self.host = host
    self.port = port
    self.identity = identity
  }

  /// The part of the Internet that the address belongs to, which is likely in one hand: /16 for
  /// IPv4, /32 for IPv6. An IPv4 address in the form of IPv6 (RFC 4291, section 2.5.5.2) is in the
  /// group of its IPv4 form.
  public var group: UInt64 {
    switch host {
    case .v4(let address): UInt64(address >> 16)
    case .v6(0, let low) where low >> 32 == 0xffff: (low & 0xffff_ffff) >> 16
    case .v6(let high, _): 1 << 32 | high >> 32
    }
  }

  /// Whether the address can be that of a node elsewhere: not this host, a private network, a
  /// multicast group or a reserved block (RFC 6890), and the port is not 0.
  public var isRoutable: Bool {
    guard port != 0 else { return false }
    switch host {
    case .v4(let address): return Self.isRoutable(address)
    case .v6(0, let low) where low >> 32 == 0xffff:
      return Self.isRoutable(UInt32(truncatingIfNeeded: low))
    case .v6(let high, _):
      // Global unicast is 2000::/3; 2001:db8::/32 is for documents.
      return high >> 61 == 1 && high >> 32 != 0x2001_0db8
    }
  }

  private static func isRoutable(_ address: UInt32) -> Bool {
    let blocks: [(start: UInt32, bits: UInt32)] = [
      (0x0000_0000, 8), (0x0a00_0000, 8), (0x6440_0000, 10), (0x7f00_0000, 8), (0xa9fe_0000, 16),
      (0xac10_0000, 12), (0xc000_0000, 24), (0xc000_0200, 24), (0xc0a8_0000, 16),
      (0xc612_0000, 15), (0xc633_6400, 24), (0xcb00_7100, 24), (0xe000_0000, 3),
    ]
    return !blocks.contains { address >> (32 - $0.bits) == $0.start >> (32 - $0.bits) }
  }

  /// Where it is dialled.
  public var socket: SocketAddress { SocketAddress(host, port: port) }

  public var description: String { "\(socket)" }
}

extension PeerAddress: WireCodable {
  /// Wire form: the version of the host (byte: 4 or 6), its 4 or 16 bytes, the port (2 bytes), most
  /// significant first, the identity (32 bytes).
  public func encode(to encoder: inout WireEncoder) {
    Self.append(host, to: &encoder)
    Self.append(UInt64(port), 2, to: &encoder)
    encoder.append(identity)
  }

  public init(from decoder: inout WireDecoder) throws(WireError) {
    host = try Self.host(from: &decoder)
    port = UInt16(try Self.number(2, from: &decoder))
    identity = try decoder.value()
  }

  /// Appends the version of a host and its bytes.
  static func append(_ host: Host, to encoder: inout WireEncoder) {
    switch host {
    case .v4(let address):
      encoder.append(byte: 4)
      append(UInt64(address), 4, to: &encoder)
    case .v6(let high, let low):
      encoder.append(byte: 6)
      append(high, 8, to: &encoder)
      append(low, 8, to: &encoder)
    }
  }

  /// Reads what `append(_:to:)` wrote.
  static func host(from decoder: inout WireDecoder) throws(WireError) -> Host {
    let start = decoder.offset
    switch try decoder.byte() {
    case 4: return .v4(UInt32(try number(4, from: &decoder)))
    case 6: return .v6(try number(8, from: &decoder), try number(8, from: &decoder))
    case let other: throw .invalidCase(UInt64(other), of: "PeerAddress.Host", at: start)
    }
  }

  private static func append(_ number: UInt64, _ count: Int, to encoder: inout WireEncoder) {
    for index in (0..<count).reversed() {
      encoder.append(byte: UInt8(truncatingIfNeeded: number >> (8 * index)))
    }
  }

  private static func number(
    _ count: Int, from decoder: inout WireDecoder
  ) throws(WireError) -> UInt64 {
    try decoder.raw(count).reduce(0) { $0 << 8 | UInt64($1) }
  }
}
