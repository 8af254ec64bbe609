/// What the tree says of the records below one node.
public struct MerkleNode: Sendable, Hashable {
  /// Number of records.
  public var count = 0
  /// Bytes of their values.
  public var size: UInt64 = 0
  /// The largest version; 0 if there are no records.
  public var latest: UInt64 = 0
  /// The sum of their ids.
  public var sum = RecordSum()

  public static let empty = MerkleNode()

  public init() {}

  /// Adds a record.
  package mutating func add(_ entry: RecordEntry) {
    count += 1
    size &+= UInt64(entry.size)
    latest = max(latest, entry.version)
    sum.add(entry.id)
  }

  /// Adds the records below another node.
  package mutating func add(_ node: MerkleNode) {
    count += node.count
    size &+= node.size
    latest = max(latest, node.latest)
    sum.high &+= node.sum.high
    sum.low &+= node.sum.low
  }
}

/// The sum of record ids, each half modulo 2^64. Cheap to keep, and good for finding differences:
/// no two records have one id and nothing is ever combined by exclusive or, so equal contents do
/// not cancel. It is no proof: who may choose many records can make two sets with one sum.
public struct RecordSum: Sendable, Hashable {
  public var high: UInt64 = 0
  public var low: UInt64 = 0

  public init() {}

  mutating func add(_ id: RecordID) {
    high &+= id.high
    low &+= id.low
  }
}
