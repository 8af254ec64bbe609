import MerkleTree
import Primitives
import TestSupport
import Testing

@Suite struct FrontierTests {
  static let leaves = sampleLeaves(100)

  @Test func frontier_shouldGoOnLikeTheFullRange_whenMadeFromPeaks() {
    for start in [0, 1, 2, 3, 7, 8, 31, 32, 63, 64, 99] {
      var full = MountainRange(Self.leaves.prefix(start))
      var frontier = MountainFrontier(peaks: full.peaks, count: start, root: full.root)!
      for leaf in Self.leaves.dropFirst(start) {
        full.append(leaf: leaf)
        frontier.append(leaf: leaf)
        #expect(frontier.root == full.root)
      }
    }
  }

  @Test func frontier_shouldBeRefused_whenPeaksDoNotFit() {
    let range = MountainRange(Self.leaves.prefix(7))
    let peaks = range.peaks
    #expect(MountainFrontier(peaks: peaks, count: 7) == range.frontier)
    #expect(MountainFrontier(peaks: peaks, count: 8) == nil)
    #expect(MountainFrontier(peaks: Array(peaks.dropLast()), count: 7) == nil)
    #expect(MountainFrontier(peaks: [], count: -1) == nil)
    #expect(MountainFrontier(peaks: [], count: 1) == nil)
    #expect(MountainFrontier(peaks: [.zero], count: 0) == nil)
    let tooMany = [Hash256](repeating: .zero, count: 2)
    #expect(MountainFrontier(peaks: tooMany, count: MerkleLimits.leavesMax + 1) == nil)
    #expect(MountainFrontier(peaks: tooMany, count: Int.max) == nil)
    #expect(MountainFrontier(peaks: peaks.reversed(), count: 7, root: range.root) == nil)
    #expect(MountainFrontier(peaks: peaks, count: 7, root: .zero) == nil)
  }

  @Test func frontier_shouldHoldTheMostLeavesAllowed_andGoOn() {
    var frontier = MountainFrontier(peaks: [.zero], count: MerkleLimits.leavesMax)!
    frontier.append(leaf: [1])
    #expect(frontier.count == MerkleLimits.leavesMax + 1)
    #expect(frontier.peaks.count == 2)
  }

  @Test func wireForms_shouldRoundTrip() throws {
    for count in [0, 1, 2, 5, 37, 100] {
      let range = MountainRange(Self.leaves.prefix(count))
      let frontier = range.frontier
      #expect(try MountainFrontier(wireBytes: frontier.wireBytes) == frontier)
      guard count > 0 else { continue }
      let inclusion = range.inclusionProof(of: count / 2)!
      #expect(try InclusionProof(wireBytes: inclusion.wireBytes) == inclusion)
      let part = range.rangeProof(of: count / 3..<count / 2 + 1)!
      #expect(try RangeProof(wireBytes: part.wireBytes) == part)
      let consistency = range.consistencyProof(from: count / 2)!
      #expect(try ConsistencyProof(wireBytes: consistency.wireBytes) == consistency)
    }
  }

  @Test func decoders_shouldRefuse_whatIsAboveTheLimits() {
    func hashes(_ count: Int) -> [UInt8] {
      var encoder = WireEncoder()
      encoder.append([Hash256](repeating: .zero, count: count))
      return encoder.bytes
    }
    #expect(throws: Never.self) { try InclusionProof(wireBytes: hashes(63)) }
    #expect(throws: WireError.self) { try InclusionProof(wireBytes: hashes(64)) }
    #expect(throws: Never.self) { try RangeProof(wireBytes: hashes(126)) }
    #expect(throws: WireError.self) { try RangeProof(wireBytes: hashes(127)) }
    #expect(throws: Never.self) { try ConsistencyProof(wireBytes: hashes(64)) }
    #expect(throws: WireError.self) { try ConsistencyProof(wireBytes: hashes(65)) }
    var encoder = WireEncoder()
    encoder.append(varint: UInt64(MerkleLimits.leavesMax) * 2)
    encoder.append(Hash256.zero)
    #expect(throws: WireError.self) { try MountainFrontier(wireBytes: encoder.bytes) }
    let huge = [UInt8](repeating: 0xff, count: 9) + [1]
    #expect(throws: WireError.self) { try RangeProof(wireBytes: huge) }
    #expect(throws: WireError.self) { try MountainFrontier(wireBytes: huge) }
  }

  @Test(arguments: [UInt64(1), 2, 3]) func decoders_shouldSurviveAnyBytes(seed: UInt64) {
    var random = SeededGenerator(seed: seed)
    let range = MountainRange(Self.leaves)
    let honest = [
      range.frontier.wireBytes, range.inclusionProof(of: 60)!.wireBytes,
      range.rangeProof(of: 20..<50)!.wireBytes, range.consistencyProof(from: 77)!.wireBytes,
    ]
    for round in 0..<2_000 {
      let bytes =
        random.chance(50) ? random.bytes(random.below(80)) : random.mutated(honest[round % 4])
      expectStable(MountainFrontier.self, bytes, seed)
      expectStable(InclusionProof.self, bytes, seed)
      expectStable(RangeProof.self, bytes, seed)
      expectStable(ConsistencyProof.self, bytes, seed)
    }
  }

  /// Bytes are either refused or are exactly the wire form of what they decode to.
  private func expectStable<Value: WireCodable>(
    _ type: Value.Type, _ bytes: [UInt8], _ seed: UInt64
  ) {
    guard let value = try? Value(wireBytes: bytes) else { return }
    if value.wireBytes != bytes { Issue.record("seed \(seed): \(type) from \(Hex.string(bytes))") }
  }
}
