import Primitives

extension TrieItem: HeapSized {
  public var heapBytes: Int { value.storageBytes }
}

extension TrieDiff.Entry: HeapSized {
  public var heapBytes: Int { (old?.storageBytes ?? 0) + (new?.storageBytes ?? 0) }
}

extension TrieDiff: HeapSized {
  public var heapBytes: Int { entries.heapBytes }
}

extension ProofNode: HeapSized {
  public var heapBytes: Int {
    (value.bytes?.storageBytes ?? 0) + (hasChildren ? children.storageBytes : 0)
  }
}

extension TrieProof: HeapSized {
  public var heapBytes: Int { nodes.heapBytes + missingProvenBy.storageBytes }
}

extension TrieChunk: HeapSized {
  public var heapBytes: Int { items.heapBytes + proof.heapBytes }
}
