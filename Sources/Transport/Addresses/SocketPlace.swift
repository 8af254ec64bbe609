import Primitives

/// A port of a host that is given by its address or by its name. Prints as "192.0.2.1:80",
/// "[2001:db8::1]:80" or "seed.example.org:80".
public enum SocketPlace: Sendable, Hashable, CustomStringConvertible {
  case address(SocketAddress)
  case name(HostName, port: UInt16)

  /// The place written as `HOST:PORT`; nil if it is none. Names are not looked up.
  public init?(_ text: String) {
    if let address = SocketAddress(text) {
      self = .address(address)
    } else if let (name, port) = SocketAddress.split(text), let host = HostName(String(name)) {
      self = .name(host, port: port)
    } else {
      return nil
    }
  }

  public var port: UInt16 {
    switch self {
    case .address(let address): address.port
    case .name(_, let port): port
    }
  }

  public var description: String {
    switch self {
    case .address(let address): "\(address)"
    case .name(let host, let port): "\(host):\(port)"
    }
  }

  /// Where it is now. Waits for servers if it is a name (`HostName.addresses()`).
  public func addresses() throws(NameFailure) -> [SocketAddress] {
    switch self {
    case .address(let address): [address]
    case .name(let host, let port):
      try host.addresses().get().map { SocketAddress($0, port: port) }
    }
  }
}

/// A node that a connection is to be kept to: the identity it must show, and where it is.
public struct KeptPeer: Sendable, Hashable, CustomStringConvertible {
  public let identity: PublicKey
  /// Its port is not 0.
  public let place: SocketPlace

  /// The node at an address.
  public init(_ address: PeerAddress) {
    identity = address.identity
    place = .address(address.socket)
  }

  /// The node written as `KEY@HOST:PORT`, where the host is an address or a name; nil if it is
  /// none.
  public init?(text: String) {
    guard let at = text.firstIndex(of: "@"), let key = Hash256(hex: text[..<at]),
      let place = SocketPlace(String(text[text.index(after: at)...])), place.port != 0
    else { return nil }
    identity = PublicKey(raw: key)
    self.place = place
  }

  /// `KEY@HOST:PORT`.
  public var description: String { "\(identity)@\(place)" }

  /// Where it is dialled; nil if that has to be looked up.
  package var address: PeerAddress? {
    guard case .address(let address) = place else { return nil }
    return PeerAddress(address.host, port: address.port, identity: identity)
  }
}
