import Primitives
import Storage

extension StateTrie {
  /// Loads what stands on the path of `key`, down to its value. To be called before anything is
  /// read or changed there.
  func load(_ key: KeyNibbles) throws(TrieError) {
    var ref = TrieArena.root
    while true {
      let depth = arena.inners[ref.index].depth
      guard depth < key.count else { return }
      let slot = key[depth]
      let child = arena.inners[ref.index].children[slot]
      guard child != .none, arena.key(of: child).isPrefix(of: key) else { return }
      if !child.isTerminal {
        ref = child
      } else if arena.terminal(child.index).pointee.kind.isStored {
        ref = try reading { () throws(TrieError) in try loadChild(slot, of: ref) }
        if ref.isTerminal { return }
      } else {
        return
      }
    }
  }

  /// Loads the paths of many keys out of one snapshot.
  func load(_ keys: some Sequence<KeyNibbles>) throws(TrieError) {
    guard backing != nil else { return }
    try reading { () throws(TrieError) in
      for key in keys { try load(key) }
    }
  }

  /// Puts the stored leaf or node of a slot into memory.
  private func loadChild(_ slot: Int, of parent: NodeRef) throws(TrieError) -> NodeRef {
    let old = arena.inners[parent.index].children[slot]
    let key = arena.key(of: old)
    let hash = arena.terminal(old.index).pointee.hash
    let new: NodeRef
    if arena.terminal(old.index).pointee.kind == .storedLeaf {
      let value = try loadValue(of: key)
      guard value.withUnsafeBytes({ hasher.leaf(key, $0) }) == hash else {
        throw .damaged(.leaves, key, "its hash is not the one its node says")
      }
      new = makeClean(key, .leaf, value, hash)
    } else {
      let record = try loadRecord(of: key)
      if hash != .zero, record.hash != hash {
        throw .damaged(.nodes, key, "its hash is not the one its parent says")
      }
      let ownValue = record.own == .held ? try loadOwnValue(record) : nil
      new = arena.makeInner(key: key)
      install(record, ownValue, hash, into: new)
    }
    arena.inners[parent.index].children[slot] = new
    arena.free(old)
    return new
  }

  private func loadValue(of key: KeyNibbles) throws(TrieError) -> [UInt8] {
    guard let value = try record(.leaves, key) else {
      throw .damaged(.leaves, key, "it is not there, but its node is")
    }
    return value
  }

  private func loadRecord(of key: KeyNibbles) throws(TrieError) -> NodeRecord {
    guard let bytes = try record(.nodes, key) else {
      throw .damaged(.nodes, key, "it is not there, but its parent is")
    }
    let record = try NodeRecord(bytes, at: key)
    if let problem = contradiction(record) { throw .damaged(.nodes, key, problem) }
    return record
  }

  /// What a record says that cannot be, considering what is missing.
  private func contradiction(_ record: NodeRecord) -> String? {
    let key = record.node.key
    if record.own != .none, missing.contains(key) == (record.own == .held) {
      return "its value is held or missing against the missing ranges"
    }
    for (slot, child) in record.node.children.enumerated() {
      guard let child, let childKey = key.appending(child.suffix) else { continue }
      let isKnown = child.hash != .zero
      let fits =
        switch record.child(slot) {
        case .inner: isKnown || missing.intersects(KeyRange(subtree: childKey))
        case .leaf: isKnown && !missing.contains(childKey)
        case .stump: isKnown && missing.contains(KeyRange(subtree: childKey))
        case .sealed: missing.contains(childKey)
        }
      if !fits { return "child \(childKey) stands against the missing ranges, or has no hash" }
    }
    return nil
  }

  private func loadOwnValue(_ record: NodeRecord) throws(TrieError) -> [UInt8] {
    let value = try loadValue(of: record.node.key)
    guard case .hybridHash(Blake2b256.hash(value)) = record.node.value else {
      throw .damaged(.leaves, record.node.key, "its hash is not the one its node says")
    }
    return value
  }

  /// A terminal that is as the store has it.
  private func makeClean(
    _ key: KeyNibbles, _ kind: TerminalNode.Kind, _ value: [UInt8], _ hash: Hash256
  ) -> NodeRef {
    let ref = value.withUnsafeBytes {
      arena.makeTerminal(key: key, kind: kind, value: $0, hash: hash)
    }
    arena.terminal(ref.index).pointee.isUnsaved = false
    if kind == .leaf { backing?.count(valueBytes: value.count) }
    return ref
  }

  /// Fills an inner node that has no children yet. A zero `hash` is an unknown one.
  private func install(
    _ record: NodeRecord, _ ownValue: [UInt8]?, _ hash: Hash256, into ref: NodeRef
  ) {
    let key = record.node.key
    if case .hybridHash(let valueHash) = record.node.value {
      let kind: TerminalNode.Kind = ownValue == nil ? .sealedValue : .leaf
      let bytes = ownValue ?? record.ownLeafHash?.bytes ?? []
      let own = makeClean(key, kind, bytes, valueHash)
      arena.inners[ref.index].own = own
    }
    var sealed = record.sealedHashes.makeIterator()
    var count: UInt8 = 0
    for (slot, child) in record.node.children.enumerated() {
      // The length was checked when the record was read.
      guard let child, let childKey = key.appending(child.suffix) else { continue }
      count += 1
      let made: NodeRef
      switch record.child(slot) {
      case .inner: made = makeClean(childKey, .storedNode, [], child.hash)
      case .leaf: made = makeClean(childKey, .storedLeaf, [], child.hash)
      case .stump: made = makeClean(childKey, .stump, [], child.hash)
      case .sealed:
        made = makeClean(
          childKey, .sealedValue, child.hash == .zero ? [] : child.hash.bytes,
          sealed.next() ?? .zero)
      }
      arena.inners[ref.index].children[slot] = made
    }
    let node = arena.inners + ref.index
    node.pointee.childCount = count
    node.pointee.hash = hash
    if hash != .zero { node.pointee.markHashed() }
    node.pointee.isUnsaved = false
  }

  /// Makes memory what the store holds: the root, and unless `onlyRoot`, all paths into places
  /// that are missing, so that from then on what is not in memory is held in whole.
  ///
  /// An empty store stands for a trie that has no keys besides the missing ones.
  func reload(onlyRoot: Bool = false) throws(TrieError) {
    guard let backing else { return }
    backing.forgetChanges()
    backing.longValueBytes = 0
    arena = TrieArena()
    try reading { () throws(TrieError) in
      guard let state = try storedState() else {
        missing = backing.missingAtFirst
        uncharted = missing
        itemCount = 0
        backing.savedMissing = .none
        backing.savedUncharted = .none
        return
      }
      missing = state.missing
      uncharted = state.uncharted
      itemCount = state.itemCount
      serial = state.serial
      nextSerial = max(nextSerial, state.nextSerial)
      backing.savedMissing = missing
      backing.savedUncharted = uncharted
      backing.savedSerial = serial
      install(try loadRecord(of: .empty), nil, .zero, into: TrieArena.root)
      if !onlyRoot { try loadPartlyMissing(TrieArena.root) }
    }
  }

  private func loadPartlyMissing(_ ref: NodeRef) throws(TrieError) {
    guard !missing.isEmpty else { return }
    for slot in 0..<StateTrieLimits.childrenMax {
      var child = arena.inners[ref.index].children[slot]
      guard child != .none else { continue }
      if child.isTerminal {
        let terminal = arena.terminal(child.index)
        guard terminal.pointee.kind.isStored,
          terminal.pointee.hash == .zero || missing.intersects(KeyRange(subtree: terminal.key))
        else { continue }
        child = try loadChild(slot, of: ref)
      }
      if !child.isTerminal { try loadPartlyMissing(child) }
    }
  }
}
