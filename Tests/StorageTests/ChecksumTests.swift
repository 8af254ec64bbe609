import Storage
import Testing

@Suite struct ChecksumTests {
  /// The first is the check value of the CRC catalogue, the others are of RFC 3720 B.4.
  private static let vectors: [(bytes: [UInt8], checksum: UInt32)] = [
    (Array("123456789".utf8), 0xe306_9283),
    ([UInt8](repeating: 0, count: 32), 0x8a91_36aa),
    ([UInt8](repeating: 0xff, count: 32), 0x62a8_ab43),
    ([UInt8](0..<32), 0x46dd_794e),
    ([UInt8]((0..<32).reversed()), 0x113f_db5c),
    ([], 0),
  ]

  @Test func checksum_shouldBeThatOfTheVector_howeverItIsCut() {
    for vector in Self.vectors {
      for cut in 0...vector.bytes.count {
        var checksum = Checksum()
        vector.bytes[..<cut].withUnsafeBytes { checksum.add($0) }
        vector.bytes[cut...].withUnsafeBytes { checksum.add($0) }
        #expect(checksum.value == vector.checksum)
      }
    }
  }
}
