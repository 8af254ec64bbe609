import BinaryDifference
import Primitives
import TestSupport
import Testing

@Suite struct BinaryDifferenceLimitsTests {
  private let bytesMax = BinaryDifferenceLimits.targetBytesMax

  @Test func target_shouldBeBounded_byTheLargestValue() throws {
    let whole = EditOperation.copy(offset: 0, length: bytesMax)
    let script = try EditScript([whole])
    #expect(script.targetBytes == bytesMax)
    #expect(try EditScript(wireBytes: script.wireBytes) == script)
    refuses("difference_target_too_large") { try EditScript([whole, .insert([1])]) }
    // The same two steps on the wire.
    let bytes = [2] + script.wireBytes[1...] + [2, 1]
    #expect(throws: WireError.self) { try EditScript(wireBytes: bytes) }
    let large = HashedBytes([UInt8](repeating: 0, count: bytesMax + 1), knownHash: .zero)
    #expect(PatchChoice(base: nil, target: large) == nil)
    #expect(BinaryDiffEngine().diff(from: HashedBytes([1]), to: large) == nil)
    let signature = try #require(BaseSignature(blocksOf: HashedBytes([1])))
    #expect(signature.diff(to: large) == nil)
  }

  @Test func base_shouldBeBounded_byTheLargestValue() throws {
    let most = BinaryDifferenceLimits.baseBytesMax
    #expect(try EditScript([.copy(offset: most - 1, length: 1)]).baseBytesNeeded == most)
    refuses("difference_beyond_base") { try EditScript([.copy(offset: most, length: 1)]) }
    let large = HashedBytes([UInt8](repeating: 0, count: most + 1), knownHash: .zero)
    #expect(BaseSignature(blocksOf: large) == nil)
    #expect(BaseSignature(chunksOf: large) == nil)
    #expect(BinaryDiffEngine().diff(from: large, to: HashedBytes([1])) == nil)
  }

  @Test func operations_shouldBeBounded_andTheValueSentWholeBeyond() throws {
    let most = BinaryDifferenceLimits.operationsMax
    var builder = EditScriptBuilder()
    // No copy begins where the one before it ends, so none are joined.
    for index in 0..<most { try builder.copy(offset: index % 2 * 5, length: 1) }
    var full = builder
    try full.copy(offset: 7, length: 1)
    refuses("difference_too_many_operations") { try full.finish() }
    #expect(try builder.finish().operations.count == most)
    var encoder = WireEncoder()
    encoder.append(count: most + 1)
    encoder.append(raw: [UInt8](repeating: 0, count: 2 * most + 2))
    #expect(throws: WireError.self) { try EditScript(wireBytes: encoder.bytes) }
  }

  @Test func engine_shouldFindCommonParts_atTheSmallestAndTheLargestWindow() throws {
    var generator = SeededGenerator(seed: 2)
    let base = generator.bytes(20_000)
    let target = generator.bytes(99) + base[3_000..<15_000] + [5]
    for window in [
      BinaryDifferenceLimits.windowBytesMin, BinaryDifferenceLimits.windowBytesMax,
    ] {
      let engine = BinaryDiffEngine(windowBytes: window, chunkBytes: window)
      let script = try #require(engine.script(from: base, to: target))
      #expect(script.copiedBytes >= 12_000)
      #expect(try script.target(from: base) == target)
    }
  }

  @Test func signature_shouldBeRefused_whenItsBlocksAreTooSmallOrTooLarge() throws {
    let base = HashedBytes([UInt8](repeating: 3, count: 300))
    func wire(_ block: Int) -> [UInt8] {
      var encoder = WireEncoder()
      encoder.append(base.hash)
      encoder.append(count: 0)
      encoder.append(byte: 0)
      encoder.append(count: block)
      encoder.append(byte: 8)
      return encoder.bytes
    }
    let least = BinaryDifferenceLimits.blockBytesMin
    let most = BinaryDifferenceLimits.blockBytesMax
    for block in [least, most] { _ = try BaseSignature(wireBytes: wire(block)) }
    for block in [least - 1, most + 1] {
      #expect(throws: WireError.self) { try BaseSignature(wireBytes: wire(block)) }
    }
  }

  @Test func signature_shouldBeRefused_whenItListsMoreThanAnyBaseHas() throws {
    let most = BinaryDifferenceLimits.signatureBlocksMax
    var file: [UInt8] = [0x72, 0x73, 1, 0x47, 0, 0, 0, 64, 0, 0, 0, 1]
    file += [UInt8](repeating: 0, count: 5 * most)
    #expect(try BlockSignature(rdiff: file).count == most)
    refuses("difference_invalid", at: 12) { try BlockSignature(rdiff: file + [0, 0, 0, 0, 0]) }
  }

  @Test func block_shouldBeFound_onlyAmongTheFirstWithItsWeakHash() throws {
    let most = BinaryDifferenceLimits.weakCollisionsMax
    let block = [UInt8](repeating: 9, count: 64)
    let entry = Array(try #require(BlockSignature(of: block, blockBytes: 64)).rdiffBytes[12...])
    let other = entry[..<4] + [UInt8](repeating: 0xee, count: entry.count - 4)
    for place in [0, most - 1, most, most + 1] {
      var file: [UInt8] = [0x72, 0x73, 1, 0x47, 0, 0, 0, 64, 0, 0, 0, UInt8(entry.count - 4)]
      for index in 0...most + 1 { file += index == place ? entry : Array(other) }
      let script = try #require(try BlockSignature(rdiff: file).script(to: [1] + block))
      #expect((script.copiedBytes > 0) == (place < most), "\(place)")
    }
  }

  @Test func search_shouldGiveUp_whenItHashesInVain() throws {
    // Each window of zeros looks like the first block, and is not it.
    let zeros = [UInt8](repeating: 0, count: 64)
    var generator = SeededGenerator(seed: 6)
    let block = generator.bytes(64)
    let signature = try #require(BlockSignature(of: zeros + block, blockBytes: 64))
    var file = signature.rdiffBytes
    file[16] ^= 1
    let lie = try BlockSignature(rdiff: file)
    func copied(_ count: Int) throws -> Int {
      let tail = generator.bytes(2_000)
      let target = [UInt8](repeating: 0, count: count) + block + tail
      return try #require(lie.script(to: target)).copiedBytes
    }
    // So many windows of 64 bytes may be hashed for each byte of the target.
    let share = BinaryDifferenceLimits.vainStrongBytesFactor
    #expect(share == 8)
    #expect(try copied(100) == 64)
    #expect(try copied(3_000) == 0)
  }

  @Test func vcdiff_shouldBeWritten_inWindowsOfBoundedSize() throws {
    let size = BinaryDifferenceLimits.vcdiffWindowBytes
    let script = try EditScript([.copy(offset: 0, length: size + 1)])
    // Each window: its source, eight bytes of encoding or five, one copy of all of it
    // whose address is in the table of same ones, where all are 0 at first.
    let digits: [UInt8] = [0x84, 0x80, 0x80, 0]
    #expect(size == 4 << 21)
    #expect(
      script.vcdiffBytes() == [0xd6, 0xc3, 0xc4, 0, 0]
        + [1] + digits + [0] + [14] + digits + [0, 0, 5, 1] + [115] + digits + [0]
        + [1, 1] + digits + [8] + [1, 0, 0, 2, 1] + [115, 1] + [0])
  }

  @Test func integers_shouldBeRefused_whenTheyHaveMoreDigitsThanFit() {
    let most = BinaryDifferenceLimits.vcdiffDigitsMax
    let head: [UInt8] = [0xd6, 0xc3, 0xc4, 0, 0, 1]
    func delta(_ digits: Int) -> [UInt8] {
      head + [UInt8](repeating: 0xff, count: digits - 1) + [0x7f, 0]
    }
    refuses("difference_beyond_base", at: 5) { try VCDIFF.target(of: delta(most), from: []) }
    refuses("difference_invalid", at: 6) { try VCDIFF.target(of: delta(most + 1), from: []) }
  }
}
