import TestSupport
import Testing
import Transport

@Suite struct HostNameTests {
  private static let key = String(repeating: "0a", count: 32)

  @Test(arguments: [
    "localhost", "a", "seed.example.org", "seed.example.org.", "xn--bcher-kva.example",
    "4.example", "a-b._tcp.x", "A.B",
  ])
  func name_shouldBeTaken_asItIsWritten(text: String) {
    #expect(HostName(text)?.description == text)
    #expect(SocketPlace("\(text):80")?.description == "\(text):80")
    #expect(SocketAddress("\(text):80") == nil)
    let peer = KeptPeer(text: "\(Self.key)@\(text):7400")
    #expect(peer?.description == "\(Self.key)@\(text):7400" && peer?.address == nil)
  }

  /// Addresses in any form that some resolver reads, and what is no name.
  @Test(arguments: [
    "", ".", "..", "a..b", ".a", "-a", "a-", "a.-b", "1", "1.2.3", "1.2.3.4", "127.1", "0x7f.1",
    "0x7f000001", "a.1", "a.0x1", "::1", "[::1]", "fe80::1%eth0", "a b", "a\u{0}b",
    "bücher.example",
    "a/b", "a:b", "a@b", "*", "\u{ff41}",
  ])
  func whatIsNoHostName_shouldBeRefused(text: String) {
    #expect(HostName(text) == nil)
    if case .name = SocketPlace("\(text):80") { Issue.record("a name") }
  }

  @Test func lengths_shouldEndAtTheirLimits() {
    let label = String(repeating: "a", count: TransportLimits.hostLabelBytesMax)
    #expect(HostName(label) != nil && HostName(label + "a") == nil)
    let rest = TransportLimits.hostNameBytesMax - 3 * (label.utf8.count + 1)
    let longest = [label, label, label, String(repeating: "b", count: rest)]
      .joined(separator: ".")
    #expect(HostName(longest) != nil && HostName(longest + ".") != nil)
    #expect(HostName("c" + longest) == nil)
  }

  @Test func peer_shouldBeRead_whateverFormItsHostHas() {
    for (text, isName) in [
      ("192.0.2.1:7400", false), ("[2001:db8::1]:7400", false), ("localhost:7400", true),
    ] {
      let peer = KeptPeer(text: "\(Self.key)@\(text)")
      #expect(peer?.description == "\(Self.key)@\(text)" && (peer?.address == nil) == isName)
    }
    for text in ["localhost:0", "localhost", "localhost:65536", "localhost:+1", ":1", "1.2.3:1"] {
      #expect(KeptPeer(text: "\(Self.key)@\(text)") == nil, "\(text)")
    }
    #expect(KeptPeer(text: "\(Self.key.dropLast())@localhost:1") == nil)
  }

  @Test func name_shouldBeLookedUp_orNamedWithTheReason() throws {
    let hosts = try #require(HostName("localhost")).addresses().get()
    #expect(!hosts.isEmpty && Set(hosts).count == hosts.count)
    #expect(hosts.allSatisfy { SocketAddress($0, port: 1).isLoopback })
    #expect(hosts.count <= TransportLimits.hostAddressesMax)
    let none = try #require(HostName("none.invalid"))
    let failure = #expect(throws: NameFailure.self) { try none.addresses().get() }
    #expect(failure?.description.hasPrefix("the name 'none.invalid' cannot be resolved: ") ?? false)
    #expect(try SocketPlace("[::1]:5")?.addresses() == [SocketAddress("[::1]:5")!])
  }
}
