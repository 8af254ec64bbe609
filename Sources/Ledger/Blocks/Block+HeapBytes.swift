import Primitives

extension Transaction: HeapSized {
  public var heapBytes: Int {
    if case .setData(let data) = action { data.storageBytes } else { 0 }
  }
}

extension BlockBody: HeapSized {
  public var heapBytes: Int { transactions.heapBytes }
}

extension Justification: HeapSized {
  public var heapBytes: Int {
    if case .quorum(let signatures) = self { signatures.storageBytes } else { 0 }
  }
}

extension ValidatorSet: HeapSized {
  public var heapBytes: Int { validators.storageBytes }
}

extension Block: HeapSized {
  public var heapBytes: Int {
    justification.heapBytes + (nextValidators?.heapBytes ?? 0) + (body?.heapBytes ?? 0)
  }
}
