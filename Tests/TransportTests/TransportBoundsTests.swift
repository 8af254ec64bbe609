import Foundation
import Networking
import TestSupport
import Testing
import Transport

/// The table of memory in Docs/Transport.md against the limits.
@Suite struct TransportBoundsTests {
  private static let connections =
    TransportLimits.inboundConnectionsMax + TransportLimits.outboundConnectionsMax
  private static let credit =
    2 * TransportLimits.streamsMax * TransportLimits.initialCreditBytes

  /// Bytes of one connection and of all, by what is held.
  private static let bounds: [String: (one: Int, all: Int)] = [
    "Messages on their way in, within the first credit of their streams":
      (credit, connections * credit),
    "Messages on their way in, beyond it":
      (
        TransportLimits.connectionPoolBytes + TransportLimits.inboundPoolBytes,
        connections * TransportLimits.connectionPoolBytes + TransportLimits.sharedPoolBytes
      ),
    "Messages that wait to be sent":
      (
        TransportLimits.outboundBytesMax,
        TransportLimits.unsentBytesMax + TransportLimits.messageBytesMax
      ),
    "Gossip that neighbours may want":
      (TransportLimits.gossipHeldBytes, TransportLimits.gossipHeldBytes),
    "Requests that wait to be answered":
      (NetworkingLimits.servedWaitingBytes.perHolder, NetworkingLimits.servedWaitingBytes.total),
    "Records and handshakes that are not whole":
      (
        TransportLimits.recordBytesMax + 2,
        (connections + TransportLimits.handshakesMax) * (TransportLimits.recordBytesMax + 2)
      ),
    "Bytes that a socket has not taken":
      (TransportLimits.writeBytesMax, connections * TransportLimits.writeBytesMax),
  ]

  @Test func tableOfMemory_shouldHaveTheValuesOfTheLimits() throws {
    let page = try PackageFiles.text("Docs/Transport.md")
    let rows = page.split(separator: "\n").map { line in
      line.split(separator: "|").map { cell in
        cell.split(separator: " ").joined(separator: " ")
      }
    }
    for (what, bound) in Self.bounds {
      let row = try #require(rows.first { $0.first == what }, "no row: \(what)")
      let kibibytes = [bound.one, bound.all].map { ($0 + 1023) / 1024 }
      let written = row[1...2].map { Int($0.filter { $0 != "," }) }
      #expect(written == kibibytes, "\(what): \(kibibytes)")
    }
  }

  @Test func pages_shouldNameTestsThatAreThere() throws {
    func names(_ page: String) throws -> [String] {
      try PackageFiles.text("Docs/\(page).md").matches(of: /`(\w+_should\w+)`/).map {
        String($0.1)
      }
    }
    // A test may move to another file or room.
    let folder = PackageFiles.root.appending(path: "Tests")
    let files = try FileManager.default.subpathsOfDirectory(atPath: folder.path)
    var tests: Set<String> = []
    for file in files where file.hasSuffix(".swift") {
      let text = try PackageFiles.text("Tests/\(file)")
      tests.formUnion(text.matches(of: /func (\w+_should\w+)\(/).map { String($0.1) })
    }
    let (reports, threats) = (try names("Transport"), try names("ThreatModel"))
    #expect(reports.count > 18 && threats.count > 10)
    for page in ["Transport", "ThreatModel", "Snapshots", "Reconciliation"] {
      for name in try names(page) { #expect(tests.contains(name), "\(page): no test \(name)") }
    }
  }
}
