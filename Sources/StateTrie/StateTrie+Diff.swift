import Primitives

/// What is needed to take back one applied diff exactly, also in the missing ranges.
public struct DiffReceipt: Sendable {
  /// The diff that was applied.
  public let diff: TrieDiff
  /// Known hashes that the diff made unknown.
  let lostFrontier: [FrontierEntry]
  let unchartedBefore: KeyRangeSet
  let serialBefore: UInt64
  let serialAfter: UInt64
}

extension StateTrie {
  /// Applies the changes of a block. Held keys get their new values; of missing keys only the place
  /// is marked as changed. Throws `oldValueDiffers` if a held key has another value than the diff
  /// says; then nothing has changed.
  @discardableResult
  public func apply(_ diff: TrieDiff) throws(TrieError) -> DiffReceipt {
    try load(diff.entries.lazy.map(\.key))
    try forEach(diff.entries, key: \.key) { entry throws(TrieError) in
      if missing.contains(entry.key) { return }
      guard holds(entry.key, entry.old) else { throw .oldValueDiffers(entry.key) }
    }
    let serialBefore = serial
    let unchartedBefore = uncharted
    touch()
    var lost: [FrontierEntry] = []
    try forEach(diff.entries, key: \.key) { entry in
      if missing.contains(entry.key) {
        #if MUTANTS
          if Mutant.isOn(.staleHash) { return }
          if Mutant.isOn(.diffOnMissingKey), let value = entry.new {
            return insertLeaf(entry.key, value)
          }
        #endif
        lost += markChanged(entry.key)
      } else if let value = entry.new {
        insertLeaf(entry.key, value)
      } else {
        removeEntry(entry.key)
      }
    }
    return DiffReceipt(
      diff: diff, lostFrontier: lost, unchartedBefore: unchartedBefore,
      serialBefore: serialBefore, serialAfter: serial)
  }

  /// Takes back a diff. On top of exactly what it left behind this restores everything, also what
  /// was known of missing subtrees. After a chunk has come in since, held keys get their old values
  /// and the changed places stay marked. Throws `oldValueDiffers` if the diff is not the latest one
  /// that changed one of its held keys; then nothing has changed.
  public func revert(_ receipt: DiffReceipt) throws(TrieError) {
    let isExact = serial == receipt.serialAfter
    try apply(receipt.diff.inverted())
    guard isExact else { return }
    // Marks only ever take away, and nothing else touched the missing ranges since.
    for entry in receipt.lostFrontier { insertFrontier(entry) }
    uncharted = receipt.unchartedBefore
    serial = receipt.serialBefore
  }

  /// True if the held `key` has the value `value` (nil = is absent).
  func holds(_ key: KeyNibbles, _ value: [UInt8]?) -> Bool {
    guard let index = leafIndex(of: key) else { return value == nil }
    guard let value else { return false }
    return value.withUnsafeBytes { expected in
      let held = arena.terminal(index).value
      return held.count == expected.count && held.elementsEqual(expected)
    }
  }

  /// Forgets what was known about the place of a missing key. Returns the hashes that got lost.
  private func markChanged(_ key: KeyNibbles) -> [FrontierEntry] {
    if uncharted.contains(key) { return [] }
    var ref = TrieArena.root
    while true {
      let node = arena.inners + ref.index
      let depth = node.pointee.depth
      if depth == key.count {
        // The value of a node that has children: only this one key is concerned.
        let own = node.pointee.own
        uncharted.insert(KeyRange(start: key, end: key.successor))
        return own == .none ? [] : [drop(own)]
      }
      let child = node.pointee.children[key[depth]]
      guard child != .none else {
        chartOff(KeyRange(subtree: key.prefix(depth + 1)))
        return []
      }
      let childKey = arena.key(of: child)
      if !childKey.isPrefix(of: key) {
        // The key would part from the edge here; nothing else is known to be in that place.
        let common = childKey.commonPrefixLength(with: key)
        chartOff(
          common == key.count
            ? KeyRange(start: key, end: key.successor)
            : KeyRange(subtree: key.prefix(common + 1)))
        return []
      }
      if child.isTerminal {
        let kind = arena.terminal(child.index).pointee.kind
        if kind == .leaf || (kind == .sealedValue && childKey != key) {
          // The key extends a lone value.
          chartOff(KeyRange(subtree: key.prefix(childKey.count + 1)))
          return []
        }
        chartOff(
          kind == .stump ? KeyRange(subtree: childKey) : KeyRange(start: key, end: key.successor))
        return [drop(child)]
      }
      ref = child
    }
  }

  /// Marks the missing part of `range` as unknown.
  private func chartOff(_ range: KeyRange) {
    for part in missing.intersection(range) { uncharted.insert(part) }
  }

  /// Removes a frontier terminal and says what it was.
  private func drop(_ ref: NodeRef) -> FrontierEntry {
    let terminal = arena.terminal(ref.index)
    precondition(terminal.pointee.kind != .leaf, "held leaf \(terminal.key) in a missing range")
    let entry = FrontierEntry(terminal)
    removeEntry(entry.key)
    return entry
  }
}
