import MerkleTree
import Primitives
import StateTrie
import Storage

/// Finds the chain that a store holds, or begins one in it.
struct ChainOpening {
  let genesis: Genesis
  let options: BlockchainOptions
  let verifier: any SignatureVerifier
  let executedBlocks: ExecutedBlocks?
  let store: any KeyValueStore

  func open(_ initial: InitialState, hubs: ChainHubs) throws(LedgerStoreError) -> ChainState {
    let found = try store.look { (snapshot) throws(LedgerStoreError) in
      try restored(from: snapshot, initial)
    }
    guard let found else { return try created(initial, hubs: hubs) }
    return state(found, trie: try openTrie(initial), hubs: hubs)
  }

  private func state(
    _ content: ChainContent, trie: StateTrie?, hubs: ChainHubs
  ) -> ChainState {
    ChainState(
      genesis: genesis, options: options, verifier: verifier, executedBlocks: executedBlocks,
      hubs: hubs, content: content, trie: trie, store: store)
  }

  /// A chain at its genesis block, stored in one transaction.
  private func created(
    _ initial: InitialState, hubs: ChainHubs
  ) throws(LedgerStoreError) -> ChainState {
    let trie = try openTrie(initial)
    let state = state(ChainContent(genesis), trie: trie, hubs: hubs)
    do throws(PushError) {
      try state.change(genesis.hash) { () throws(PushError) in
        state.changes?.note(block: genesis.block.id)
        state.changes?.note(main: 0)
        state.changes?.note(historyBefore: 0)
        state.changes?.isTrieChanged = trie != nil
        if initial == .complete, let trie { try fill(trie) }
      }
    } catch {
      guard case .storage(let failure) = error.kind else {
        preconditionFailure("a genesis could not be stored: \(error)")
      }
      throw failure
    }
    return state
  }

  /// What the blocks' records say; nil if the store has neither blocks nor state.
  private func restored(
    from snapshot: borrowing StoreSnapshot, _ initial: InitialState
  ) throws(LedgerStoreError) -> ChainContent? {
    guard let position = try snapshot.position() else {
      for namespace in ChainRecord.namespaces + StateTrie.namespaces {
        guard try snapshot.all(in: namespace.all, limit: 1).isEmpty else { throw .foreignRecords }
      }
      return nil
    }
    guard position.genesis == genesis.hash else {
      throw .otherChain(found: position.genesis, expected: genesis.hash)
    }
    guard position.holdsState == (initial != .none) else {
      throw .otherUse(holdsState: position.holdsState)
    }
    return try ChainContent(position, from: snapshot)
  }
}

extension ChainContent {
  /// The chain that stands at `position`. Checks that each block is what its name says, follows its
  /// parent, and has the history its header commits to; not what was checked when it was pushed.
  init(
    _ position: StoredPosition, from snapshot: borrowing StoreSnapshot
  ) throws(LedgerStoreError) {
    let macro = try Self.checkpoint(position.macro, from: snapshot)
    let election = try Self.checkpoint(position.election, from: snapshot)
    guard let history = macro.history else { throw .missing(.history(macro.block.number)) }
    guard history.count == Int(macro.block.number), history.root == macro.header.historyRoot else {
      throw .damaged(
        .history(macro.block.number), "it is not the history of block \(macro.block.id)")
    }
    guard election.block.kind == .election, let validators = election.block.nextValidators else {
      throw .damaged(.position, "block \(election.block.id) is no election block")
    }
    self.init(macro: macro, election: election, validators: validators)
    diffFloor = position.diffFloor
    for entry in try snapshot.all(in: ChainRecord.Kind.open.all) {
      guard let record = ChainRecord(.open, key: entry.key), case .open(let number) = record else {
        throw .damaged(.position, "a list of blocks has a key of \(entry.key.count) bytes")
      }
      for hash in try StoredHeight(stored: entry.value, as: record).blocks {
        let id = BlockID(number: number, hash: hash)
        try add(openBlock: id, needsDiff: position.holdsState, from: snapshot)
      }
    }
    try setHead(position.head, from: snapshot)
  }

  /// A macro block of the main chain.
  private static func checkpoint(
    _ id: BlockID, from snapshot: borrowing StoreSnapshot
  ) throws(LedgerStoreError) -> BlockEntry {
    let block = try snapshot.knownBlock(id, includeBody: true)
    guard block.kind.isMacro else { throw .damaged(.position, "block \(id) is no macro block") }
    guard try snapshot.mainHash(at: id.number) == id.hash else {
      throw .damaged(.main(id.number), "it does not name block \(id)")
    }
    var entry = BlockEntry(block, history: try snapshot.history(before: id), diff: .empty)
    entry.isOnMain = true
    return entry
  }

  private mutating func add(
    openBlock id: BlockID, needsDiff: Bool, from snapshot: borrowing StoreSnapshot
  ) throws(LedgerStoreError) {
    let block = try snapshot.knownBlock(id, includeBody: true)
    // Parents come first, since heights do; only the last macro block is not above itself.
    guard id.number > macroHead.number, blocks[id.hash] == nil,
      let parent = blocks[block.parentHash], parent.block.number + 1 == id.number,
      let before = parent.history
    else { throw .damaged(.open(id.number), "block \(id) follows no block it could follow") }
    let history = before.appending(parent.block.hash)
    guard history.root == block.header.historyRoot else {
      throw .damaged(.block(id.hash), "its history is not that of its parent")
    }
    var diff = try snapshot.keptDiff(of: id)
    if let diff, diff.root != block.diffRoot {
      throw .damaged(.diff(id.number, id.hash), "it is not the diff the header commits to")
    }
    if block.diffRoot == BlockRules.emptyDiffRoot { diff = .empty }
    var entry = BlockEntry(block, history: history, diff: diff)
    entry.isOnMain = try snapshot.mainHash(at: id.number) == id.hash
    if entry.isOnMain {
      guard parent.isOnMain else {
        throw .damaged(.main(id.number), "its block \(id) does not follow the main chain")
      }
      guard !needsDiff || diff != nil else { throw .missing(.diff(id.number, id.hash)) }
      main[id.number] = id.hash
    }
    add(entry)
  }

  private mutating func setHead(
    _ id: BlockID, from snapshot: borrowing StoreSnapshot
  ) throws(LedgerStoreError) {
    // The main chain was followed up from the last macro block, so there is no gap below.
    guard let entry = blocks[id.hash], entry.isOnMain, entry.block.number == id.number,
      id.number >= macroHead.number
    else { throw .damaged(.position, "the head \(id) is not on the main chain") }
    guard id.number == .max || main[id.number + 1] == nil else {
      throw .damaged(.main(id.number + 1), "it is above the head \(id)")
    }
    head = entry.block
  }
}
