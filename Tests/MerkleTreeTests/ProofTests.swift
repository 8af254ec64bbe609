import MerkleTree
import Primitives
import TestSupport
import Testing

/// Every proof of honest makers is accepted and equals the recursive definition.
@Suite struct ProofTests {
  static let leaves = sampleLeaves(300)
  static let hashes = leaves.map(MerkleTree.leafHash)

  @Test func inclusionProof_shouldVerify_forEveryLeafOfEverySize() {
    var range = MountainRange()
    var failures: [String] = []
    for count in 1...300 {
      range.append(leaf: Self.leaves[count - 1])
      let root = range.root
      for index in 0..<count {
        let proof = range.inclusionProof(of: index)!
        if !proof.verify(leafHash: Self.hashes[index], index: index, count: count, root: root) {
          failures.append("\(index) of \(count)")
        }
      }
    }
    #expect(failures.isEmpty)
  }

  @Test func proofs_shouldEqualTheRecursiveDefinition() {
    for count in [1, 2, 3, 4, 5, 6, 7, 8, 9, 13, 16, 21, 33] {
      let leaves = Self.leaves.prefix(count)
      for index in 0..<count {
        #expect(
          MerkleTree.inclusionProof(of: index, in: leaves)?.hashes
            == NaiveMerkle<Blake2b256>.path(index, leaves))
        #expect(
          MerkleTree.consistencyProof(from: index + 1, in: leaves)?.hashes
            == NaiveMerkle<Blake2b256>.proof(index + 1, leaves))
      }
    }
  }

  @Test func rangeProof_shouldVerify_forEveryRangeOfManySizes() {
    for count in Array(1...24) + [31, 32, 33, 47, 64] {
      let range = MountainRange(Self.leaves.prefix(count))
      let root = range.root
      for start in 0..<count {
        for end in start + 1...count {
          let proof = range.rangeProof(of: start..<end)!
          let part = Array(Self.hashes[start..<end])
          if !proof.verify(leafHashes: part, start: start, count: count, root: root) {
            Issue.record("range \(start)..<\(end) of \(count) is refused")
          }
          if proof.hashes.count > 2 * (Int.bitWidth - count.leadingZeroBitCount) {
            Issue.record("range \(start)..<\(end) of \(count) has too many hashes")
          }
        }
      }
    }
  }

  @Test func consistencyProof_shouldVerify_forAllPairs() {
    let full = MountainRange(Self.leaves.prefix(130))
    let roots = (0...130).map { full.root(ofFirst: $0) }
    for new in 0...130 {
      var range = full
      range.truncate(to: new)
      for old in 0...new {
        let proof = range.consistencyProof(from: old)!
        let isAccepted = proof.verify(
          oldRoot: roots[old], oldCount: old, newRoot: roots[new], newCount: new)
        if isAccepted != (old > 0 || new == 0) {
          Issue.record("\(old) to \(new) is not as it should be")
        }
        guard new < 40, old > 0, old < new else { continue }
        for wrong in 1...new where range.consistencyProof(from: wrong) != proof {
          let isForged = proof.verify(
            oldRoot: roots[wrong], oldCount: wrong, newRoot: roots[new], newCount: new)
          if isForged { Issue.record("\(old) passes as \(wrong) of \(new)") }
        }
      }
    }
  }

  @Test func proofs_shouldWorkWithSha256() {
    let leaves = TreeRootTests.transparencyLeaves
    let range = BinaryMountainRange<Sha256>(leaves)
    let leaf = BinaryMerkleTree<Sha256>.leafHash(leaves[5])
    let proof = range.inclusionProof(of: 5)!
    #expect(
      proof.hashes.map(\.hex) == [
        "bc1a0643b12e4d2d7c77918f44e0f4f79a838b6cf9ec5b5c283e1f4d88599e6b",
        "ca854ea128ed050b41b35ffc1b87b8eb2bde461e9e3b5596ece6b9d5975a0ae0",
        "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
      ])
    #expect(proof.verify(leafHash: leaf, index: 5, count: 8, root: range.root, with: Sha256.self))
    #expect(!proof.verify(leafHash: leaf, index: 5, count: 8, root: range.root))
  }

  @Test func makers_shouldGiveNothing_whenAskedForWhatIsNotThere() {
    let range = MountainRange(Self.leaves.prefix(5))
    #expect(range.inclusionProof(of: 5) == nil)
    #expect(range.inclusionProof(of: -1) == nil)
    #expect(range.rangeProof(of: 2..<2) == nil)
    #expect(range.rangeProof(of: 2..<6) == nil)
    #expect(range.rangeProof(of: -1..<2) == nil)
    #expect(range.consistencyProof(from: 6) == nil)
    #expect(range.consistencyProof(from: -1) == nil)
    #expect(MountainRange().inclusionProof(of: 0) == nil)
    #expect(MountainRange().rangeProof(of: 0..<0) == nil)
  }
}
