import Primitives

/// What the hash of a node is over: the records of a leaf, or what an inner node says of the
/// records below it and the hashes of its children.
///
/// A node is a leaf if it has at most `ReconciliationLimits.leafRecordsMax` records or lies at the
/// greatest depth. So the hash of the root depends on nothing but the records and that depth. It is
/// BLAKE2b-256 of the depth as a byte and the content's wire form, whose first byte tells leaves
/// from inner nodes.
public enum MerkleContent: Sendable, Hashable {
  case leaf([LeafRecord])
  case inner(InnerNode)

  /// What a leaf says of a record.
  public struct LeafRecord: Sendable, Hashable {
    public let id: RecordID
    public let version: UInt64
    public let size: UInt32
  }

  /// An inner node. Those of its children that have records are in the order of their nibbles.
  public struct InnerNode: Sendable, Hashable {
    public let count: Int
    public let size: UInt64
    public let latest: UInt64
    /// By nibble; nil for a child without records.
    public let children: [Hash256?]
  }

  /// Number of records below the node.
  public var count: Int {
    switch self {
    case .leaf(let records): records.count
    case .inner(let node): node.count
    }
  }

  /// Bytes of the values below the node.
  public var size: UInt64 {
    switch self {
    case .leaf(let records): records.reduce(0) { $0 &+ UInt64($1.size) }
    case .inner(let node): node.size
    }
  }

  /// The largest version below the node, 0 if there are no records.
  public var latest: UInt64 {
    switch self {
    case .leaf(let records): records.reduce(0) { max($0, $1.version) }
    case .inner(let node): node.latest
    }
  }

  var isInner: Bool { if case .inner = self { true } else { false } }

  /// The hash of a node at a depth with this content.
  public func hash(at depth: Int) -> Hash256 {
    var encoder = WireEncoder(capacity: 64 + 32 * 16)
    encoder.append(byte: UInt8(truncatingIfNeeded: depth))
    encode(to: &encoder)
    return Blake2b256.hash(encoder.bytes)
  }

  /// Whether a node with so many records is a leaf.
  static func isLeaf(count: Int, depth: Int, depthMax: Int) -> Bool {
    count <= ReconciliationLimits.leafRecordsMax || depth >= depthMax
  }

  /// The content of a node with these entries, which are in hashed order.
  static func of(_ entries: ArraySlice<RecordEntry>, depth: Int, depthMax: Int) -> MerkleContent {
    if isLeaf(count: entries.count, depth: depth, depthMax: depthMax) {
      return .leaf(entries.map { LeafRecord(id: $0.id, version: $0.version, size: $0.size) })
    }
    var node = MerkleNode.empty
    var children = [Hash256?](repeating: nil, count: 16)
    var start = entries.startIndex
    while start < entries.endIndex {
      let nibble = entries[start].position.nibble(at: depth)
      var end = start
      while end < entries.endIndex, entries[end].position.nibble(at: depth) == nibble {
        node.add(entries[end])
        end += 1
      }
      children[nibble] = of(entries[start..<end], depth: depth + 1, depthMax: depthMax)
        .hash(at: depth + 1)
      start = end
    }
    return .inner(node, children)
  }

  /// The content of an inner node.
  static func inner(_ node: MerkleNode, _ children: [Hash256?]) -> MerkleContent {
    .inner(
      InnerNode(count: node.count, size: node.size, latest: node.latest, children: children))
  }
}

extension MerkleContent: WireCodable {
  /// A leaf: 0, the number of records, and for each its id, version and size. An inner node: 1,
  /// count, size and latest version, the children that have records as 16 bits, the first child's
  /// the highest, in two bytes, and their hashes.
  public func encode(to encoder: inout WireEncoder) {
    switch self {
    case .leaf(let records):
      encoder.append(byte: 0)
      encoder.append(count: records.count)
      for record in records {
        encoder.append(record.id)
        encoder.append(record.version)
        encoder.append(record.size)
      }
    case .inner(let node):
      encoder.append(byte: 1)
      encoder.append(count: node.count)
      encoder.append(node.size)
      encoder.append(node.latest)
      ChildSet(node.children.map { $0 != nil }).encode(to: &encoder)
      for case let hash? in node.children { encoder.append(hash) }
    }
  }

  public init(from decoder: inout WireDecoder) throws(WireError) {
    let start = decoder.offset
    switch try decoder.byte() {
    case 0:
      let count = try decoder.count(
        elementBytes: RecordID.byteCount + 2, limit: ReconciliationLimits.listedRecordsMax)
      var records: [LeafRecord] = []
      records.reserveCapacity(count)
      for _ in 0..<count {
        records.append(
          LeafRecord(
            id: try decoder.value(), version: try decoder.uint64(), size: try decoder.uint32()))
      }
      self = .leaf(records)
    case 1:
      let count = try decoder.recordCount()
      let (size, latest) = (try decoder.uint64(), try decoder.uint64())
      let set = try ChildSet(from: &decoder)
      var children = [Hash256?](repeating: nil, count: 16)
      for nibble in set.nibbles { children[nibble] = try decoder.hash() }
      self = .inner(
        InnerNode(count: count, size: size, latest: latest, children: children))
    case let tag: throw .invalidCase(UInt64(tag), of: "MerkleContent", at: start)
    }
  }
}

/// Some of the 16 children of a node.
struct ChildSet: WireCodable {
  /// The first child's bit is the highest.
  let bits: UInt16

  init(_ members: [Bool]) {
    bits = members.reduce(0) { $0 << 1 | ($1 ? 1 : 0) }
  }

  /// The members in order.
  var nibbles: [Int] { (0..<16).filter { bits & 0x8000 >> UInt16($0) != 0 } }

  func encode(to encoder: inout WireEncoder) {
    encoder.append(byte: UInt8(bits >> 8))
    encoder.append(byte: UInt8(bits & 255))
  }

  init(from decoder: inout WireDecoder) throws(WireError) {
    bits = UInt16(try decoder.byte()) << 8 | UInt16(try decoder.byte())
  }
}
