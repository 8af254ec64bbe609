import Primitives
import Reconciliation

/// Indexes that are not those of the data.
extension KeyValueCore {
  /// Whether what is held of a key is as new as a record, so that this is not wanted.
  mutating func hasNews(_ record: Record) -> Bool {
    settle()
    guard let number = record.key.withUnsafeBytes({ table.find($0, table.hash($0)) }) else {
      return false
    }
    let entry = table.entry(number).pointee
    return entry.ticks > record.version || entry.isRecorded && entry.id == record.id
  }

  /// Whether tree, sketch or order have something else of a key than what the table holds.
  mutating func isIndexedWrongly(_ key: [UInt8]) -> Bool {
    settle()
    guard let number = key.withUnsafeBytes({ table.find($0, table.hash($0)) }) else {
      return false
    }
    let entry = table.entry(number).pointee
    guard let record = record(number), let own = entry.record else { return true }
    let path = TreePath(depth: indexes.tree.levels, above: own.position)
    guard record.id == own.id, record.hashedKey.words.0 == entry.position,
      indexes.positions.first(of: UInt32(entry.position >> 32), where: { $0 == number }) != nil
    else { return true }
    return isTreeWrong(above: path)
  }

  /// Whether a node of the last kept level is not the sum of its records, or one above it not that
  /// of its children.
  private func isTreeWrong(above path: TreePath) -> Bool {
    var sum = MerkleNode.empty
    let entries = entries(
      from: path.first, through: path.last, limit: ReconciliationLimits.subtreeEntriesMax,
      undoing: UndoneChanges(since: 0))
    // Of more it cannot be told here.
    guard entries.count < ReconciliationLimits.subtreeEntriesMax else { return false }
    for entry in entries { sum.add(entry) }
    var path = path
    while true {
      let node = indexes.tree.roughNode(path)
      guard node.count == sum.count, node.size == sum.size, node.sum == sum.sum else {
        return true
      }
      guard path.depth > 0 else { return false }
      path = path.parent
      sum = .empty
      for nibble in 0..<16 { sum.add(indexes.tree.roughNode(path.child(nibble))) }
    }
  }

  /// Whether the root of the tree is not the sum of all records. Goes through all entries.
  mutating func isRootWrong() -> Bool {
    settle()
    var sum = MerkleNode.empty
    for number in 0..<table.numbers {
      if let record = table.entry(number).pointee.record { sum.add(record) }
    }
    let root = indexes.tree.roughNode(.root)
    return root.count != sum.count || root.size != sum.size || root.sum != sum.sum
  }

  /// Makes some more of all indexes anew of the data. To be called until it has ended, with time
  /// for others in between.
  /// - Returns: nil while it goes on; then whether they were those of the data.
  package mutating func repairSome() -> Bool? {
    settle(atMost: KeyValueLimits.treeEntriesPerBatch)
    guard unsettled.count == 0 else { return nil }
    return switch indexes.renew(over: table) {
    case .goesOn: nil
    case .sound: true
    case .wrong: false
    }
  }

  /// Makes all indexes anew at once.
  /// - Returns: whether they were those of the data.
  package mutating func repairIndexes() -> Bool {
    while true {
      if let wasRight = repairSome() { return wasRight }
    }
  }

  /// A part of what replicas exchange as the value of an entry; empty behind its end.
  func content(of number: UInt32, from offset: Int, bytes: Int) -> [UInt8] {
    var entry = table.entry(number).pointee
    let value = entry.value
    let valueOffset = max(0, offset - StoredContent.headBytes)
    guard offset < StoredContent.headBytes else {
      return Array(value.dropFirst(valueOffset).prefix(bytes))
    }
    entry.valueBytes = 0
    let head = StoredContent.bytes(entry, replica: table.replicas[Int(entry.replica)].bits)
    return Array((head + value.prefix(bytes)).dropFirst(offset).prefix(bytes))
  }

  /// Takes a record out of the tree as a fault would, so that tests can see it found.
  package mutating func damageTree(at key: [UInt8]) {
    settle()
    guard let number = recordNumber(of: key), let record = table.entry(number).pointee.record else {
      return
    }
    indexes.damageTree(by: record)
  }
}
