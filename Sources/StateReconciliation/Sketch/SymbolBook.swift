import Ledger
import Primitives
import Reconciliation
import StateTrie

/// The coded symbols of the head's state, kept current with every block, and those of the last
/// macro blocks. A value.
///
/// A block costs what it changes: the old and the new name of each account go into the symbols they
/// are part of. A block that is taken back costs the same once more. Of a macro block a copy stays.
public struct SymbolBook: Sendable {
  /// What one block has changed.
  private struct Change {
    let parent: BlockID
    let gone: [ShortID]
    let come: [ShortID]
  }

  /// How accounts are named.
  public let names: LeafNames
  /// The block whose state the symbols are of.
  public private(set) var head: BlockID
  private var live: SymbolPrefix<ShortID>
  /// Blocks that can be taken back, oldest first.
  private var changes: [Change] = []
  private var changedNames = 0
  /// Macro blocks, oldest first.
  private var shelf: [(block: Hash256, prefix: SymbolPrefix<ShortID>)] = []
  private let changedNamesMax: Int
  /// Names that were written since the symbols were made: two for each changed account at most.
  public private(set) var written = 0

  /// - Parameters:
  ///   - prefix: the symbols after `block`, of accounts with these names.
  ///   - isMacro: whether that is a macro block.
  ///   - changedNamesMax: names of changed accounts that are kept to take blocks back.
  public init(
    _ prefix: SymbolPrefix<ShortID>, _ names: LeafNames, at block: BlockID, isMacro: Bool,
    changedNamesMax: Int = StateReconciliationLimits.changedNamesMax
  ) {
    self.names = names
    live = prefix
    head = block
    self.changedNamesMax = changedNamesMax
    if isMacro { shelve() }
  }

  /// Symbols that are kept of each state.
  public var length: Int { live.length }

  /// The symbols after a block; nil if they are not of its state.
  public func prefix(after block: Hash256) -> SymbolPrefix<ShortID>? {
    block == head.hash ? live : shelf.last { $0.block == block }?.prefix
  }

  /// How many symbols are kept of a state with so many accounts.
  public static func length(for items: Int) -> Int {
    let most = StateReconciliationLimits.symbolBytesKept / MemoryLayout<CodedSymbol<ShortID>>.stride
    return min(max(items / 2, StateReconciliationLimits.symbolsMin), most)
  }

  /// Whether the state has grown so much that more symbols should be kept of it.
  public var isShort: Bool { Self.length(for: live.itemCount) >= 2 * length }

  /// Goes on to a child of the head, which changed the state by `diff`.
  public mutating func extend(to block: BlockID, isMacro: Bool, by diff: TrieDiff) {
    var (gone, come): ([ShortID], [ShortID]) = ([], [])
    for entry in diff.entries {
      if let old = entry.old { gone.append(names.name(of: TrieItem(key: entry.key, value: old))) }
      if let new = entry.new { come.append(names.name(of: TrieItem(key: entry.key, value: new))) }
    }
    write(gone: gone, come: come)
    if isMacro {
      // All up to it is final.
      (changes, changedNames) = ([], 0)
    } else {
      changes.append(Change(parent: head, gone: gone, come: come))
      changedNames += gone.count + come.count
      forgetTooMany()
    }
    head = block
    if isMacro { shelve() }
  }

  /// Goes back to the head's parent. False if that is not kept; then nothing has changed.
  public mutating func revert() -> Bool {
    guard let last = changes.popLast() else { return false }
    changedNames -= last.gone.count + last.come.count
    write(gone: last.come, come: last.gone)
    head = last.parent
    return true
  }

  private mutating func write(gone: [ShortID], come: [ShortID]) {
    for name in gone { live.remove(name) }
    for name in come { live.add(name) }
    written += gone.count + come.count
  }

  private mutating func forgetTooMany() {
    var count = 0
    for change in changes where changedNames > changedNamesMax {
      changedNames -= change.gone.count + change.come.count
      count += 1
    }
    changes.removeFirst(count)
  }

  private mutating func shelve() {
    shelf.append((head.hash, live))
    if shelf.count > StateReconciliationLimits.shelvesMax { shelf.removeFirst() }
  }
}
