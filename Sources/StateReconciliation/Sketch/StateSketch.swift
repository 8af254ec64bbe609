import Ledger
import Primitives
import Reconciliation
import StateTrie

/// The coded symbols of the accounts after one block.
public struct StateSketch: Sendable {
  /// Accounts that are hashed before they go into the symbols together.
  private static let batch = 4_096

  public let names: LeafNames
  public private(set) var prefix: SymbolPrefix<ShortID>
  /// Bytes of all accounts, keys and values, in wire form.
  public private(set) var itemBytes = 0

  /// The symbols of `state` with these names; `length` of them.
  public init(
    _ state: PastState, names: LeafNames, length: Int
  ) throws(LedgerStoreError) {
    self.names = names
    prefix = SymbolPrefix(length: length)
    var bytes = 0
    var made = prefix
    try Self.visit(state, names) { items, names in
      made.apply(names, change: 1)
      bytes += items.reduce(0) { $0 + $1.wireBytes.count }
    }
    prefix = made
    itemBytes = bytes
  }

  /// Makes it `length` symbols long if it is shorter; `state` must be the same.
  public mutating func extend(
    to length: Int, of state: PastState
  ) throws(LedgerStoreError) {
    guard length > prefix.length else { return }
    var failure: LedgerStoreError?
    let names = names
    prefix.extend(to: length) { add in
      do throws(LedgerStoreError) { try Self.visit(state, names) { add($1) } } catch {
        failure = error
      }
    }
    if let failure { throw failure }
  }

  /// The keys of the accounts of `state` with these names.
  public func keys(
    of wanted: Set<ShortID>, in state: PastState
  ) throws(LedgerStoreError) -> [KeyNibbles] {
    var keys: [KeyNibbles] = []
    try Self.visit(state, names) { items, names in
      for (item, name) in zip(items, names) where wanted.contains(name) { keys.append(item.key) }
    }
    return keys
  }

  private static func visit(
    _ state: PastState, _ names: LeafNames, _ body: ([TrieItem], [ShortID]) -> Void
  ) throws(LedgerStoreError) {
    var items: [TrieItem] = []
    try state.forEachItem { item in
      items.append(item)
      if items.count == batch {
        body(items, items.map(names.name))
        items.removeAll(keepingCapacity: true)
      }
      return true
    }
    body(items, items.map(names.name))
  }
}
