import Primitives
import Storage

/// What a store says of the shards of a tree: under the empty key the state of the records and the
/// levels it is about, under the number of each shard its node.
struct StoredShards {
  let view: StoreView
  let namespace: Namespace

  /// The tree that is written there, nil if it is about another state or has other levels.
  func tree(levels: Int, at revision: UInt64) throws(StorageError) -> RecordTree? {
    guard
      try view.value(of: namespace.key()) == Self.bytes(revision: revision, levels: levels)
    else { return nil }
    var tree = RecordTree(levels: levels)
    let start = RecordTree.offset(of: levels)
    var isWhole = true
    try view.forEachBytes(in: namespace.all) { key, value in
      if key.isEmpty { return true }
      let place = key.reduce(0) { $0 << 8 | Int($1) }
      guard key.count == Self.keyBytes, place < 1 << (4 * levels),
        let cell = Self.cell(Array(value))
      else {
        isWhole = false
        return false
      }
      tree.cells[start + place] = cell
      return true
    }
    guard isWhole else { return nil }
    tree.addUp()
    return tree
  }

  private static let keyBytes = 4

  static func key(_ place: Int) -> [UInt8] {
    withUnsafeBytes(of: UInt32(truncatingIfNeeded: place).bigEndian) { Array($0) }
  }

  static func bytes(revision: UInt64, levels: Int) -> [UInt8] {
    var encoder = WireEncoder()
    encoder.append(revision)
    encoder.append(byte: UInt8(levels))
    return encoder.bytes
  }

  static func bytes(of cell: RecordTree.Cell) -> [UInt8] {
    var encoder = WireEncoder()
    encoder.append(count: cell.node.count)
    encoder.append(cell.node.size)
    encoder.append(cell.node.latest)
    encoder.append(cell.isLatestStale)
    encoder.append(fixed: cell.node.sum.high)
    encoder.append(fixed: cell.node.sum.low)
    return encoder.bytes
  }

  /// Nil if the bytes are not those of a shard.
  static func cell(_ bytes: [UInt8]) -> RecordTree.Cell? {
    var decoder = WireDecoder(bytes)
    var cell = RecordTree.Cell()
    do throws(WireError) {
      cell.node.count = try decoder.recordCount()
      cell.node.size = try decoder.uint64()
      cell.node.latest = try decoder.uint64()
      cell.isLatestStale = try decoder.flag()
      cell.node.sum.high = try decoder.fixed()
      cell.node.sum.low = try decoder.fixed()
      try decoder.finish()
      return cell
    } catch {
      return nil
    }
  }
}
