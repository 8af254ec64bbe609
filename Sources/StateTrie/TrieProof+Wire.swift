import Primitives

extension ProofChild: WireCodable {
  public func encode(to encoder: inout WireEncoder) {
    encoder.append(suffix)
    encoder.append(hash)
  }

  public init(from decoder: inout WireDecoder) throws(WireError) {
    self.init(suffix: try decoder.value(), hash: try decoder.hash())
  }
}

extension ProofValue: WireCodable {
  public func encode(to encoder: inout WireEncoder) {
    switch self {
    case .none: encoder.append(count: 0)
    case .leaf(let value):
      encoder.append(count: 1)
      encoder.append(value)
    case .hybridHash(let hash):
      encoder.append(count: 2)
      encoder.append(hash)
    case .hybrid(let value):
      encoder.append(count: 3)
      encoder.append(value)
    }
  }

  public init(from decoder: inout WireDecoder) throws(WireError) {
    let offset = decoder.offset
    switch try decoder.varint() {
    case 0: self = .none
    case 1: self = .leaf(try decoder.bytes(limit: StateTrieLimits.valueBytesMax))
    case 2: self = .hybridHash(try decoder.hash())
    case 3: self = .hybrid(try decoder.bytes(limit: StateTrieLimits.valueBytesMax))
    case let other: throw .invalidCase(other, of: "ProofValue", at: offset)
    }
  }
}

extension ProofNode: WireCodable {
  public func encode(to encoder: inout WireEncoder) {
    encoder.append(key)
    encoder.append(value)
    for child in children { encoder.append(optional: child) }
  }

  public init(from decoder: inout WireDecoder) throws(WireError) {
    let key = try decoder.value(KeyNibbles.self)
    let value = try decoder.value(ProofValue.self)
    var children: [ProofChild?] = []
    children.reserveCapacity(StateTrieLimits.childrenMax)
    for _ in 0..<StateTrieLimits.childrenMax { children.append(try decoder.optional()) }
    // Leaves share one array: sixteen empty places take nearly a hundred times their wire form.
    let isLeaf = children.allSatisfy { $0 == nil }
    self.init(key: key, value: value, children: isLeaf ? Self.noChildren : children)
  }
}

extension TrieProof: WireCodable {
  /// The fewest bytes a node takes: an empty key, no value, no children.
  private static let nodeBytesMin = 2 + 1 + StateTrieLimits.childrenMax
  /// The fewest bytes a missing key and its prover take.
  private static let missingKeyBytesMin = 4

  public func encode(to encoder: inout WireEncoder) {
    encoder.append(nodes)
    encoder.append(count: missingProvenBy.count)
    for entry in missingProvenBy {
      encoder.append(entry.key)
      encoder.append(entry.provenBy)
    }
  }

  public init(from decoder: inout WireDecoder) throws(WireError) {
    try self.init(from: &decoder, nodesMax: StateTrieLimits.proofNodesMax)
  }

  /// Reads a proof of at most `nodesMax` nodes.
  init(from decoder: inout WireDecoder, nodesMax: Int) throws(WireError) {
    let nodes = try decoder.array(
      of: ProofNode.self, elementBytes: Self.nodeBytesMin, limit: nodesMax)
    let count = try decoder.count(elementBytes: Self.missingKeyBytesMin, limit: nodesMax)
    var entries: [MissingKey] = []
    for _ in 0..<count {
      let offset = decoder.offset
      let entry = MissingKey(key: try decoder.value(), provenBy: try decoder.value())
      if let last = entries.last, entry.key <= last.key { throw .keysNotIncreasing(at: offset) }
      entries.append(entry)
    }
    self.init(nodes: nodes, missingProvenBy: entries)
  }
}
