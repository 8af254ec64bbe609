import Networking
import Primitives
import TestSupport
import Testing
import Transport

@Suite struct TransportWireTests {
  private static func roundTrip<Value: WireCodable & Equatable>(_ value: Value) throws {
    let bytes = value.wireBytes
    #expect(try Value(wireBytes: bytes) == value)
    for count in 0..<bytes.count {
      #expect(throws: WireError.self) { try Value(wireBytes: Array(bytes.prefix(count))) }
    }
  }

  private static let id = GossipID(topic: Topic(3), payload: [1])

  @Test func words_shouldBeReadAgain_andNoOthers() throws {
    for topic in [0, 127, 128, UInt16.max] {
      let word = TransportWord.announce(topic: topic, Self.id)
      try Self.roundTrip(word)
      #expect(word.wireBytes.count <= TransportWord.bytesMax)
    }
    try Self.roundTrip(TransportWord.want(Self.id))
    #expect(throws: WireError.invalidCase(2, of: "TransportWord", at: 0)) {
      try TransportWord(wireBytes: [2] + Self.id.hash.bytes)
    }
    #expect(throws: WireError.invalidCase(65_536, of: "TransportWord.topic", at: 1)) {
      try TransportWord(wireBytes: [0, 0x80, 0x80, 4] + Self.id.hash.bytes)
    }
  }

  @Test func greeting_shouldBeReadAgain_andLeaveRoomForLaterVersions() throws {
    for greeting in [PeerGreeting(port: 0), PeerGreeting(port: .max, isTest: true)] {
      try Self.roundTrip(greeting)
      #expect(PeerGreeting(attachment: greeting.wireBytes + [1, 2, 3]) == greeting)
      #expect(greeting.wireBytes.count <= TransportLimits.attachmentBytesMax)
    }
    #expect(PeerGreeting(attachment: []) == nil && PeerGreeting(attachment: [5, 2]) == nil)
    #expect(throws: WireError.invalidCase(65_536, of: "PeerGreeting.port", at: 0)) {
      try PeerGreeting(wireBytes: [0x80, 0x80, 4, 0])
    }
  }

  @Test func addresses_shouldBeReadAgain_andSoManyAtMost() throws {
    let one = AddressBookTests.address(0x0808_0808)
    for count in [0, 1, 3] {
      try Self.roundTrip(PeerAddresses(addresses: Array(repeating: one, count: count)))
    }
    let most = TransportLimits.addressesToldMax
    let largest = PeerAddresses(
      addresses: (0..<UInt64(most)).map {
        PeerAddress(.v6(0x2a00 << 48, $0), port: 1, identity: Somebody.key(1))
      })
    #expect(try PeerAddresses(wireBytes: largest.wireBytes) == largest)
    #expect(largest.wireBytes.count <= PeerAddressesRequest.type.responseBytesMax)
    let tooMany = PeerAddresses(addresses: Array(repeating: one, count: most + 1))
    #expect(throws: WireError.self) { try PeerAddresses(wireBytes: tooMany.wireBytes) }
    // A count alone takes no memory.
    #expect(throws: WireError.self) { try PeerAddresses(wireBytes: [200, 1]) }
  }

  @Test func memory_shouldBeReadAgain_withBookAnchorsAndBans() throws {
    var book = AddressBook(own: Somebody.key(1), secret: Hash256(words: (7, 7, 7, 7)))
    for host in 0..<UInt32(20) {
      let address = AddressBookTests.address(0x0c00_0001 + host << 16)
      _ = book.add(address, from: AddressBookTests.address(0x5000_0001 + host << 16))
      if host % 2 == 0 { _ = book.succeeded(address) }
    }
    var bans = BanList()
    bans.ban(Somebody.identity(4), from: Somebody.address(subnet: 1), at: 10)
    bans.ban(Somebody.identity(5), from: nil, at: 20)
    bans.ban(Somebody.identity(6), from: SocketAddress("[2a00::1]:5"), at: 20)
    let memory = TransportMemory(book: book.saved, bans: bans)
    try Self.roundTrip(memory)
    try Self.roundTrip(
      TransportMemory(book: AddressBook(own: Somebody.key(1), secret: .zero).saved, bans: BanList())
    )
    let again = try TransportMemory(wireBytes: memory.wireBytes)
    let restored = AddressBook(own: Somebody.key(1), saved: again.book)
    #expect(restored.saved == book.saved && restored.triedCount == book.triedCount)
    #expect(restored.anchors == book.anchors && again.bans == bans)
    // A book of another node's, or of other rules, gives what still fits.
    let tried = book.saved.entries.filter(\.isTried).map(\.address.identity)
    let other = AddressBook(own: try #require(tried.first), saved: again.book)
    #expect(other.count == book.count - 1)
  }

  @Test func savedBook_shouldBeRefused_whenAPlaceIsNotInIt() throws {
    let entry = SavedAddressBook.Entry(
      address: AddressBookTests.address(0x0808_0808), place: 1 << 20, isTried: false)
    let saved = SavedAddressBook(secret: .zero, entries: [entry], anchors: [])
    #expect(throws: WireError.invalidValue("place 1048576 is not in the book", at: 32 + 1 + 39)) {
      try SavedAddressBook(wireBytes: saved.wireBytes)
    }
  }

  @Test(arguments: [
    "192.0.2.1:80", "[2001:db8::1]:443", "0.0.0.0:0", "[::]:65535", "[::1]:1",
  ])
  func socketAddress_shouldBeReadAsItIsWritten(text: String) throws {
    #expect(try #require(SocketAddress(text)).description == text)
  }

  @Test(arguments: [
    "", ":", "1.2.3.4", "1.2.3.4:", "1.2.3.4:65536", "1.2.3.4:-1", "1.2.3.4:+1", "1.2.3.4: 1",
    "1.2.3:1", "256.1.1.1:1", "::1:5", "[1.2.3.4]:5", "[::1]5", "[::1:5", "host:5", "[]:1",
  ])
  func socketAddress_shouldBeRefused_inAnyOtherForm(text: String) {
    #expect(SocketAddress(text) == nil)
  }
}
