import MerkleTree
import Primitives
import TestSupport
import Testing

@Suite struct TreeRootTests {
  /// The leaves of the tests that come with the certificate transparency reference code.
  static let transparencyLeaves: [[UInt8]] = [
    "", "00", "10", "2021", "3031", "40414243", "5051525354555657",
    "606162636465666768696a6b6c6d6e6f",
  ].map { Hex.bytes($0)! }

  @Test func root_shouldBeTheHashOfNothing_whenThereAreNoLeaves() {
    let tree = BinaryMerkleTree<Sha256>.root(of: [])
    #expect(tree.hex == "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855")
    let chain = MerkleTree.root(of: [])
    #expect(chain.hex == "0e5751c026e543b2e8ab2eb06099daa1d1e5df47778f7787faab45cdf12fe3a8")
  }

  @Test func root_shouldEqualThePublicVectors_withSha256() {
    let roots = (1...8).map {
      BinaryMerkleTree<Sha256>.root(of: Self.transparencyLeaves.prefix($0)).hex
    }
    #expect(roots[0] == "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d")
    #expect(roots[1] == "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125")
    #expect(roots[2] == "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77")
    #expect(roots[3] == "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7")
    #expect(roots[4] == "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4")
    #expect(roots[5] == "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef")
    #expect(roots[6] == "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c")
    #expect(roots[7] == "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328")
  }

  @Test func root_shouldEqualTheRecursiveDefinition_forAllSizes() {
    let leaves = sampleLeaves(300)
    var range = MountainRange()
    var frontier = MountainFrontier()
    var mismatches: [Int] = []
    for count in 0...300 {
      let expected = NaiveMerkle<Blake2b256>.root(leaves.prefix(count))
      let roots: [Hash256?] = [
        MerkleTree.root(of: leaves.prefix(count)), range.root, frontier.root,
        MerkleTree.root(ofLeafHashes: leaves.prefix(count).map(MerkleTree.leafHash)),
        MountainFrontier(peaks: range.peaks, count: count, root: expected)?.root,
      ]
      if roots.contains(where: { $0 != expected }) || range.frontier != frontier {
        mismatches.append(count)
      }
      guard count < 300 else { break }
      range.append(leaf: leaves[count])
      frontier.append(leafHash: MerkleTree.leafHash(leaves[count]))
    }
    #expect(mismatches.isEmpty)
    #expect(range.count == 300 && frontier.count == 300)
    #expect(range.leafHash(at: 123) == MerkleTree.leafHash(leaves[123]))
  }

  @Test func truncate_shouldGiveTheEarlierRange() {
    let leaves = sampleLeaves(70)
    var ranges = [MountainRange()]
    for leaf in leaves {
      var next = ranges.last!
      next.append(leaf: leaf)
      ranges.append(next)
    }
    for count in 0...70 {
      var cut = ranges[70]
      cut.truncate(to: count)
      #expect(cut == ranges[count])
      #expect(ranges[70].root(ofFirst: count) == ranges[count].root)
    }
  }

  @Test func leafAndNode_shouldNotBeExchangeable() {
    let left = MerkleTree.leafHash([1])
    let right = MerkleTree.leafHash([2])
    let root = MerkleTree.root(of: [[1], [2]])
    #expect(root == MerkleTree.nodeHash(left, right))
    #expect(root != MerkleTree.root(of: [left.bytes + right.bytes]))
    #expect(root != MerkleTree.root(of: [[2], [1]]))
    #expect(MerkleTree.root(of: [[1], [2], [3]]) != MerkleTree.root(of: [[1], [2], [3], [3]]))
  }
}
