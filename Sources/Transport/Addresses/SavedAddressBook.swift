import Primitives

/// An address book as it is written down.
public struct SavedAddressBook: Sendable, Hashable {
  package struct Entry: Sendable, Hashable {
    package var address: PeerAddress
    /// Its place among the new or the tried ones.
    package var place: Int
    package var isTried: Bool

    package init(address: PeerAddress, place: Int, isTried: Bool) {
      self.address = address
      self.place = place
      self.isTried = isTried
    }
  }

  package var secret: Hash256
  package var entries: [Entry]
  package var anchors: [PeerAddress]

  package init(secret: Hash256, entries: [Entry], anchors: [PeerAddress]) {
    self.secret = secret
    self.entries = entries
    self.anchors = anchors
  }
}

extension SavedAddressBook: WireCodable {
  /// Fewest bytes of an entry: an address of IPv4, a place and a flag.
  private static let entryBytesMin = 1 + 4 + 2 + 32 + 1 + 1

  /// Wire form: the secret (32 bytes); the number of entries, then each with its address, its place
  /// (varint) and a flag (byte: 0 new, 1 tried); the number of anchors, then their addresses.
  public func encode(to encoder: inout WireEncoder) {
    encoder.append(secret)
    encoder.append(count: entries.count)
    for entry in entries {
      encoder.append(entry.address)
      encoder.append(count: entry.place)
      encoder.append(byte: entry.isTried ? 1 : 0)
    }
    encoder.append(count: anchors.count)
    for anchor in anchors { encoder.append(anchor) }
  }

  public init(from decoder: inout WireDecoder) throws(WireError) {
    secret = try decoder.hash()
    entries = []
    let most = AddressPlaces.newCount + AddressPlaces.triedCount
    for _ in 0..<(try decoder.count(elementBytes: Self.entryBytesMin, limit: most)) {
      let address: PeerAddress = try decoder.value()
      let start = decoder.offset
      let place = try decoder.varint()
      guard place < UInt64(AddressPlaces.newCount) else {
        throw .invalidValue("place \(place) is not in the book", at: start)
      }
      let isTried = try decoder.flag(of: "SavedAddressBook.isTried")
      entries.append(Entry(address: address, place: Int(place), isTried: isTried))
    }
    anchors = []
    for _ in 0..<(try decoder.count(limit: TransportLimits.anchorsMax)) {
      anchors.append(try decoder.value())
    }
  }
}
