import Primitives
import TestSupport
import Testing

/// A value with every kind of field.
private struct Sample: WireCodable, Equatable {
  var byte: UInt8
  var flag: Bool
  var small: UInt32
  var large: UInt64
  var hash: Hash256
  var key: KeyNibbles
  var string: [UInt8]
  var name: String
  var optional: KeyNibbles?
  var optionalString: [UInt8]?
  var list: [Hash256]

  init(_ random: inout SeededGenerator) {
    byte = UInt8(random.below(256))
    flag = random.chance(50)
    small = UInt32(truncatingIfNeeded: random.next() >> UInt64(32 + random.below(32)))
    large = random.next() >> UInt64(random.below(64))
    hash = Hash256(bytes: random.bytes(32))!
    key = KeyNibbles(bytes: random.bytes(random.below(64)))
    string = random.bytes(random.below(300))
    name = String(repeating: "ä", count: random.below(10))
    optional = random.chance(50) ? key : nil
    optionalString = random.chance(50) ? string : nil
    let hash = hash
    list = (0..<random.below(5)).map { _ in hash }
  }

  func encode(to encoder: inout WireEncoder) {
    encoder.append(byte: byte)
    encoder.append(flag)
    encoder.append(small)
    encoder.append(large)
    encoder.append(hash)
    encoder.append(key)
    encoder.append(string)
    encoder.append(name)
    encoder.append(optional: optional)
    encoder.append(optional: optionalString)
    encoder.append(list)
  }

  init(from decoder: inout WireDecoder) throws(WireError) {
    byte = try decoder.byte()
    flag = try decoder.flag()
    small = try decoder.uint32()
    large = try decoder.uint64()
    hash = try decoder.hash()
    key = try decoder.value()
    string = try decoder.bytes(limit: 300)
    name = try decoder.text(limit: 100)
    optional = try decoder.optional()
    optionalString = try decoder.optionalBytes()
    list = try decoder.array(elementBytes: 32, limit: 5)
  }
}

@Suite struct WireTests {
  @Test(arguments: 1...4 as ClosedRange<UInt64>)
  func value_shouldRoundTrip_andDamagedBytesBeStable(seed: UInt64) throws {
    var random = SeededGenerator(seed: seed)
    for _ in 0..<1_500 {
      let sample = Sample(&random)
      let bytes = sample.wireBytes
      #expect(try Sample(wireBytes: bytes) == sample)
      let damaged = random.chance(80) ? random.mutated(bytes) : random.bytes(random.below(200))
      if let other = try? Sample(wireBytes: damaged), other.wireBytes != damaged {
        Issue.record("seed \(seed): accepted \(Hex.string(damaged))")
      }
      let cut = Array(bytes.prefix(random.below(bytes.count)))
      #expect(throws: WireError.self) { try Sample(wireBytes: cut) }
      #expect(throws: WireError.self) { try Sample(wireBytes: bytes + [0]) }
    }
  }

  @Test func varint_shouldHaveOneForm() throws {
    for shift in 0..<64 {
      for value in [UInt64(1) << UInt64(shift), (UInt64(1) << UInt64(shift)) &- 1, .max] {
        var encoder = WireEncoder()
        encoder.append(varint: value)
        var decoder = WireDecoder(encoder.bytes)
        #expect(try decoder.varint() == value)
        #expect(decoder.remaining == 0)
        var longer = encoder.bytes
        longer[longer.count - 1] |= 0x80
        decoder = WireDecoder(longer + [0])
        #expect(throws: WireError.self) { try decoder.varint() }
      }
    }
    func error(_ bytes: [UInt8]) -> WireError? {
      var decoder = WireDecoder(bytes)
      do {
        _ = try decoder.varint()
        return nil
      } catch {
        return error
      }
    }
    let nines = [UInt8](repeating: 0xff, count: 9)
    #expect(error(nines + [1]) == nil)
    #expect(error(nines + [2]) == .varintTooLong(at: 0))
    #expect(error(nines + [0x81]) == .varintTooLong(at: 0))
    #expect(error([0x80, 0]) == .varintNotMinimal(at: 0))
    #expect(error([0x80]) == .unexpectedEnd(missing: 1, at: 1))
    #expect(error([]) == .unexpectedEnd(missing: 1, at: 0))
    var decoder = WireDecoder([0xff, 0xff, 0xff, 0xff, 0x1f])
    #expect(throws: WireError.varintTooLong(at: 0)) { try decoder.uint32() }
  }

  @Test func length_shouldBeRefused_beforeAnythingIsAllocated() {
    for length in [UInt64(5), 1 << 31, 1 << 40, 1 << 62, .max] {
      var encoder = WireEncoder()
      encoder.append(varint: length)
      encoder.append(raw: [1, 2, 3, 4])
      var decoder = WireDecoder(encoder.bytes)
      let error = WireError.lengthTooLarge(length, limit: 4, at: 0)
      #expect(throws: error) { try decoder.bytes() }
      decoder = WireDecoder(encoder.bytes)
      #expect(throws: error) { try decoder.array(of: KeyNibbles.self) }
      decoder = WireDecoder(encoder.bytes)
      #expect(throws: WireError.lengthTooLarge(length, limit: 0, at: 0)) {
        try decoder.array(of: Hash256.self, elementBytes: 32)
      }
      decoder = WireDecoder(encoder.bytes)
      #expect(throws: WireError.lengthTooLarge(length, limit: 3, at: 0)) {
        try decoder.bytes(limit: 3)
      }
    }
  }

  @Test func error_shouldSayWhatIsWrongAndWhere() {
    func message(_ body: () throws(WireError) -> Void) -> String {
      do {
        try body()
        return "accepted"
      } catch {
        return error.description
      }
    }
    var decoder = WireDecoder([7, 2])
    #expect(message { () throws(WireError) in _ = try decoder.byte() } == "accepted")
    #expect(
      message { () throws(WireError) in _ = try decoder.flag(of: "Option") }
        == "Option has no case 2 (at byte 1)")
    var text = WireDecoder([1, 0xff])
    #expect(
      message { () throws(WireError) in _ = try text.text() } == "text is not UTF-8 (at byte 0)")
    #expect(
      message { () throws(WireError) in _ = try Hash256(wireBytes: [1]) }
        == "input ends 31 bytes too early (at byte 0)")
    #expect(
      message { () throws(WireError) in
        _ = try PublicKey(wireBytes: [UInt8](repeating: 0, count: 35))
      } == "3 bytes after the end of the value (at byte 32)")
  }

  @Test(arguments: 1...4 as ClosedRange<UInt64>)
  func key_shouldBeRefusedOrStable_whateverTheBytes(seed: UInt64) {
    var random = SeededGenerator(seed: seed)
    for _ in 0..<5_000 {
      let key = KeyNibbles(bytes: random.bytes(random.below(64)))
      let honest = key.prefix(random.below(127)).wireBytes
      let bytes = random.chance(70) ? random.mutated(honest) : random.bytes(random.below(70))
      guard let decoded = try? KeyNibbles(wireBytes: bytes) else { continue }
      if decoded.wireBytes != bytes {
        Issue.record("seed \(seed): accepted \(Hex.string(bytes))")
      }
    }
  }
}
