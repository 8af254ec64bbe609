import Primitives
import Storage

extension StateTrie {
  /// Checks every record of the trie in a snapshot: each leaf against the node that says its hash,
  /// each node against its parent, the root against `root` if that is given and the trie can tell
  /// its own; that no record is missing or one too many; and the counters.
  ///
  /// One ordered pass over nodes and leaves together, in memory of one path. `progress` is called
  /// now and then and stops the check by returning false. Returns the first fault, or nil. Throws
  /// `storage`, also for a record whose own checksum is wrong.
  public static func check(
    in snapshot: borrowing StoreSnapshot, root: Hash256? = nil,
    progress: (TrieCheckProgress) -> Bool = { _ in true }
  ) throws(TrieError) -> TrieFault? {
    let found: StoredState?
    do throws(TrieError) {
      found = try StoredState(snapshot.view)
    } catch {
      guard error.isDamage else { throw error }
      return TrieFault(key: nil, expected: "counters and ranges", found: error.description)
    }
    guard let found else { return nil }
    var fault: TrieFault?
    do throws(StorageError) {
      try snapshot.withCursor(in: StoredTable.nodes.namespace) { nodes throws(StorageError) in
        try snapshot.withCursor(in: StoredTable.leaves.namespace) { leaves throws(StorageError) in
          fault = try withoutActuallyEscaping(progress) { report throws(StorageError) in
            var pass = CheckPass(found, report)
            return try pass.run(root, &nodes, &leaves)
          }
        }
      }
    } catch {
      throw .storage(error)
    }
    return fault
  }
}

/// One pass of a check: two cursors go on together, and each record must be the one that the nodes
/// read before it say comes next.
private struct CheckPass: ~Copyable {
  /// Node records between two reports of progress.
  private static let reportInterval = 1 << 14

  private let state: StoredState
  private let report: (TrieCheckProgress) -> Bool
  private var progress = TrieCheckProgress()
  private var hasher = NodeHasher()
  private var node: StoreEntry?
  private var leaf: StoreEntry?
  private var isStopped = false

  init(_ state: StoredState, _ report: @escaping (TrieCheckProgress) -> Bool) {
    self.state = state
    self.report = report
    progress.leavesTotal = state.itemCount
  }

  mutating func run(
    _ root: Hash256?, _ nodes: inout StoreCursor, _ leaves: inout StoreCursor
  ) throws(StorageError) -> TrieFault? {
    node = try nodes.first()
    leaf = try leaves.first()
    // A root that cannot be told cannot be compared.
    let expected = state.uncharted.isEmpty ? root ?? .zero : .zero
    if let fault = try visit(.empty, expected, &nodes, &leaves) ?? extra(.nodes) ?? extra(.leaves) {
      return isStopped ? nil : fault
    }
    guard progress.leaves == state.itemCount else {
      return TrieFault(
        key: nil, expected: "\(state.itemCount) items as counted",
        found: "\(progress.leaves) leaf records")
    }
    _ = report(progress)
    return nil
  }

  /// The fault of a record that is left when all others have been found.
  private func extra(_ table: StoredTable) -> TrieFault? {
    guard let key = entry(table)?.key else { return nil }
    return TrieFault(
      key: key.withUnsafeBytes { StoredKey.key(in: $0) },
      expected: "no \(table.name) record, since no node says one",
      found: "a record under \(Hex.string(key))")
  }

  /// The record that comes next in a table.
  private func entry(_ table: StoredTable) -> StoreEntry? {
    table == .nodes ? node : leaf
  }

  /// The fault if the record that comes next is not the one of `key`.
  private func arrival(_ table: StoredTable, _ key: KeyNibbles) -> TrieFault? {
    let expected = StoredKey.bytes(key)
    guard let next = entry(table) else {
      return TrieFault(key: key, expected: "a \(table.name) record", found: "none")
    }
    if next.key == expected { return nil }
    return next.key.lexicographicallyPrecedes(expected)
      ? extra(table) : TrieFault(key: key, expected: "a \(table.name) record", found: "none")
  }

  /// Checks the subtree of the inner node at `key`; a zero hash is one that nobody knows.
  private mutating func visit(
    _ key: KeyNibbles, _ hash: Hash256, _ nodes: inout StoreCursor, _ leaves: inout StoreCursor
  ) throws(StorageError) -> TrieFault? {
    if let fault = arrival(.nodes, key) { return fault }
    let record: NodeRecord
    do throws(TrieError) {
      record = try NodeRecord(node?.value ?? [], at: key)
    } catch {
      return TrieFault(key: key, expected: "a node record", found: error.description)
    }
    let isUnknownRoot = key.isEmpty && record.hash == nil && !state.missing.isEmpty
    if hash != .zero, record.hash != hash, !isUnknownRoot {
      return TrieFault(
        key: key, expected: "a node with the hash \(hash.hex)",
        found: record.hash.map(\.hex) ?? "a node without a known hash")
    }
    progress.nodes += 1
    progress.key = key
    if progress.nodes % Self.reportInterval == 0, !report(progress) {
      isStopped = true
      return TrieFault(key: key, expected: "", found: "")
    }
    node = try nodes.next()
    if let fault = try visitOwn(record, &leaves) { return fault }
    for (slot, child) in record.node.children.enumerated() {
      guard let child, let childKey = key.appending(child.suffix) else { continue }
      let covered = KeyRange(subtree: childKey)
      var fault: TrieFault?
      switch record.child(slot) {
      case .inner:
        if child.hash == .zero, !state.missing.intersects(covered) {
          fault = TrieFault(
            key: childKey, expected: "a known hash, since all of it is held", found: "none")
        } else {
          fault = try visit(childKey, child.hash, &nodes, &leaves)
        }
      case .leaf: fault = try visitLeaf(childKey, child.hash, isOwn: false, &leaves)
      case .stump:
        if !state.missing.contains(covered) { fault = held(childKey, "subtree") }
      case .sealed:
        if !state.missing.contains(childKey) { fault = held(childKey, "value") }
      }
      if let fault { return fault }
    }
    return nil
  }

  private func held(_ key: KeyNibbles, _ what: String) -> TrieFault {
    TrieFault(
      key: key, expected: "a \(what) that is held, since its keys are not missing",
      found: "only its hash")
  }

  /// Checks the value of a node that has one.
  private mutating func visitOwn(
    _ record: NodeRecord, _ leaves: inout StoreCursor
  ) throws(StorageError) -> TrieFault? {
    guard case .hybridHash(let hash) = record.node.value else { return nil }
    let key = record.node.key
    guard record.own == .held else {
      return state.missing.contains(key) ? nil : held(key, "value")
    }
    return try visitLeaf(key, hash, isOwn: true, &leaves)
  }

  private mutating func visitLeaf(
    _ key: KeyNibbles, _ hash: Hash256, isOwn: Bool, _ leaves: inout StoreCursor
  ) throws(StorageError) -> TrieFault? {
    if let fault = arrival(.leaves, key) { return fault }
    if state.missing.contains(key) {
      return TrieFault(key: key, expected: "no leaf, since its key is missing", found: "a leaf")
    }
    let value = leaf?.value ?? []
    let found: Hash256
    if isOwn {
      found = Blake2b256.hash(value)
    } else {
      found = value.withUnsafeBytes { hasher.leaf(key, $0) }
    }
    guard found == hash else {
      return TrieFault(
        key: key, expected: "a leaf with the \(isOwn ? "value's " : "")hash \(hash.hex)",
        found: found.hex)
    }
    progress.leaves += 1
    leaf = try leaves.next()
    return nil
  }
}
