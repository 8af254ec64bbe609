import Primitives
import Testing

/// The limits of numbers on the wire.
@Suite struct WireLimitTests {
  @Test func varint_shouldBeRead_upToItsLongestForm() throws {
    let longest = PrimitiveLimits.varintBytesMax
    var encoder = WireEncoder()
    encoder.append(varint: .max)
    #expect(encoder.bytes.count == longest)
    var decoder = WireDecoder(encoder.bytes)
    #expect(try decoder.varint() == .max)
    let tooLong = [UInt8](repeating: 0x80, count: longest) + [1]
    #expect(throws: WireError.varintTooLong(at: 0)) {
      var decoder = WireDecoder(tooLong)
      _ = try decoder.varint()
    }
  }
}
