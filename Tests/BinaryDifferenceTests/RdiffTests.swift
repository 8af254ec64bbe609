import BinaryDifference
import Primitives
import TestSupport
import Testing

@Suite struct RdiffTests {
  static let magic: [UInt8] = [0x72, 0x73, 0x02, 0x36]

  @Test func delta_shouldMakeTheTarget_fromASignatureFile() throws {
    for seed in pairSeeds {
      let pair = RandomPair(seed: seed)
      for kind in RollingHashKind.allCases {
        let made = try #require(
          BlockSignature(of: pair.base, kind: kind, blockBytes: 64 + Int(seed)))
        let signature = try BlockSignature(rdiff: made.rdiffBytes)
        #expect(signature == made, "\(pair)")
        let script = try #require(signature.script(to: pair.target))
        let read = try EditScript(rdiff: script.rdiffBytes)
        #expect(read == script, "\(pair)")
        #expect(try read.target(from: pair.base) == pair.target, "\(pair)")
      }
    }
  }

  @Test func delta_shouldHoldNumbersOfAllWidths() throws {
    let base = [UInt8](repeating: 1, count: 100_000)
    let literals = [1, 64, 65, 255, 256, 65_535, 65_536].map { [UInt8](repeating: 5, count: $0) }
    var operations: [EditOperation] = []
    for (index, literal) in literals.enumerated() {
      operations.append(.insert(literal))
      operations.append(.copy(offset: [0, 255, 256, 65_535, 65_536, 3, 4][index], length: 300))
    }
    let script = try EditScript(operations)
    #expect(try EditScript(rdiff: script.rdiffBytes) == script)
    #expect(try script.target(from: base).count == script.targetBytes)
    // Eight bytes for each number are allowed too.
    let wide =
      Self.magic + [0x54] + [UInt8](repeating: 0, count: 7) + [2] + [0, 0, 0, 0, 0, 0, 0, 3, 0]
    #expect(try EditScript(rdiff: wide).operations == [.copy(offset: 2, length: 3)])
  }

  @Test(
    arguments: [
      ([], "difference_foreign", 0), ([0x72, 0x73, 1, 0x36], "difference_foreign", 0),
      (magic, "difference_truncated", 4), (magic + [2, 7], "difference_truncated", 5),
      (magic + [0x41], "difference_truncated", 5), (magic + [0x45, 1], "difference_truncated", 6),
      (magic + [0x55], "difference_invalid", 4), (magic + [0xff], "difference_invalid", 4),
      (magic + [0x45, 0, 0, 0], "difference_invalid", 4),
      (magic + [0, 0], "difference_invalid", 5),
      // A literal and a copy of 2^64 - 1 bytes, a copy of 2^32 - 1.
      (magic + [0x44] + filled(8), "difference_invalid", 5),
      (magic + [0x48, 0] + filled(8), "difference_invalid", 6),
      (magic + [0x54, 0x7f] + filled(15), "difference_invalid", 13),
      (magic + [0x47, 0] + filled(4), "difference_beyond_base", 4),
    ] as [([UInt8], String, Int)])
  func delta_shouldBeRefused_whenItBreaksARule(bytes: [UInt8], reason: String, offset: Int) {
    refuses(reason, at: offset) { try EditScript(rdiff: bytes) }
  }

  static func filled(_ count: Int) -> [UInt8] { [UInt8](repeating: 0xff, count: count) }

  @Test func bomb_shouldBeRefused_beforeAnythingIsMade() {
    // 100 copies of 60 MB.
    let copies = (0..<100).flatMap { _ in [0x47, 0, 0x03, 0x90, 0, 0] as [UInt8] }
    refuses("difference_target_too_large", at: 10) {
      try EditScript(rdiff: Self.magic + copies + [0])
    }
    refuses("difference_target_too_large", at: 4) {
      try EditScript(rdiff: Self.magic + [0x46, 0, 1, 0, 0], limit: 255)
    }
  }

  @Test func signature_shouldBeRefused_whenItIsOfAnotherKind() throws {
    let good = try #require(BlockSignature(of: [1, 2, 3], blockBytes: 64)).rdiffBytes
    #expect(try BlockSignature(rdiff: good).count == 1)
    refuses("difference_foreign", at: 0) { try BlockSignature(rdiff: []) }
    refuses("difference_foreign", at: 0) { try BlockSignature(rdiff: Self.magic + good[4...]) }
    for kind: UInt8 in [0x36, 0x46] {
      refuses("difference_unsupported", at: 0) {
        try BlockSignature(rdiff: [0x72, 0x73, 1, kind] + good[4...])
      }
    }
    for length in 4..<good.count where length != 12 {
      refuses("difference_truncated") { try BlockSignature(rdiff: Array(good[..<length])) }
    }
    func with(_ place: Int, _ byte: UInt8) -> [UInt8] {
      var bytes = good
      bytes[place] = byte
      return bytes
    }
    refuses("difference_invalid", at: 4) { try BlockSignature(rdiff: with(4, 0xff)) }
    refuses("difference_invalid", at: 4) { try BlockSignature(rdiff: with(7, 0)) }
    refuses("difference_invalid", at: 8) { try BlockSignature(rdiff: with(11, 0)) }
    refuses("difference_invalid", at: 8) { try BlockSignature(rdiff: with(11, 33)) }
  }
}
