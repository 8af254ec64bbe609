import BinaryDifference
import Primitives
import TestSupport
import Testing

@Suite struct SignatureTests {
  static func signatures(_ base: HashedBytes) throws -> [BaseSignature] {
    try [
      #require(BaseSignature(blocksOf: base)),
      #require(BaseSignature(blocksOf: base, blockBytes: 64)),
      #require(BaseSignature(blocksOf: base, blockBytes: 100)),
      #require(BaseSignature(chunksOf: base, averageBytes: 256)),
      #require(BaseSignature(chunksOf: base)),
    ]
  }

  @Test func difference_shouldMakeTheTarget_withoutTheBaseAtHand() throws {
    for seed in pairSeeds {
      let pair = RandomPair(seed: seed)
      let (base, target) = (HashedBytes(pair.base), HashedBytes(pair.target))
      for signature in try Self.signatures(base) {
        // Only the signature crosses the wire.
        let received = try BaseSignature(wireBytes: signature.wireBytes)
        #expect(received == signature, "\(pair)")
        let diff = try #require(received.diff(to: target))
        #expect(diff.operations.modelTarget(from: pair.base) == pair.target, "\(pair)")
        #expect(try diff.target(from: base) == pair.target, "\(pair)")
      }
    }
  }

  @Test func nothing_shouldBeInserted_whenTheTargetIsTheBase() throws {
    for size in [0, 1, 63, 64, 65, 5_000, 6_400] {
      var generator = SeededGenerator(seed: UInt64(size))
      let base = HashedBytes(generator.bytes(size))
      for signature in try Self.signatures(base) {
        let diff = try #require(signature.diff(to: base))
        #expect(diff.operations == (size == 0 ? [] : [.copy(offset: 0, length: size)]))
      }
    }
  }

  @Test func localEdits_shouldCostAFewParts_wherEverTheyAre() throws {
    var generator = SeededGenerator(seed: 8)
    let base = HashedBytes(generator.bytes(400_000))
    var target = base.bytes
    for _ in 0..<10 { target.insert(5, at: generator.below(target.count)) }
    for signature in try Self.signatures(base) {
      let diff = try #require(signature.diff(to: HashedBytes(target)))
      // A block of 632 bytes, or a chunk of at most four times 2,048, for each edit.
      #expect(target.count - diff.script.copiedBytes < 10 * 8_192 + 10)
      #expect(diff.operations.count <= 21)
    }
  }

  @Test func chunks_shouldHaveAboutTheAverageSize_andTheBoundsOfFastCDC() throws {
    var generator = SeededGenerator(seed: 9)
    let base = HashedBytes(generator.bytes(1 << 20))
    let signature = try #require(BaseSignature(chunksOf: base, averageBytes: 1_024))
    guard case .chunks(let chunks) = signature.parts else { return }
    let average = (1 << 20) / chunks.count
    #expect((768...1_536).contains(average), "\(average)")
  }

  @Test func rollingHashes_shouldBeFoundAtEveryPlace() throws {
    var generator = SeededGenerator(seed: 10)
    let base = generator.bytes(640)
    for kind in RollingHashKind.allCases {
      let signature = try #require(BlockSignature(of: base, kind: kind, blockBytes: 64))
      for shift in 0..<70 {
        let target = generator.bytes(shift) + base[64..<192]
        let script = try #require(signature.script(to: target))
        #expect(script.copiedBytes == 128, "\(kind), \(shift)")
        #expect(try script.target(from: base) == target)
      }
    }
  }

  /// The signature of another base that is said to be this one's: the target's hash tells.
  @Test func difference_shouldBeRefused_whenTheSignatureLied() throws {
    let base = HashedBytes([UInt8](repeating: 1, count: 1_000))
    let other = HashedBytes([UInt8](repeating: 2, count: 1_000))
    let lie = try #require(BaseSignature(blocksOf: other, blockBytes: 64))
    let diff = try #require(lie.diff(to: other))
    let wrong = BinaryDiff(
      baseHash: base.hash, targetHash: diff.targetHash, script: diff.script)
    refuses("difference_wrong_target") { try wrong.target(from: base) }
    refuses("difference_wrong_base") { try diff.target(from: base) }
  }

  @Test func strongHash_shouldGrow_withTheBase() {
    let sizes = [0, 1_000, 1 << 20, 64 << 20].map {
      BlockSignature.safeStrongBytes(baseBytes: $0, blockBytes: 256)
    }
    #expect(sizes == sizes.sorted() && sizes.allSatisfy { (5...10).contains($0) }, "\(sizes)")
    #expect(BlockSignature.recommendedBlockBytes(baseBytes: 52_000_000) == 7_168)
    #expect(BlockSignature.recommendedBlockBytes(baseBytes: 0) == 256)
  }

  @Test(
    arguments: [
      (32, [0xff, 0xff, 0xff, 0xff, 1], "of a base"), (33, [2], "has no case 2"),
      (34, [63], "of a block"), (35, [0], "of a strong hash"), (35, [33], "of a strong hash"),
    ] as [(Int, [UInt8], String)])
  func wireForm_shouldBeRefused_whenAFieldIsWrong(
    place: Int, bytes: [UInt8], words: String
  ) throws {
    let signature = try #require(
      BaseSignature(blocksOf: HashedBytes([UInt8](repeating: 0, count: 100)), blockBytes: 64))
    var wire = signature.wireBytes
    #expect(Array(wire[32...35]) == [100, 0, 64, wire[35]])
    wire.replaceSubrange(place...place, with: bytes)
    do {
      _ = try BaseSignature(wireBytes: wire)
      Issue.record("\(words) was taken")
    } catch {
      #expect("\(error)".contains(words), "\(error)")
    }
  }
}
