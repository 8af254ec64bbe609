import MerkleTree
import Primitives
import TestSupport
import Testing

/// The ways in which proof checks of others have failed, each as a negative test.
@Suite struct ProofRefusalTests {
  static let leaves = sampleLeaves(40)
  static let hashes = leaves.map(MerkleTree.leafHash)
  static let range = MountainRange(leaves)
  static let root = range.root

  @Test func inclusion_shouldBeRefused_atAnyOtherIndexOrCount() {
    for index in 0..<40 {
      let proof = Self.range.inclusionProof(of: index)!
      for other in -1...41 where other != index {
        #expect(
          !proof.verify(leafHash: Self.hashes[index], index: other, count: 40, root: Self.root))
      }
      #expect(!proof.verify(leafHash: Self.hashes[index], index: index, count: 3, root: Self.root))
      #expect(
        !proof.verify(leafHash: Self.hashes[index], index: index, count: 400, root: Self.root))
    }
  }

  @Test func emptyProof_shouldBeRefused_whenTheRootIsGivenAsLeaf() {
    let empty = InclusionProof(hashes: [])
    for (index, count) in [(0, 0), (0, 2), (0, 40), (39, 40), (0, Int.max), (1, 1), (-1, 1)] {
      #expect(!empty.verify(leafHash: Self.root, index: index, count: count, root: Self.root))
    }
    #expect(empty.verify(leafHash: Self.root, index: 0, count: 1, root: Self.root))
    let range = RangeProof(hashes: [])
    #expect(!range.verify(leafHashes: [], start: 0, count: 40, root: Self.root))
    #expect(!range.verify(leafHashes: [Self.root], start: 0, count: 40, root: Self.root))
    #expect(!range.verify(leafHashes: [], start: 0, count: 0, root: MerkleTree.emptyRoot))
    let consistency = ConsistencyProof(hashes: [])
    let old = Self.range.root(ofFirst: 8)
    for count in [1, 8, 9, 39] {
      #expect(
        !consistency.verify(oldRoot: old, oldCount: count, newRoot: Self.root, newCount: 40))
    }
    #expect(!consistency.verify(oldRoot: old, oldCount: 40, newRoot: Self.root, newCount: 40))
    #expect(!consistency.verify(oldRoot: old, oldCount: 0, newRoot: Self.root, newCount: 40))
    #expect(
      !consistency.verify(
        oldRoot: MerkleTree.emptyRoot, oldCount: 0, newRoot: Self.root, newCount: 0))
  }

  @Test func proof_shouldBeRefused_whenAHashIsLeftOverOrMissing() {
    let inclusion = Self.range.inclusionProof(of: 13)!.hashes
    let part = Array(Self.hashes[5..<11])
    let range = Self.range.rangeProof(of: 5..<11)!.hashes
    let consistency = Self.range.consistencyProof(from: 13)!.hashes
    let old = Self.range.root(ofFirst: 13)
    func variants(_ hashes: [Hash256]) -> [[Hash256]] {
      [
        hashes + [hashes[0]], hashes + [Self.root], [Self.root] + hashes, Array(hashes.dropLast()),
        Array(hashes.dropFirst()), hashes.reversed(), hashes + hashes, [],
      ]
    }
    for hashes in variants(inclusion) {
      let proof = InclusionProof(hashes: hashes)
      #expect(!proof.verify(leafHash: Self.hashes[13], index: 13, count: 40, root: Self.root))
    }
    for hashes in variants(range) {
      let proof = RangeProof(hashes: hashes)
      #expect(!proof.verify(leafHashes: part, start: 5, count: 40, root: Self.root))
    }
    for hashes in variants(consistency) {
      let proof = ConsistencyProof(hashes: hashes)
      #expect(!proof.verify(oldRoot: old, oldCount: 13, newRoot: Self.root, newCount: 40))
    }
  }

  /// A true path of a larger or smaller tree, passed off as one of a tree with another height.
  @Test func path_shouldBeRefused_whenItIsLongerOrShorterThanTheCountSays() {
    let (first, second) = (Self.hashes[0], Self.hashes[1])
    let pair = MerkleTree.nodeHash(first, second)
    let longer = InclusionProof(hashes: [first])
    #expect(longer.verify(leafHash: second, index: 1, count: 2, root: pair))
    #expect(!longer.verify(leafHash: second, index: 0, count: 1, root: pair))
    let shorter = InclusionProof(hashes: [second])
    #expect(shorter.verify(leafHash: first, index: 0, count: 2, root: pair))
    #expect(!shorter.verify(leafHash: first, index: 0, count: 4, root: pair))

    let four = Self.range.root(ofFirst: 4)
    let five = Self.range.root(ofFirst: 5)
    let step = ConsistencyProof(hashes: [Self.hashes[4]])
    #expect(step.verify(oldRoot: four, oldCount: 4, newRoot: five, newCount: 5))
    #expect(!step.verify(oldRoot: four, oldCount: 4, newRoot: five, newCount: 20))
    let third = MerkleTree.nodeHash(first, Self.hashes[2])
    let fourth = MerkleTree.nodeHash(first, MerkleTree.nodeHash(Self.hashes[2], Self.hashes[3]))
    let nodes = [Self.hashes[2], Self.hashes[3], first]
    let up = ConsistencyProof(hashes: nodes)
    #expect(up.verify(oldRoot: third, oldCount: 3, newRoot: fourth, newCount: 4))
    let extra = ConsistencyProof(hashes: nodes + [second])
    let (old, new) = (MerkleTree.nodeHash(second, third), MerkleTree.nodeHash(second, fourth))
    #expect(!extra.verify(oldRoot: old, oldCount: 3, newRoot: new, newCount: 4))
  }

  @Test func range_shouldBeRefused_whenLeavesAreDoubledMovedOrLeftOut() {
    let proof = Self.range.rangeProof(of: 5..<11)!
    let part = Array(Self.hashes[5..<11])
    let wrong: [[Hash256]] = [
      part + [part[5]], [part[0]] + part, Array(part.dropLast()), Array(part.dropFirst()),
      part.reversed(), Array(Self.hashes[4..<10]), Array(Self.hashes),
    ]
    for leaves in wrong {
      for start in [4, 5, 6] {
        #expect(!proof.verify(leafHashes: leaves, start: start, count: 40, root: Self.root))
      }
    }
    for start in [-1, 4, 6, 34, 35, 40, Int.max] {
      #expect(!proof.verify(leafHashes: part, start: start, count: 40, root: Self.root))
    }
    for count in [0, 5, 10, 12, 16, 32, 65, 300] {
      #expect(!proof.verify(leafHashes: part, start: 5, count: count, root: Self.root))
    }
  }

  /// The reason why every check takes the count from a caller who knows it: a range far from the
  /// right edge has the same proof in a list that is one leaf shorter.
  @Test func count_shouldNotBeBoundByTheRootAlone() {
    let proof = Self.range.rangeProof(of: 5..<11)!
    let part = Array(Self.hashes[5..<11])
    #expect(proof.verify(leafHashes: part, start: 5, count: 39, root: Self.root))
  }

  @Test func proof_shouldBeRefusedWithoutTrapping_whenNumbersAreNearTheEndOfTheirType() {
    let big = [Int.max, Int.max - 1, 1 << 62, (1 << 62) + 1, Int.min, 0]
    let many = [Hash256](repeating: Self.root, count: 64)
    for hashes in [[], Array(many.prefix(62)), Array(many.prefix(63)), many] {
      for first in big {
        for second in big {
          let inclusion = InclusionProof(hashes: hashes)
          #expect(!inclusion.verify(leafHash: Self.root, index: first, count: second, root: .zero))
          let range = RangeProof(hashes: hashes)
          #expect(
            !range.verify(leafHashes: [Self.root], start: first, count: second, root: .zero))
          let consistency = ConsistencyProof(hashes: hashes)
          #expect(
            !consistency.verify(
              oldRoot: .zero, oldCount: first, newRoot: Self.root, newCount: second))
        }
      }
    }
  }

  @Test func proof_shouldBeRefused_whenAnyBitIsFlipped() {
    let inclusion = Self.range.inclusionProof(of: 37)!.hashes
    let range = Self.range.rangeProof(of: 3..<6)!.hashes
    let consistency = Self.range.consistencyProof(from: 7)!.hashes
    let old = Self.range.root(ofFirst: 7)
    forEachBitFlip(of: inclusion) { hashes in
      !InclusionProof(hashes: hashes).verify(
        leafHash: Self.hashes[37], index: 37, count: 40, root: Self.root)
    }
    forEachBitFlip(of: range) { hashes in
      !RangeProof(hashes: hashes).verify(
        leafHashes: Array(Self.hashes[3..<6]), start: 3, count: 40, root: Self.root)
    }
    forEachBitFlip(of: consistency) { hashes in
      !ConsistencyProof(hashes: hashes).verify(
        oldRoot: old, oldCount: 7, newRoot: Self.root, newCount: 40)
    }
    forEachBitFlip(of: [Self.hashes[37], Self.root]) { hashes in
      !InclusionProof(hashes: inclusion).verify(
        leafHash: hashes[0], index: 37, count: 40, root: hashes[1])
    }
    forEachBitFlip(of: [old, Self.root]) { hashes in
      !ConsistencyProof(hashes: consistency).verify(
        oldRoot: hashes[0], oldCount: 7, newRoot: hashes[1], newCount: 40)
    }
    forEachBitFlip(of: Array(Self.hashes[3..<6])) { hashes in
      !RangeProof(hashes: range).verify(leafHashes: hashes, start: 3, count: 40, root: Self.root)
    }
  }

  private func forEachBitFlip(of hashes: [Hash256], isRefused: ([Hash256]) -> Bool) {
    for index in hashes.indices {
      for bit in 0..<256 {
        var bytes = hashes[index].bytes
        bytes[bit / 8] ^= 1 << UInt8(bit % 8)
        var damaged = hashes
        damaged[index] = Hash256(bytes: bytes)!
        if !isRefused(damaged) { Issue.record("flipping bit \(bit) of hash \(index) is accepted") }
      }
    }
  }
}
