import BinaryDifference
import Primitives
import TestSupport
import Testing

@Suite struct EngineTests {
  /// Small ones for small contents, too.
  static let engines = [
    BinaryDiffEngine(), BinaryDiffEngine(windowBytes: 8, chunkBytes: 1),
    BinaryDiffEngine(windowBytes: 16, chunkBytes: 40),
  ]

  @Test func difference_shouldMakeTheTarget_whateverBothAre() throws {
    for seed in pairSeeds {
      let pair = RandomPair(seed: seed)
      let (base, target) = (HashedBytes(pair.base), HashedBytes(pair.target))
      for engine in Self.engines {
        let diff = try #require(engine.diff(from: base, to: target))
        #expect(diff.operations.modelTarget(from: pair.base) == pair.target, "\(pair)")
        #expect(try diff.target(from: base) == pair.target, "\(pair)")
        #expect(try BinaryDiff(wireBytes: diff.wireBytes) == diff, "\(pair)")
      }
    }
  }

  @Test func plantedFault_shouldBeFound_whereverItIs() throws {
    var found = 0
    for seed in pairSeeds {
      let pair = RandomPair(seed: seed)
      let base = HashedBytes(pair.base)
      guard let diff = BinaryDiffEngine().diff(from: base, to: HashedBytes(pair.target)),
        !diff.operations.isEmpty
      else { continue }
      var generator = SeededGenerator(seed: seed)
      var operations = diff.operations
      let index = generator.below(operations.count)
      switch operations[index] {
      case .insert(var bytes):
        bytes[generator.below(bytes.count)] ^= 4
        operations[index] = .insert(bytes)
      case .copy(let offset, let length):
        operations[index] = .copy(offset: offset, length: length - 1)
      }
      let wrong = BinaryDiff(
        baseHash: diff.baseHash, targetHash: diff.targetHash, script: try EditScript(operations))
      refuses("difference_wrong_target") { try wrong.target(from: base) }
      found += 1
    }
    #expect(found > 50)
  }

  @Test func commonParts_shouldBeCopied_whereverTheyAre() throws {
    var generator = SeededGenerator(seed: 3)
    let base = generator.bytes(200_000)
    // Halves swapped, a byte in the middle of each, and a part that is there twice.
    var target = Array(base[100_000...] + base[..<100_000])
    target[50_000] ^= 1
    target[150_000] ^= 1
    target += base[77..<1_077]
    let script = try #require(BinaryDiffEngine().script(from: base, to: target))
    #expect(try script.target(from: base) == target)
    #expect(script.targetBytes - script.copiedBytes == 2)
    #expect(script.operations.count == 7)
  }

  @Test func commonRun_shouldBeFound_whenItIsAsLongAsWindowAndChunk() throws {
    let engine = BinaryDiffEngine(windowBytes: 24, chunkBytes: 10)
    for shift in 0..<30 {
      var generator = SeededGenerator(seed: UInt64(shift))
      let base = generator.bytes(1_000)
      let part = base[100 + shift..<100 + shift + 33]
      let target = generator.bytes(50) + part + generator.bytes(50)
      let script = try #require(engine.script(from: base, to: target))
      #expect(script.copiedBytes >= 33, "shift \(shift)")
    }
  }

  /// Each place of the target looks like each place of the base.
  @Test func search_shouldEnd_whenAllIsAlike() throws {
    let base = [UInt8](repeating: 0, count: 300_000) + [1]
    let target = [UInt8](repeating: 0, count: 299_999) + [2] + [UInt8](repeating: 0, count: 300_000)
    let script = try #require(BinaryDiffEngine().script(from: base, to: target))
    #expect(try script.target(from: base) == target)
    #expect(script.targetBytes - script.copiedBytes <= 1)
  }
}
