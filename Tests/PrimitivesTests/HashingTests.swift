import Primitives
import TestSupport
import Testing

@Suite struct HashingTests {
  @Test func blake2b_shouldGiveKnownValues() {
    #expect(
      Blake2b256.hash([UInt8]()).hex
        == "0e5751c026e543b2e8ab2eb06099daa1d1e5df47778f7787faab45cdf12fe3a8")
    #expect(
      Blake2b256.hash(Array("abc".utf8)).hex
        == "bddd813c634239723171ef3fee98579b94964e3bb1cb3e427262c8c068d52319")
  }

  @Test func sha256_shouldGiveTheValuesOfTheStandard() {
    let vectors = [
      ("", "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"),
      ("abc", "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"),
      (
        "abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq",
        "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1"
      ),
    ]
    for (text, hash) in vectors { #expect(Sha256.hash(Array(text.utf8)).hex == hash) }
    let million = [UInt8](repeating: UInt8(ascii: "a"), count: 1_000_000)
    #expect(
      Sha256.hash(million).hex
        == "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0")
  }

  @Test func sha256Stream_shouldGiveTheSame_whateverThePieces() {
    var random = SeededGenerator(seed: 4)
    let bytes = random.bytes(1_000)
    var stream = Sha256Stream()
    #expect(stream.hash == Sha256.hash([UInt8]()))
    var start = 0
    while start < bytes.count {
      let end = min(bytes.count, start + random.below(100))
      stream.append(Array(bytes[start..<end]))
      start = end
      #expect(stream.hash == Sha256.hash(bytes[..<end]))
    }
    var copy = stream
    copy.append([1])
    #expect(copy.hash != stream.hash)
  }

  @Test func hash_shouldKeepItsBytesAndOrder() {
    var random = SeededGenerator(seed: 5)
    var last = Hash256.zero
    for _ in 0..<500 {
      var bytes = random.bytes(32)
      if random.chance(50) { bytes.replaceSubrange(0..<16, with: last.bytes[0..<16]) }
      let hash = Hash256(bytes: bytes)!
      #expect(hash.bytes == bytes)
      #expect(Hash256(hex: hash.hex) == hash)
      #expect((hash < last) == bytes.lexicographicallyPrecedes(last.bytes))
      #expect(hash.isEqualInConstantTime(to: hash))
      #expect(!hash.isEqualInConstantTime(to: last))
      #expect(hash.short == hash.hex.prefix(8))
      last = hash
    }
    #expect(Hash256(bytes: [UInt8](repeating: 0, count: 31)) == nil)
    #expect(Hash256(bytes: [UInt8](repeating: 0, count: 33)) == nil)
    #expect(Hash256(hex: String(repeating: "0", count: 63)) == nil)
    #expect(Hash256(hex: String(repeating: "g", count: 64)) == nil)
    let slice = [UInt8](0..<40)[4..<36]
    #expect(Hash256(bytes: slice)?.bytes == Array(slice))
  }

  @Test func hex_shouldRoundTrip_andRefuseWhatIsNone() {
    #expect(Hex.string([0, 1, 0xab, 0xff] as [UInt8]) == "0001abff")
    #expect(Hex.bytes("0001ABfF") == [0, 1, 0xab, 0xff])
    for text in ["0", "0g", "é0", " 00", "0x00"] { #expect(Hex.bytes(text) == nil) }
    #expect(Hex.bytes("") == [])
  }
}
