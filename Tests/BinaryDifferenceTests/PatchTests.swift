import BinaryDifference
import Compression
import Primitives
import TestSupport
import Testing

@Suite struct PatchTests {
  @Test func patch_shouldMakeTheTarget_byEveryMethod() throws {
    var used: Set<PatchMethod> = []
    for seed in pairSeeds {
      let pair = RandomPair(seed: seed)
      let (base, target) = (HashedBytes(pair.base), HashedBytes(pair.target))
      for methods in PatchMethod.allCases.map({ [$0] }) + [PatchMethod.allCases] {
        let policy = PatchPolicy(methods: methods)
        let choice = try #require(PatchChoice(base: base, target: target, policy: policy))
        let patch = try Patch(wireBytes: choice.patch.wireBytes)
        #expect(patch == choice.patch, "\(pair)")
        #expect(try patch.target(from: base) == pair.target, "\(pair)")
        #expect(methods.contains(patch.method) || patch.method == .plain)
        #expect(patch.method == .plain || patch.payload.count < pair.target.count, "\(pair)")
        let fewest = choice.candidates.map(\.bytes).min()
        #expect(patch.payload.count == fewest, "\(pair)")
        if !patch.method.needsBase { #expect(try patch.target(from: nil) == pair.target) }
        used.insert(patch.method)
      }
    }
    #expect(used == Set(PatchMethod.allCases))
  }

  @Test func patch_shouldNotBeUsed_whenItIsNotSmallerThanTheValue() throws {
    var generator = SeededGenerator(seed: 5)
    let (base, target) = (HashedBytes(generator.bytes(5_000)), HashedBytes(generator.bytes(5_000)))
    let choice = try #require(PatchChoice(base: base, target: target))
    #expect(choice.patch.method == .plain && choice.patch.payload == target.bytes)
    #expect(choice.candidates.map(\.method) == [.plain, .compressed, .zstdWithBase])
    let small = HashedBytes([UInt8](repeating: 0, count: 64))
    #expect(try #require(PatchChoice(base: small, target: small)).candidates.count == 1)
  }

  @Test func policy_shouldWeighTimeAgainstBytes() throws {
    // One local edit: zstd still has a head for each of its blocks.
    var generator = SeededGenerator(seed: 3)
    let base = HashedBytes(generator.bytes(2_000_000))
    let target = HashedBytes(base.bytes[..<1_000_000] + [1] + base.bytes[1_000_000...])
    func method(_ bytesPerSecond: Double) throws -> PatchMethod {
      let policy = PatchPolicy(bytesPerSecond: bytesPerSecond)
      return try #require(PatchChoice(base: base, target: target, policy: policy)).patch.method
    }
    #expect(try method(0) == .copyInsert)
    // At 100 MB/s zstd's few bytes more are less than the time that the other takes.
    #expect(try method(1e8) == .zstdWithBase)
    #expect(try method(1e10) == .plain)
    let none = try #require(
      PatchChoice(base: nil, target: HashedBytes(Array(repeating: 5, count: 900))))
    #expect(none.patch.method == .compressed)
  }

  /// 52 MB and 1 % of changes at the scale of a test; the whole is `difference-peer measure`.
  @Test func snapshot_shouldBePatched_byHalfAPercent() throws {
    let sample = SampleSnapshot(records: 40_000, changed: 400, replaced: 25, seed: 1)
    #expect(sample.base.count == 5_200_000)
    let base = HashedBytes(sample.base)
    let choice = try #require(PatchChoice(base: base, target: HashedBytes(sample.target)))
    #expect(try choice.patch.target(from: base) == sample.target)
    for candidate in choice.candidates where candidate.method.needsBase {
      let share = Double(candidate.bytes) / Double(sample.target.count)
      #expect(share < 0.0053, "\(candidate)")
    }
    #expect(choice.candidates.count == 4)
    #expect(sample.zstdPatchShare(level: 1) < 0.0053)
  }

  /// From the parts of a base alone the patch is the same value, and needs the same base.
  @Test func patch_shouldBeMade_fromASignature() throws {
    let sample = SampleSnapshot(records: 2_000, changed: 5, replaced: 1, seed: 2)
    let base = HashedBytes(sample.base)
    let signature = try #require(BaseSignature(blocksOf: base))
    let choice = try #require(
      PatchChoice(signature: signature, target: HashedBytes(sample.target)))
    #expect(choice.patch.method == .copyInsert && choice.patch.baseHash == base.hash)
    #expect(choice.patch.payload.count < sample.target.count / 20)
    #expect(try choice.patch.target(from: base) == sample.target)
    refuses("difference_wrong_base") { try choice.patch.target(from: HashedBytes(sample.target)) }
    #expect(choice.candidates.map(\.method) == [.plain, .compressed, .copyInsert])
    let none = try #require(BaseSignature(blocksOf: HashedBytes([])))
    let alone = try #require(PatchChoice(signature: none, target: HashedBytes(sample.target)))
    #expect(alone.patch.method == .compressed)
  }

  @Test func patch_shouldBeRefused_whenItIsNotWhatItSays() throws {
    let base = HashedBytes((0..<3_000).map { UInt8($0 % 251) })
    let target = HashedBytes(Array(base.bytes[100...]) + [1, 2, 3])
    for method in PatchMethod.allCases {
      let policy = PatchPolicy(methods: [method])
      let patch = try #require(PatchChoice(base: base, target: target, policy: policy)).patch
      #expect(patch.method == method)
      refuses("difference_target_too_large") { try patch.target(from: base, limit: 2_902) }
      if method.needsBase {
        refuses("difference_wrong_base") { try patch.target(from: target) }
        refuses("difference_wrong_base") { try patch.target(from: nil) }
      }
      // Whatever is taken is the value. Few bits of zstd's heads have no meaning.
      let wire = patch.wireBytes
      var taken = 0
      for bit in 0..<8 * min(wire.count, 400) {
        var damaged = wire
        damaged[bit / 8] ^= 1 << UInt8(bit % 8)
        guard let read = try? Patch(wireBytes: damaged) else { continue }
        guard let made = try? read.target(from: base) else { continue }
        #expect(made == target.bytes, "\(method), bit \(bit)")
        taken += 1
      }
      #expect(taken <= 10, "\(method)")
    }
  }

  @Test func wireForm_shouldBeRefused_whenThePatchIsOfNoUse() throws {
    let value = HashedBytes([UInt8](repeating: 7, count: 200))
    let plain = try #require(
      PatchChoice(base: nil, target: value, policy: PatchPolicy(methods: []))
    ).patch.wireBytes
    #expect(plain.count == 1 + 32 + 2 + 2 + 200)
    var compressed = plain
    compressed[0] = PatchMethod.compressed.rawValue
    let larger = Array(plain[..<33]) + [199, 1] + plain[35...]
    let shorter = Array(plain[..<33]) + [201, 1] + plain[35...]
    for bytes in [compressed, larger, shorter, [4] + plain[1...], Array(plain.dropLast())] {
      #expect(throws: WireError.self) { try Patch(wireBytes: bytes) }
    }
  }
}
