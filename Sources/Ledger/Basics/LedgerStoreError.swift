import Primitives
import StateTrie
import Storage

/// Why a chain could not be opened in a store, read from it or written to it.
///
/// A struct over a private enum, so that cases can be added; `reason` is stable and made for logs.
public struct LedgerStoreError: Error, Hashable, Sendable, CustomStringConvertible {
  private enum Kind: Hashable {
    case storage(StorageError)
    case damaged(record: String, fault: String)
    case missing(record: String)
    case otherChain(found: Hash256, expected: Hash256)
    case newerFormat(found: UInt32, known: UInt32)
    case otherUse(holdsState: Bool)
    case noChain
    case foreignRecords
  }

  private let kind: Kind

  /// The store could not do what it was asked; nothing of the change is stored.
  public static func storage(_ error: StorageError) -> LedgerStoreError {
    LedgerStoreError(kind: .storage(error))
  }
  /// A record does not fit its name, its form or the others: the store must be given up.
  public static func damaged(_ record: ChainRecord, _ fault: String) -> LedgerStoreError {
    LedgerStoreError(kind: .damaged(record: record.description, fault: fault))
  }
  /// The state's records do not fit: the store must be given up.
  static func damagedState(_ fault: String) -> LedgerStoreError {
    LedgerStoreError(kind: .damaged(record: "the state", fault: fault))
  }
  /// A record that another one speaks of is not there: the store must be given up.
  public static func missing(_ record: ChainRecord) -> LedgerStoreError {
    LedgerStoreError(kind: .missing(record: record.description))
  }
  /// The store holds a chain with another first block: name another store.
  public static func otherChain(found: Hash256, expected: Hash256) -> LedgerStoreError {
    LedgerStoreError(kind: .otherChain(found: found, expected: expected))
  }
  /// A newer program wrote the chain's records: use that one.
  public static func newerFormat(found: UInt32, known: UInt32) -> LedgerStoreError {
    LedgerStoreError(kind: .newerFormat(found: found, known: known))
  }
  /// The store holds a chain with state though one without was asked for, or the other way round.
  public static func otherUse(holdsState: Bool) -> LedgerStoreError {
    LedgerStoreError(kind: .otherUse(holdsState: holdsState))
  }
  /// The store holds no chain.
  public static let noChain = LedgerStoreError(kind: .noChain)
  /// The store has blocks or state, but nothing that says where the chain stands.
  public static let foreignRecords = LedgerStoreError(kind: .foreignRecords)

  /// What the store said, if it was the store.
  public var storage: StorageError? {
    if case .storage(let error) = kind { error } else { nil }
  }

  /// Stable snake_case name of the case.
  public var reason: String {
    switch kind {
    case .storage(let error): error.reason
    case .damaged: "damaged_record"
    case .missing: "missing_record"
    case .otherChain: "other_chain"
    case .newerFormat: "newer_format"
    case .otherUse: "other_use"
    case .noChain: "no_chain"
    case .foreignRecords: "foreign_records"
    }
  }

  public var description: String {
    switch kind {
    case .storage(let error): error.description
    case .damaged(let record, let fault): "\(record) is damaged: \(fault)"
    case .missing(let record): "\(record) is not in the store"
    case .otherChain(let found, let expected):
      "the store holds the chain of block \(found.short), not of \(expected.short)"
    case .newerFormat(let found, let known):
      "the chain has format \(found), this program knows formats up to \(known)"
    case .otherUse(let holdsState):
      "the store holds a chain \(holdsState ? "with" : "without") state"
    case .noChain: "the store holds no chain"
    case .foreignRecords: "the store has blocks or state, but does not say where a chain stands"
    }
  }
}

extension LedgerStoreError {
  /// What a trie says of its store; the error must be of that kind.
  package init(_ error: TrieError) {
    self = error.storageError.map(Self.storage) ?? .damagedState(error.description)
  }
}

extension TrieError {
  /// True if the store failed, and not what was asked of the trie.
  package var isOfStore: Bool { storageError != nil || isDamage }
}
