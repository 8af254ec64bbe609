import MerkleTree
import Primitives
import Testing

/// The limits of proofs from the wire, each at its bound and beyond it.
@Suite struct ProofLimitTests {
  private static func hashes(_ count: Int) -> [Hash256] { Array(repeating: .zero, count: count) }

  private static func isRead(_ proof: some WireCodable) -> Bool {
    func read<Proof: WireCodable>(_ proof: Proof) -> Bool {
      (try? Proof(wireBytes: proof.wireBytes)) != nil
    }
    return read(proof)
  }

  @Test func proofs_shouldBeRead_upToTheirLimits() {
    for extra in 0...1 {
      let isRight = extra == 0
      let one = Self.hashes(MerkleLimits.inclusionHashesMax + extra)
      #expect(Self.isRead(InclusionProof(hashes: one)) == isRight)
      let range = Self.hashes(MerkleLimits.rangeHashesMax + extra)
      #expect(Self.isRead(RangeProof(hashes: range)) == isRight)
      let old = Self.hashes(MerkleLimits.consistencyHashesMax + extra)
      #expect(Self.isRead(ConsistencyProof(hashes: old)) == isRight)
    }
  }
}
