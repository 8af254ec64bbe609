import Primitives

/// Why a proof proves nothing. A struct over a private enum, so that cases can be added.
public struct ProofError: Error, Equatable, Sendable, CustomStringConvertible {
  private enum Kind: Equatable {
    case malformedNode(KeyNibbles)
    case notPostOrder(KeyNibbles)
    case childMismatch(KeyNibbles)
    case unconnected(Int)
    case rootMismatch
    case unaskedValue(KeyNibbles)
    case unanswered(KeyNibbles)
    case notAbsent(KeyNibbles)
    case unusedNode(KeyNibbles)
  }
  private let kind: Kind

  /// A node's children or value cannot belong to any trie.
  public static func malformedNode(_ key: KeyNibbles) -> ProofError {
    .init(kind: .malformedNode(key))
  }
  /// The nodes are not in strict post-order (also: a node twice).
  public static func notPostOrder(_ key: KeyNibbles) -> ProofError {
    .init(kind: .notPostOrder(key))
  }
  /// A node is not the child its parent says.
  public static func childMismatch(_ key: KeyNibbles) -> ProofError {
    .init(kind: .childMismatch(key))
  }
  /// `count` nodes are left over instead of one root.
  public static func unconnected(_ count: Int) -> ProofError { .init(kind: .unconnected(count)) }
  /// The last node is not the root with the expected hash.
  public static let rootMismatch = ProofError(kind: .rootMismatch)
  /// A value is in the proof that was not asked for.
  public static func unaskedValue(_ key: KeyNibbles) -> ProofError {
    .init(kind: .unaskedValue(key))
  }
  /// A key was asked for that the proof says nothing of.
  public static func unanswered(_ key: KeyNibbles) -> ProofError { .init(kind: .unanswered(key)) }
  /// The node named as proof of an absence does not prove it.
  public static func notAbsent(_ key: KeyNibbles) -> ProofError { .init(kind: .notAbsent(key)) }
  /// A node is on the path of no asked key.
  public static func unusedNode(_ key: KeyNibbles) -> ProofError { .init(kind: .unusedNode(key)) }

  /// Stable snake_case name of the case.
  public var reason: String {
    switch kind {
    case .malformedNode: "proof_malformed_node"
    case .notPostOrder: "proof_not_post_order"
    case .childMismatch: "proof_child_mismatch"
    case .unconnected: "proof_unconnected"
    case .rootMismatch: "proof_root_mismatch"
    case .unaskedValue: "proof_unasked_value"
    case .unanswered: "proof_unanswered"
    case .notAbsent: "proof_not_absent"
    case .unusedNode: "proof_unused_node"
    }
  }

  public var description: String {
    switch kind {
    case .malformedNode(let key): "proof node \(key) cannot belong to any trie"
    case .notPostOrder(let key): "proof node \(key) is not in post-order"
    case .childMismatch(let key): "proof node \(key) is not the child its parent says"
    case .unconnected(let count): "\(count) proof nodes are left over instead of one root"
    case .rootMismatch: "the proof does not reach the expected root"
    case .unaskedValue(let key): "the proof holds the value of \(key), which was not asked for"
    case .unanswered(let key): "the proof does not answer for \(key)"
    case .notAbsent(let key): "the proof does not show that \(key) is absent"
    case .unusedNode(let key): "proof node \(key) is on the path of no asked key"
    }
  }
}
