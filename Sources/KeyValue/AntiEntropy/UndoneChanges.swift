import Reconciliation

#if MUTANTS
  import Primitives
#endif

/// What a view has to undo: of each entry that changed since, the record that it had.
struct UndoneChanges {
  /// Parts of the order of positions in which records are kept: by the first 12 bits.
  private static let partBits = 12

  /// Changes up to here have been looked at.
  private(set) var cursor: UInt64
  /// Entries that changed, first one first.
  private var numbers: [UInt32] = []
  /// By number; nil if the entry had no record.
  private var records: [UInt32: RecordEntry?] = [:]
  /// Those records by the beginnings of their positions; empty while there are none.
  private var parts: [[RecordEntry]] = []
  private var ids: Set<RecordID> = []

  init(since cursor: UInt64) { self.cursor = cursor }

  /// Takes what changed since it last looked; false if that is not known any more, or is too much.
  mutating func follow(_ history: RecordHistory) -> Bool {
    guard let changes = history.changes(from: cursor),
      numbers.count + changes.count <= KeyValueLimits.viewChangesMax
    else { return false }
    for change in changes where records[change.number] == nil {
      numbers.append(change.number)
      records.updateValue(change.records.old, forKey: change.number)
      guard let old = change.records.old else { continue }
      ids.insert(old.id)
      if parts.isEmpty { parts = Array(repeating: [], count: 1 << Self.partBits) }
      parts[Self.part(old.position)].append(old)
    }
    cursor = history.end
    return true
  }

  private static func part(_ position: HashedPosition) -> Int {
    Int(position.high >> UInt64(64 - partBits))
  }

  /// Whether what the entry has now is not what it had.
  func hasChanged(_ number: UInt32) -> Bool { records[number] != nil }

  /// Whether a record was there that is not now.
  func held(_ id: RecordID) -> Bool { ids.contains(id) }

  /// Records that are not there now, with a position of `first`…`last`, in any order.
  func records(from first: HashedPosition, through last: HashedPosition) -> [RecordEntry] {
    guard !parts.isEmpty, first <= last else { return [] }
    return (Self.part(first)...Self.part(last)).flatMap { part in
      parts[part].filter { first <= $0.position && $0.position <= last }
    }
  }

  /// Ids that came since, and ids that went.
  private func difference(_ table: borrowing KeyTable) -> (came: [RecordEntry], went: [RecordEntry])
  {
    var (came, went): ([RecordEntry], [RecordEntry]) = ([], [])
    for number in numbers {
      if case let old?? = records[number] { went.append(old) }
      if let new = table.entry(number).pointee.record { came.append(new) }
    }
    return (came, went)
  }

  /// Makes tree and symbols of now those of that time.
  func undo(
    in tree: inout RecordTree, _ symbols: inout SymbolPrefix<RecordID>,
    _ table: borrowing KeyTable
  ) {
    guard !numbers.isEmpty else { return }
    #if MUTANTS
      if Mutant.isOn(.viewNotFrozen) { return }
    #endif
    let (came, went) = difference(table)
    // An entry may have another key now, so the two are not one change.
    for record in came { tree.apply(RecordChange(old: record, new: nil)) }
    for record in went { tree.apply(RecordChange(old: nil, new: record)) }
    symbols.apply(adding: went.map(\.id), removing: came.map(\.id))
  }

  /// Hands the ids of that time that are not there now to `body`.
  func forgottenIDs() -> [RecordID] { numbers.compactMap { (records[$0] ?? nil)?.id } }
}
