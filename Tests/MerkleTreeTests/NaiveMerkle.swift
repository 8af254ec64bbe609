import MerkleTree
import Primitives

/// RFC 6962 section 2.1 word for word: recursive, with slices, with nothing shared.
enum NaiveMerkle<Function: HashFunction> {
  static func root(_ leaves: ArraySlice<[UInt8]>) -> Hash256 {
    if leaves.isEmpty { return Function.hash([UInt8]()) }
    if leaves.count == 1 { return Function.hash([0] + leaves.first!) }
    let (left, right) = split(leaves)
    return Function.hash([1] + root(left).bytes + root(right).bytes)
  }

  static func path(_ index: Int, _ leaves: ArraySlice<[UInt8]>) -> [Hash256] {
    if leaves.count == 1 { return [] }
    let (left, right) = split(leaves)
    return index < left.count
      ? path(index, left) + [root(right)] : path(index - left.count, right) + [root(left)]
  }

  static func proof(_ old: Int, _ leaves: ArraySlice<[UInt8]>) -> [Hash256] {
    subproof(old, leaves, true)
  }

  private static func subproof(
    _ old: Int, _ leaves: ArraySlice<[UInt8]>, _ whole: Bool
  ) -> [Hash256] {
    if old == leaves.count { return whole ? [] : [root(leaves)] }
    let (left, right) = split(leaves)
    return old <= left.count
      ? subproof(old, left, whole) + [root(right)]
      : subproof(old - left.count, right, false) + [root(left)]
  }

  private static func split(
    _ leaves: ArraySlice<[UInt8]>
  ) -> (ArraySlice<[UInt8]>, ArraySlice<[UInt8]>) {
    var half = 1
    while half * 2 < leaves.count { half *= 2 }
    return (leaves.prefix(half), leaves.dropFirst(half))
  }
}

/// `count` different leaves of lengths 0…12, some of them the two child hashes of a node.
func sampleLeaves(_ count: Int) -> [[UInt8]] {
  (0..<count).map { index in
    var leaf = Array("leaf \(index)".utf8.prefix(index % 13))
    if index % 7 == 3 {
      leaf = MerkleTree.leafHash([1]).bytes + MerkleTree.leafHash([UInt8(index & 255)]).bytes
    }
    return leaf
  }
}
