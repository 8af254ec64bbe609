import MerkleTree
import Primitives
import StateTrie
import Storage

/// A chain in a store that is only looked at.
public enum StoredChain {
  /// Where a stored chain stands, and how much of it there is.
  public struct Statistics: Sendable, Hashable {
    /// The form of the chain's records.
    public var format: UInt32
    public var genesis: Hash256
    public var holdsState: Bool
    public var head: BlockID
    public var macro: BlockID
    public var election: BlockID
    /// The state root that the head's header names.
    public var stateRoot: Hash256
    /// Height from which on diffs are kept.
    public var diffFloor: UInt32
    /// The records of each kind, in the order of their keys.
    public var records: [RecordCount]
  }

  /// How much there is of one kind of record.
  public struct RecordCount: Sendable, Hashable {
    public var name: String
    public var count: Int
    /// Bytes of keys and values.
    public var bytes: Int
  }

  /// Counts what `snapshot` holds of the chain's own records.
  public static func statistics(
    in snapshot: borrowing StoreSnapshot
  ) throws(LedgerStoreError) -> Statistics {
    guard let position = try snapshot.position() else { throw .noChain }
    var records: [RecordCount] = []
    for kind in ChainRecord.Kind.allCases {
      var record = RecordCount(name: "\(kind)", count: 0, bytes: 0)
      try snapshot.each(in: kind.all) { entry in
        record.count += 1
        record.bytes += entry.key.count + entry.value.count
      }
      records.append(record)
    }
    let head = try snapshot.knownBlock(position.head, includeBody: false)
    return Statistics(
      format: StoredPosition.formatVersion, genesis: position.genesis,
      holdsState: position.holdsState, head: position.head, macro: position.macro,
      election: position.election, stateRoot: head.header.stateRoot,
      diffFloor: position.diffFloor, records: records)
  }

  /// Reads every record of the chain and compares each with the others: that it has the form and
  /// the content its name says, that blocks have their parents, histories, bodies and diffs, and
  /// that no record is there that nothing speaks of. Signatures are not checked again.
  ///
  /// - Parameter progress: Called with how much is done, in parts per million.
  /// - Throws: The first difference, with the record it is in.
  public static func check(
    in snapshot: borrowing StoreSnapshot, progress: (Int) -> Void = { _ in }
  ) throws(LedgerStoreError) {
    guard let position = try snapshot.position() else { throw .noChain }
    var check = StoredChainCheck(position: position)
    for kind in ChainRecord.Kind.allCases {
      var done = 0
      let share = 1_000_000 / ChainRecord.Kind.allCases.count
      try snapshot.each(in: kind.all) { (entry) throws(LedgerStoreError) in
        try check.look(at: entry, kind, in: snapshot)
        done += 1
        if done % 256 == 0 {
          progress(
            kind.rawValue * share + check.part(of: entry.key, kind) * share / 1_000_000)
        }
      }
    }
    guard check.top == position.head.number else {
      throw .damaged(.position, "the main chain ends at height \(check.top), not at the head")
    }
    // What opening would find.
    _ = try ChainContent(position, from: snapshot)
    progress(1_000_000)
  }
}

/// What is known while the records are looked at in the order of their keys.
private struct StoredChainCheck {
  let position: StoredPosition
  /// The main chain's block at the height before, and the frontier over all up to and with it, if
  /// that is known.
  private var previous: (id: BlockID, history: MountainFrontier?)?

  init(position: StoredPosition) { self.position = position }

  /// Height of the last main chain block seen.
  var top: UInt32 { previous?.id.number ?? 0 }

  /// How far a key lies in the records of its kind, in parts per million: hashes are spread evenly,
  /// and heights end at the head's.
  func part(of key: [UInt8], _ kind: ChainRecord.Kind) -> Int {
    let start = Int(UInt32(storedBytes: key.prefix(4)) ?? 0)
    switch kind {
    case .block, .body: return start / (Int(UInt32.max) / 1_000_000 + 1)
    default:
      let head = max(1, Int(position.head.number))
      return min(1_000_000, start * 1_000_000 / head)
    }
  }

  mutating func look(
    at entry: StoreEntry, _ kind: ChainRecord.Kind, in snapshot: borrowing StoreSnapshot
  ) throws(LedgerStoreError) {
    guard let record = ChainRecord(kind, key: entry.key) else {
      throw .damaged(
        .position, "there is a record with the key \(Hex.string(entry.key)) in \(kind.namespace)")
    }
    switch record {
    case .position: break
    case .block(let hash): try look(atBlock: hash, in: snapshot)
    case .body(let hash): try look(atBody: hash, in: snapshot)
    case .main(let number):
      guard let hash = try snapshot.mainHash(at: number) else { throw .missing(record) }
      try look(atMain: BlockID(number: number, hash: hash), in: snapshot)
    case .open(let number):
      // The lists are followed when the chain is opened at the end.
      guard number > position.macro.number else {
        throw .damaged(record, "the blocks at this height are final")
      }
    case .diff(let number, let hash): try look(atDiff: number, hash, in: snapshot)
    case .history(let number): try look(atHistory: number, in: snapshot)
    }
  }

  private func look(
    atBlock hash: Hash256, in snapshot: borrowing StoreSnapshot
  ) throws(LedgerStoreError) {
    guard let found = try snapshot.find(hash, includeBody: true) else {
      throw .missing(.block(hash))
    }
    if found.isOnMain { return }
    let number = found.block.number
    let listed: StoredHeight? = try snapshot.record(.open(number))
    guard listed?.blocks.contains(hash) == true else {
      throw .damaged(.block(hash), "neither the main chain nor a list names it")
    }
  }

  private func look(
    atBody hash: Hash256, in snapshot: borrowing StoreSnapshot
  ) throws(LedgerStoreError) {
    let block: StoredBlock? = try snapshot.record(.block(hash))
    guard block?.body == .record else { throw .damaged(.body(hash), "its block has none") }
  }

  private mutating func look(
    atMain id: BlockID, in snapshot: borrowing StoreSnapshot
  ) throws(LedgerStoreError) {
    let block = try snapshot.knownBlock(id, includeBody: false)
    guard id.number <= position.head.number else {
      throw .damaged(.main(id.number), "it is above the head \(position.head)")
    }
    var history: MountainFrontier?
    if let previous, previous.id.number + 1 == id.number {
      guard block.parentHash == previous.id.hash else {
        throw .damaged(.main(id.number), "block \(id) does not follow \(previous.id)")
      }
      history = previous.history
    } else if id.number == 0 {
      guard id.hash == position.genesis else {
        throw .damaged(.main(0), "it does not name the first block")
      }
      history = MountainFrontier()
    } else {
      // Macro sync jumped here.
      guard previous != nil, block.kind.isMacro else {
        throw .damaged(.main(id.number), "the blocks before it are not there")
      }
      history = try snapshot.history(before: id)
    }
    if let history, history.root != block.header.historyRoot {
      throw .damaged(.main(id.number), "the history of block \(id) is another one")
    }
    previous = (id, history?.appending(id.hash))
  }

  private func look(
    atDiff number: UInt32, _ hash: Hash256, in snapshot: borrowing StoreSnapshot
  ) throws(LedgerStoreError) {
    let record = ChainRecord.diff(number, hash)
    let id = BlockID(number: number, hash: hash)
    let block = try snapshot.knownBlock(id, includeBody: false)
    guard let diff = try snapshot.keptDiff(of: id) else { throw .missing(record) }
    guard diff.root == block.diffRoot else {
      throw .damaged(record, "it is not the diff the header commits to")
    }
    guard number >= position.diffFloor else {
      throw .damaged(record, "only diffs from height \(position.diffFloor) on are kept")
    }
  }

  private func look(
    atHistory number: UInt32, in snapshot: borrowing StoreSnapshot
  ) throws(LedgerStoreError) {
    let record = ChainRecord.history(number)
    guard let block = try snapshot.mainBlock(at: number, includeBody: false), block.kind.isMacro,
      let history: MountainFrontier = try snapshot.record(record)
    else { throw .damaged(record, "there is no such macro block on the main chain") }
    guard history.count == Int(number), history.root == block.header.historyRoot else {
      throw .damaged(record, "it is not the history of block \(block.id)")
    }
  }
}

extension StoreSnapshot {
  /// Calls `body` with the records of `range` in the order of keys.
  func each(
    in range: StoreRange, _ body: (StoreEntry) throws(LedgerStoreError) -> Void
  ) throws(LedgerStoreError) {
    var failure: LedgerStoreError?
    do throws(StorageError) {
      try forEach(in: range) { entry throws(StorageError) in
        do throws(LedgerStoreError) { try body(entry) } catch { failure = error }
        return failure == nil
      }
    } catch { throw .storage(error) }
    if let failure { throw failure }
  }
}
