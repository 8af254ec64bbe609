import Primitives
import Storage

/// The proof that a record is in a set, or that a key is not: the contents of the nodes from the
/// root down to the leaf. Which child is the next one follows from the hash of the key, and is
/// never read from the proof.
public struct RecordProof: Sendable, Hashable {
  /// From the root to a leaf, or to an inner node without a child where the key would be.
  public let contents: [MerkleContent]

  public init(contents: [MerkleContent]) { self.contents = contents }

  /// True if the set with this root hash has this record.
  public func proves(_ record: Record, root: Hash256) -> Bool {
    guard case .leaf(let records) = end(of: record.key, root) else { return false }
    let id = record.id
    return records.contains {
      $0.id == id && $0.version == record.version && $0.size == record.size
    }
  }

  /// True if the set with this root hash does not have this very record.
  public func provesAbsence(of record: Record, root: Hash256) -> Bool {
    switch end(of: record.key, root) {
    case .leaf(let records):
      let id = record.id
      return !records.contains { $0.id == id }
    case .inner: return true
    case nil: return false
    }
  }

  /// The content of the last node, nil if the nodes are not those above the key. Each is compared
  /// with the hash in its parent in a time that does not depend on where they differ.
  private func end(of key: [UInt8], _ root: Hash256) -> MerkleContent? {
    let position = HashedPosition(ofKey: key)
    var expected: Hash256? = root
    guard contents.count <= HashedPosition.nibbleCount + 1 else { return nil }
    for (depth, content) in contents.enumerated() {
      guard let hash = expected, content.hash(at: depth).isEqualInConstantTime(to: hash) else {
        return nil
      }
      switch content {
      case .leaf: return depth == contents.count - 1 ? content : nil
      case .inner(let node):
        guard depth < HashedPosition.nibbleCount else { return nil }
        expected = node.children[position.nibble(at: depth)]
        if expected == nil { return depth == contents.count - 1 ? content : nil }
      }
    }
    return nil
  }
}

extension RecordProof: WireCodable {
  public func encode(to encoder: inout WireEncoder) { encoder.append(contents) }

  public init(from decoder: inout WireDecoder) throws(WireError) {
    contents = try decoder.array(
      elementBytes: 2, limit: HashedPosition.nibbleCount + 1)
  }
}

extension MerkleView {
  /// The proof that a record with this key is in the set, or that there is none.
  public func proof(of key: [UInt8]) throws(StorageError) -> RecordProof {
    let position = HashedPosition(ofKey: key)
    var contents: [MerkleContent] = []
    for depth in 0...depthMax {
      let content = try content(of: TreePath(depth: depth, above: position))
      contents.append(content)
      guard case .inner(let node) = content, node.children[position.nibble(at: depth)] != nil else {
        break
      }
    }
    return RecordProof(contents: contents)
  }
}
