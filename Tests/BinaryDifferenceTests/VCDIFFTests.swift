import BinaryDifference
import Primitives
import TestSupport
import Testing

@Suite struct VCDIFFTests {
  static let head: [UInt8] = [0xd6, 0xc3, 0xc4, 0, 0]

  /// A window without a source, of sections given as they are.
  static func window(
    _ size: UInt8, _ data: [UInt8], _ instructions: [UInt8], _ addresses: [UInt8] = [],
    source: [UInt8] = [0]
  ) -> [UInt8] {
    let sections = [data, instructions, addresses]
    let encoding = [size, 0] + sections.map { UInt8($0.count) } + sections.flatMap { $0 }
    return source + [UInt8(encoding.count)] + encoding
  }

  @Test func delta_shouldMakeTheTarget_inWindowsOfAnySize() throws {
    for seed in pairSeeds {
      let pair = RandomPair(seed: seed)
      let script = try #require(BinaryDiffEngine().script(from: pair.base, to: pair.target))
      for size in [1 << 20, 1_000, 37] {
        let delta = script.vcdiffBytes(windowBytes: size)
        #expect(try VCDIFF.target(of: delta, from: pair.base) == pair.target, "\(pair), \(size)")
        let base = HashedBytes(pair.base)
        let diff = try BinaryDiff(vcdiff: delta, base: base)
        #expect(try diff.target(from: base) == pair.target, "\(pair), \(size)")
        #expect(diff.script.copiedBytes == script.copiedBytes, "\(pair), \(size)")
      }
    }
  }

  @Test func everyDamage_shouldEndInsideTheBounds() throws {
    for seed in pairSeeds {
      let pair = RandomPair(seed: seed, bytes: 600)
      let script = try #require(BinaryDiffEngine().script(from: pair.base, to: pair.target))
      var generator = SeededGenerator(seed: seed)
      let delta = script.vcdiffBytes(windowBytes: 200)
      for _ in 0..<30 {
        let damaged = generator.mutated(delta)
        let made = try? VCDIFF.target(of: damaged, from: pair.base, limit: 5_000)
        #expect(made.map { $0.count <= 5_000 } ?? true, "seed \(seed)")
      }
    }
  }

  @Test func runs_shouldCostAFewBytes() throws {
    let target =
      [UInt8](repeating: 9, count: 1 << 20) + [1, 2, 3] + [UInt8](repeating: 8, count: 77)
    let script = try EditScript([.insert(target)])
    let delta = script.vcdiffBytes()
    #expect(delta.count < 30)
    #expect(try VCDIFF.target(of: delta, from: []) == target)
  }

  /// RFC 3284, section 3: a window that copies from its own target, also what is not made yet.
  @Test func exampleOfTheSpecification_shouldBeRead() throws {
    let base = Array("abcdefghijklmnop".utf8)
    let target = Array("abcdwxyzefghefghefghefghzzzz".utf8)
    // COPY 4 at 0 (mode 0), ADD 4, COPY 4 at 4, COPY 12 at 24, RUN 4.
    let delta =
      Self.head
      + Self.window(
        28, Array("wxyzz".utf8), [20, 5, 20, 19 + 9, 0, 4], [0, 4, 24], source: [1, 16, 0])
    #expect(try VCDIFF.target(of: delta, from: base) == target)
    let diff = try BinaryDiff(vcdiff: delta, base: HashedBytes(base))
    #expect(try diff.target(from: HashedBytes(base)) == target)
    #expect(diff.script.copiedBytes == 8)
  }

  @Test func copy_shouldGoOnInTheTarget_whereTheSourceEnds() throws {
    // The source is "xy"; ADD "ab", then COPY 5 from 1: "y", "ab", and what was copied.
    let delta =
      Self.head + Self.window(7, [97, 98], [3, 19, 5], [1], source: [1, 2, 0])
    #expect(try VCDIFF.target(of: delta, from: Array("xy".utf8)) == Array("abyabya".utf8))
    let diff = try BinaryDiff(vcdiff: delta, base: HashedBytes(Array("xy".utf8)))
    #expect(
      diff.operations == [
        .insert([97, 98]), .copy(offset: 1, length: 1), .insert(Array("abya".utf8)),
      ])
  }

  @Test func window_shouldCopyFromTheTarget_whenItsSourceIsThere() throws {
    let first = Self.window(4, [1, 2, 3, 4], [5])
    let second = Self.window(5, [9], [2, 20], [0], source: [2, 4, 0])
    let delta = Self.head + first + second
    #expect(try VCDIFF.target(of: delta, from: []) == [1, 2, 3, 4, 9, 1, 2, 3, 4])
    // Nothing is there yet of what the first window makes itself.
    refuses("difference_beyond_base", at: 5) {
      try VCDIFF.target(of: Self.head + second, from: [UInt8](repeating: 0, count: 9))
    }
  }

  @Test(
    arguments: [
      ([], "difference_foreign"), ([0xd6, 0xc3, 0xc4], "difference_foreign"),
      ([0xd6, 0xc3, 0xc4, 1, 0], "difference_foreign"),
      ([0xd6, 0xc3, 0xc4, 0], "difference_truncated"),
      ([0xd6, 0xc3, 0xc4, 0, 1], "difference_unsupported"),
      ([0xd6, 0xc3, 0xc4, 0, 2], "difference_unsupported"),
      ([0xd6, 0xc3, 0xc4, 0, 4], "difference_unsupported"),
      (head + [4], "difference_unsupported"), (head + [3], "difference_invalid"),
      (head + [1, 11, 0], "difference_beyond_base"), (head + [1, 1, 10], "difference_beyond_base"),
      (head + [0, 9, 1, 0], "difference_truncated"),
      (head + [0, 5, 0, 1, 0, 0, 0], "difference_unsupported"),
      (head + [0, 6, 0, 0, 0, 0, 0, 0], "difference_invalid"),
      // More or less than the window says, sections not used up, and a code's missing parts.
      (head + window(2, [1], [2]), "difference_invalid"),
      (head + window(1, [1, 2], [3]), "difference_invalid"),
      (head + window(1, [1, 2], [2]), "difference_invalid"),
      (head + window(1, [1], [2], [0]), "difference_invalid"),
      (head + window(2, [1], [3]), "difference_truncated"),
      (head + window(4, [], [0, 4]), "difference_truncated"),
      (head + window(4, [], [0]), "difference_truncated"),
      (head + window(4, [], [20]), "difference_truncated"),
      // A copy from here on, and from before all.
      (head + window(4, [], [20], [0]), "difference_invalid"),
      (head + window(5, [1], [2, 36], [2]), "difference_invalid"),
      (head + window(5, [1], [2, 36], [0]), "difference_invalid"),
    ] as [([UInt8], String)])
  func delta_shouldBeRefused_whenItBreaksARule(delta: [UInt8], reason: String) {
    refuses(reason) { try VCDIFF.target(of: delta, from: [UInt8](repeating: 0, count: 10)) }
  }

  @Test func bomb_shouldBeRefused_beforeAnythingIsMade() throws {
    // Windows of 2^40 bytes, and many of 100.
    let size: [UInt8] = [0xa0, 0x80, 0x80, 0x80, 0x80, 0]
    let huge = Self.head + [0, 18] + size + [0, 1, 7, 0, 5, 0] + size
    refuses("difference_target_too_large", at: 5) { try VCDIFF.target(of: huge, from: []) }
    let many = (0..<11).flatMap { _ in Self.window(100, [5], [0, 100]) }
    refuses("difference_target_too_large", at: 5 + 10 * 10) {
      try VCDIFF.target(of: Self.head + many, from: [], limit: 1_050)
    }
  }
}
