import Primitives
import Storage

extension StateTrie {
  /// Hands the items that the store holds of `range` in the subtree at `key` to `body`, in key
  /// order; false when `body` returned false. For subtrees that are not in memory.
  func forEachStoredLeaf(
    below key: KeyNibbles, in range: KeyRange, _ body: (KeyNibbles, UnsafeRawBufferPointer) -> Bool
  ) throws(TrieError) -> Bool {
    guard let part = KeyRange(subtree: key).intersection(range) else { return true }
    var goesOn = true
    try forEachLeafRecord(in: part) { key, value in
      goesOn = body(key, value)
      return goesOn
    }
    return goesOn
  }

  /// Hands the leaf records of `range` to `body` until it returns false.
  func forEachLeafRecord(
    in range: KeyRange, _ body: (KeyNibbles, UnsafeRawBufferPointer) -> Bool
  ) throws(TrieError) {
    guard let view = backing?.view else { throw .storage(.closed) }
    var unreadable: [UInt8]?
    do throws(StorageError) {
      try view.forEachBytes(in: StoredKey.range(.leaves, range)) { bytes, value in
        guard let key = StoredKey.key(in: bytes) else {
          unreadable = Array(bytes)
          return false
        }
        return body(key, value)
      }
    } catch {
      throw .storage(error)
    }
    if let unreadable { throw .unreadableKey(unreadable) }
  }

  /// The number of items that the store holds in the subtree at `key`.
  func storedItemCount(below key: KeyNibbles) throws(TrieError) -> Int {
    var count = 0
    try forEachLeafRecord(in: KeyRange(subtree: key)) { _, _ in
      count += 1
      return true
    }
    return count
  }

  /// The number of items below the stored nodes inside `range`.
  func storedItemCount(in range: KeyRange) throws(TrieError) -> Int {
    guard backing != nil else { return 0 }
    return try reading { () throws(TrieError) in
      var nodes: [KeyNibbles] = []
      _ = walk(TrieArena.root, range) { index in
        let terminal = arena.terminal(index)
        if terminal.pointee.kind == .storedNode { nodes.append(terminal.key) }
        return true
      }
      var count = 0
      for node in nodes { count += try storedItemCount(below: node) }
      return count
    }
  }

  /// The greatest key below `bound` that the store holds in the subtree at `key`.
  func lastStoredKey(below key: KeyNibbles, before bound: KeyNibbles) throws(TrieError)
    -> KeyNibbles?
  {
    guard let view = backing?.view else { throw .storage(.closed) }
    guard
      let part = KeyRange(subtree: key).intersection(KeyRange(start: .empty, end: bound))
    else { return nil }
    let found: [UInt8]?
    do throws(StorageError) {
      found = try view.lastKey(in: StoredKey.range(.leaves, part))
    } catch {
      throw .storage(error)
    }
    guard let found else { return nil }
    guard let key = found.withUnsafeBytes({ StoredKey.key(in: $0) }) else {
      throw .unreadableKey(found)
    }
    return key
  }
}
