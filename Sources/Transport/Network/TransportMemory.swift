import Networking
import Primitives

/// What a network remembers over restarts: addresses, the last connections, and bans. Its wire form
/// is for the disk of one node.
public struct TransportMemory: Sendable, Hashable, WireCodable {
  package var book: SavedAddressBook
  package var bans: BanList

  public init(from decoder: inout WireDecoder) throws(WireError) {
    book = try decoder.value()
    bans = try decoder.value()
  }

  package init(book: SavedAddressBook, bans: BanList) {
    self.book = book
    self.bans = bans
  }

  public func encode(to encoder: inout WireEncoder) {
    encoder.append(book)
    encoder.append(bans)
  }
}

extension BanList: WireCodable {
  /// Wire form: the number of bans, then each, in the order of the identities, with its identity
  /// (32 bytes), its end (8 bytes) and a list of none or one address.
  public func encode(to encoder: inout WireEncoder) {
    encoder.append(count: bans.count)
    for (identity, ban) in bans.sorted(by: { $0.key < $1.key }) {
      encoder.append(identity)
      encoder.append(ban.until)
      encoder.append(count: ban.host == nil ? 0 : 1)
      if let host = ban.host { PeerAddress.append(host, to: &encoder) }
    }
  }

  public init(from decoder: inout WireDecoder) throws(WireError) {
    self.init()
    var last: NodeIdentity?
    for _ in 0..<(try decoder.count(limit: TransportLimits.bansMax)) {
      let start = decoder.offset
      let identity: NodeIdentity = try decoder.value()
      if let last, identity <= last { throw .invalidValue("a ban out of order", at: start) }
      last = identity
      let until = try decoder.uint64()
      var host: SocketAddress.Host?
      if try decoder.count(limit: 1) == 1 { host = try PeerAddress.host(from: &decoder) }
      restore(identity, until: until, host: host)
    }
  }
}
