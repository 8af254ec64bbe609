import Primitives
import Reconciliation

/// Indexes that are made of the data beside those in use.
final class IndexRenewal {
  var tree: RecordTree
  var symbols = SymbolPrefix<RecordID>(length: ReconciliationLimits.cachedSymbols)
  var positions = HashIndex()
  /// Entries with smaller numbers are in it.
  var numbers: UInt32 = 0
  var goneIDs: [RecordID] = []
  var newIDs: [RecordID] = []

  init(levels: Int) { tree = RecordTree(levels: levels) }

  /// Follows a write of an entry that is in it.
  func follow(_ change: RecordChange, of number: UInt32) {
    tree.apply(change)
    if let old = change.old {
      goneIDs.append(old.id)
      if change.new == nil { positions.remove(UInt32(old.position.high >> 32), number) }
    }
    if let new = change.new {
      newIDs.append(new.id)
      if change.old == nil { positions.insert(UInt32(new.position.high >> 32), number) }
    }
  }

  /// What the symbols have yet to follow, they follow.
  func followSymbols() {
    symbols.apply(adding: newIDs, removing: goneIDs)
    (newIDs, goneIDs) = ([], [])
  }

  /// Whether tree and symbols are these.
  func isEqual(_ tree: RecordTree, _ symbols: SymbolPrefix<RecordID>) -> Bool {
    guard symbols.symbols == self.symbols.symbols else { return false }
    for depth in 0...min(tree.levels, self.tree.levels) {
      for place in 0..<UInt64(1) << UInt64(4 * depth) {
        let high = depth == 0 ? 0 : place << UInt64(64 - 4 * depth)
        let path = TreePath(depth: depth, above: HashedPosition(high: high, low: 0))
        let (one, other) = (tree.roughNode(path), self.tree.roughNode(path))
        guard one.count == other.count, one.size == other.size, one.sum == other.sum else {
          return false
        }
      }
    }
    return true
  }
}

extension RecordIndexes {
  enum Renewal {
    case goesOn
    /// All is made anew, and was as it is now.
    case sound
    /// All is made anew, and was not.
    case wrong
  }

  /// Makes some more of the indexes anew of the entries as they are, whatever is held. All entries
  /// must be settled. What is written until it has ended is followed.
  mutating func renew(over table: borrowing KeyTable) -> Renewal {
    let renewal = self.renewal ?? IndexRenewal(levels: max(2, RecordTree.levels(for: count)))
    self.renewal = renewal
    var (some, bytes) = ([Written](), 0)
    var end = renewal.numbers
    while end < table.numbers, bytes < KeyValueLimits.renewedBytesPerTurn,
      end - renewal.numbers < UInt32(KeyValueLimits.renewedEntriesPerTurn)
    {
      let entry = table.entry(end).pointee
      if entry.kind != 0 {
        some.append(Written(end, entry))
        bytes += StoredContent.bytes(of: entry)
      }
      end += 1
    }
    guard renew(some, in: renewal, table) else {
      // What an entry itself says is wrong, so nothing that follows it can be trusted.
      rebuild(over: table)
      return .wrong
    }
    renewal.numbers = end
    guard end == table.numbers else { return .goesOn }
    self.renewal = nil
    if renewal.isEqual(tree, symbols) { return .sound }
    replace(by: renewal)
    return .wrong
  }

  /// False if an entry is not in the order, or has another position or id than its content says.
  private mutating func renew(
    _ some: [Written], in renewal: IndexRenewal, _ table: borrowing KeyTable
  ) -> Bool {
    var held: [(position: UInt64, id: RecordID)] = []
    for write in some {
      let entry = table.entry(write.number)
      guard entry.pointee.isRecorded else { return false }
      held.append((entry.pointee.position, entry.pointee.id))
      // So that its position is worked out too.
      entry.pointee.flags &= ~Entry.recorded
    }
    hash(some, in: table)
    var isRight = true
    for (place, write) in some.enumerated() {
      let entry = table.entry(write.number)
      entry.pointee.flags |= Entry.recorded
      let (position, number) = (entry.pointee.position, write.number)
      let isHeld = positions.first(of: UInt32(position >> 32), where: { $0 == number }) != nil
      isRight =
        isRight && isHeld && held[place].position == position
        && held[place].id == RecordID(hashes[place])
      guard isRight, let record = entry.pointee.record else { continue }
      renewal.follow(RecordChange(old: nil, new: record), of: number)
    }
    renewal.followSymbols()
    return isRight
  }
}
