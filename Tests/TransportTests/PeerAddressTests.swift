import Primitives
import Testing
import Transport

@Suite struct PeerAddressTests {
  private static func v4(_ text: String) -> PeerAddress {
    let parts = text.split(separator: ".").compactMap { UInt32($0) }
    return AddressBookTests.address(parts.reduce(0) { $0 << 8 | $1 })
  }

  private static func v6(_ high: UInt64, _ low: UInt64) -> PeerAddress {
    PeerAddress(.v6(high, low), port: 1, identity: PublicKey(raw: .zero))
  }

  @Test func group_shouldBeTheFirst16BitsOr32Bits() {
    #expect(Self.v4("8.9.1.1").group == Self.v4("8.9.200.7").group)
    #expect(Self.v4("8.9.1.1").group != Self.v4("8.10.1.1").group)
    #expect(Self.v6(0x2a00_0001_0000_0000, 1).group == Self.v6(0x2a00_0001_ffff_0000, 2).group)
    #expect(Self.v6(0x2a00_0001_0000_0000, 1).group != Self.v6(0x2a00_0002_0000_0000, 1).group)
    // The same host in the form of IPv6.
    #expect(Self.v6(0, 0xffff_0809_0101).group == Self.v4("8.9.1.1").group)
    #expect(Self.v6(0x0000_0809_0000_0000, 0).group != Self.v4("8.9.1.1").group)
  }

  @Test(arguments: [
    ("0.1.2.3", false), ("9.255.255.255", true), ("10.0.0.1", false), ("11.0.0.0", true),
    ("100.63.0.0", true), ("100.64.0.0", false), ("100.127.255.255", false),
    ("127.0.0.1", false), ("169.254.9.9", false), ("172.15.0.1", true), ("172.16.0.1", false),
    ("172.31.0.1", false), ("172.32.0.1", true), ("192.0.2.9", false), ("192.168.1.1", false),
    ("192.169.1.1", true), ("198.18.0.1", false), ("198.20.0.1", true), ("198.51.100.1", false),
    ("203.0.113.1", false), ("223.255.255.255", true), ("224.0.0.1", false),
    ("255.255.255.255", false),
  ])
  func routability_shouldFollowTheReservedBlocks(text: String, isRoutable: Bool) {
    let address = Self.v4(text)
    #expect(address.isRoutable == isRoutable)
    #expect(address.description == text + ":7")
    guard case .v4(let number) = address.host else { return }
    #expect(Self.v6(0, 0xffff_0000_0000 | UInt64(number)).isRoutable == isRoutable)
  }

  @Test func routabilityOfIPv6_shouldBeThatOfGlobalUnicast() {
    for high in [0, 0xfe80 << 48, 0xfc00 << 48, 0xff02 << 48, 0x2001_0db8 << 32] as [UInt64] {
      #expect(!Self.v6(high, 1).isRoutable)
    }
    #expect(Self.v6(0x2a00 << 48, 1).isRoutable)
    #expect(!PeerAddress(.v4(0x0909_0909), port: 0, identity: PublicKey(raw: .zero)).isRoutable)
    #expect(Self.v6(0x2a00 << 48, 1).description == "[2a00::1]:1")
  }

  @Test func wireForm_shouldBeReadAgain_andNoOther() throws {
    for address in [Self.v4("1.2.3.4"), Self.v6(5, .max)] {
      let bytes = address.wireBytes
      #expect(bytes.count == (bytes[0] == 4 ? 39 : 51))
      #expect(try PeerAddress(wireBytes: bytes) == address)
      #expect(throws: WireError.invalidCase(5, of: "PeerAddress.Host", at: 0)) {
        try PeerAddress(wireBytes: [5] + bytes.dropFirst())
      }
      #expect(throws: WireError.self) { try PeerAddress(wireBytes: bytes.dropLast()) }
    }
  }
}
