import Primitives
import StateTrie
import Storage

/// Which of the chain's records have to be written again: what has changed since the last commit.
///
/// Only names are noted. What is to be stored under them is read from the chain when the change is
/// over, so that a record always says what the chain knows.
struct ChainChanges {
  private(set) var blocks: [Hash256: UInt32] = [:]
  private(set) var diffs: [Hash256: UInt32] = [:]
  private(set) var main: Set<UInt32> = []
  private(set) var open: Set<UInt32> = []
  private(set) var histories: Set<UInt32> = []
  /// True if the trie has something to save.
  var isTrieChanged = false

  /// True if there is nothing to write.
  var isEmpty: Bool { !hasRecords && !isTrieChanged }

  /// True if one of the chain's own records changes.
  var hasRecords: Bool {
    !(blocks.isEmpty && diffs.isEmpty && main.isEmpty && open.isEmpty && histories.isEmpty)
  }

  /// A block came or went, with all that belongs to it.
  mutating func note(block: BlockID) {
    blocks[block.hash] = block.number
    diffs[block.hash] = block.number
    open.insert(block.number)
  }

  /// A block's diff came or went.
  mutating func note(diffOf block: BlockID) { diffs[block.hash] = block.number }

  /// Another block, or none, is on the main chain at a height.
  mutating func note(main number: UInt32) { main.insert(number) }

  /// Another list of blocks, or none, is open at a height.
  mutating func note(open number: UInt32) { open.insert(number) }

  /// The history before a macro block is kept from now on, or not any more.
  mutating func note(historyBefore number: UInt32) { histories.insert(number) }
}

/// Records to be stored, and those to be removed.
struct RecordChanges {
  private var puts: [(key: StoreKey, value: [UInt8])] = []
  private var removals: [StoreKey] = []

  mutating func set(_ record: ChainRecord, _ value: (some WireCodable)?) {
    set(record, bytes: value?.wireBytes)
  }

  mutating func set(_ record: ChainRecord, bytes: [UInt8]?) {
    if let bytes {
      puts.append((record.key, bytes))
    } else {
      removals.append(record.key)
    }
  }

  /// Writes all in the order of keys: near ones share pages, and the order is the same in each run.
  func write(to transaction: inout StoreTransaction) throws(StorageError) {
    for key in removals.sorted() { try transaction.delete(key) }
    for (key, value) in puts.sorted(by: { $0.key < $1.key }) { try transaction.put(key, value) }
  }
}

extension ChainState {
  /// What the noted changes come to.
  func records(of changes: ChainChanges) -> RecordChanges {
    var records = RecordChanges()
    // What is set here is sorted by key when it is written.
    for (hash, _) in changes.blocks {
      let block = blocks[hash]?.block
      let stored = block.map { StoredBlock($0) }
      records.set(.block(hash), stored)
      records.set(.body(hash), stored?.body == .record ? block?.body : nil)
    }
    for (hash, number) in changes.diffs {
      let diff = blocks[hash]?.diff
      records.set(.diff(number, hash), diff?.entries.isEmpty == false ? diff : nil)
    }
    for number in changes.main {
      records.set(.main(number), bytes: main[number]?.bytes)
    }
    for number in changes.open {
      records.set(.open(number), open[number].map { StoredHeight($0) })
    }
    for number in changes.histories {
      let entry = main[number].flatMap { blocks[$0] }
      records.set(.history(number), entry?.block.kind.isMacro == true ? entry?.history : nil)
    }
    if changes.hasRecords { records.set(.position, position) }
    return records
  }

  /// Where the chain stands.
  var position: StoredPosition {
    StoredPosition(
      genesis: genesisHash, holdsState: trie != nil, head: head.id, macro: macroHead.id,
      election: electionHead.id, diffFloor: diffFloor)
  }
}
