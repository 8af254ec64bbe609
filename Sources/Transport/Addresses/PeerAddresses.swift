import Networking
import Primitives

/// Asks a peer for addresses of others.
package struct PeerAddressesRequest: Request {
  package typealias Response = PeerAddresses

  package static let type = RequestType(
    TransportLimits.ownTagsFrom, name: "peer_addresses", requestBytesMax: 16,
    responseBytesMax: 8 + TransportLimits.addressesToldMax * PeerAddress.bytesMax,
    perWindowMax: 2, traffic: .bulk)

  package init() {}
  package func encode(to encoder: inout WireEncoder) {}
  package init(from decoder: inout WireDecoder) throws(WireError) {}
}

/// Addresses of nodes that somebody has made connections to.
package struct PeerAddresses: WireCodable, Sendable, Hashable {
  package let addresses: [PeerAddress]

  package init(addresses: [PeerAddress]) { self.addresses = addresses }

  /// Wire form: their number, then each.
  package func encode(to encoder: inout WireEncoder) {
    encoder.append(count: addresses.count)
    for address in addresses { encoder.append(address) }
  }

  package init(from decoder: inout WireDecoder) throws(WireError) {
    let count = try decoder.count(
      elementBytes: PeerAddress.bytesMin, limit: TransportLimits.addressesToldMax)
    var addresses: [PeerAddress] = []
    for _ in 0..<count { addresses.append(try decoder.value()) }
    self.addresses = addresses
  }
}

extension PeerAddress {
  /// Bytes of an address of IPv4.
  package static let bytesMin = 1 + 4 + 2 + 32
  /// Bytes of an address of IPv6.
  package static let bytesMax = 1 + 16 + 2 + 32
}
