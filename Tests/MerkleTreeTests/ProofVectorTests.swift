import Foundation
import MerkleTree
import Primitives
import TestSupport
import Testing

/// The proofs of another implementation of RFC 6962, right ones and spoilt ones.
@Suite struct ProofVectorTests {
  /// Nil if the text is no hash: then no proof with it can be right.
  private static func hash(_ value: JSONValue) -> Hash256? {
    Data(base64Encoded: value.text).flatMap { Hash256(bytes: $0) }
  }

  /// A root, for which another text may stand that is only compared.
  private static func root(_ value: JSONValue) -> Hash256? {
    Data(base64Encoded: value.text).map { Hash256(bytes: $0) ?? Sha256.hash(Array($0)) }
  }

  private static func hashes(_ value: JSONValue) -> [Hash256]? {
    guard !value.isNull else { return [] }
    let hashes = value.array.compactMap(hash)
    return hashes.count == value.array.count ? hashes : nil
  }

  /// A number that may be above what a list of leaves can be.
  private static func number(_ value: JSONValue) -> Int? {
    if case .integer(let number) = value { Int(number) } else { nil }
  }

  @Test func inclusionProofs_shouldBeTakenAndRefused_asMarked() throws {
    let cases = try VectorFile.load("rfc6962")["inclusion"].array
    #expect(!VectorFile.isShipped || cases.count == 98)
    for test in cases {
      var isTaken = false
      if let index = Self.number(test["leafIdx"]), let count = Self.number(test["treeSize"]),
        let root = Self.root(test["root"]), let leaf = Self.hash(test["leafHash"]),
        let hashes = Self.hashes(test["proof"])
      {
        isTaken = InclusionProof(hashes: hashes).verify(
          leafHash: leaf, index: index, count: count, root: root, with: Sha256.self)
      }
      #expect(isTaken == !test["wantErr"].bool, "\(test["name"].text): \(test["desc"].text)")
    }
  }

  @Test func consistencyProofs_shouldBeTakenAndRefused_asMarked() throws {
    let cases = try VectorFile.load("rfc6962")["consistency"].array
    #expect(!VectorFile.isShipped || cases.count == 98)
    for test in cases {
      var isTaken = false
      if let old = Self.number(test["size1"]), let new = Self.number(test["size2"]),
        let oldRoot = Self.root(test["root1"]), let newRoot = Self.root(test["root2"]),
        let hashes = Self.hashes(test["proof"])
      {
        isTaken = ConsistencyProof(hashes: hashes).verify(
          oldRoot: oldRoot, oldCount: old, newRoot: newRoot, newCount: new, with: Sha256.self)
      }
      #expect(isTaken == !test["wantErr"].bool, "\(test["name"].text): \(test["desc"].text)")
    }
  }
}
