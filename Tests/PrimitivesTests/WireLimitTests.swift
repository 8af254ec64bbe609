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

  @Test func key_shouldBeTaken_upToItsLongest() throws {
    let limit = PrimitiveLimits.keyNibblesMax
    let longest = try #require(KeyNibbles(String(repeating: "a", count: limit)))
    #expect(longest.count == limit && longest.successor == nil)
    #expect(KeyNibbles(String(repeating: "a", count: limit + 1)) == nil)
    let half = longest.prefix(limit / 2)
    #expect(half.appending(half) == longest && half.appending(0).appending(half) == nil)
    #expect(try KeyNibbles(wireBytes: longest.wireBytes) == longest)
    let bytes = [UInt8](repeating: 0xaa, count: (limit + 2) / 2)
    let tooLong = [UInt8(limit + 2), UInt8(bytes.count)] + bytes
    #expect(throws: WireError.lengthTooLarge(UInt64(limit + 2), limit: limit, at: 0)) {
      try KeyNibbles(wireBytes: tooLong)
    }
  }
}
