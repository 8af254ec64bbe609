import Primitives
import Storage

/// The name of one of the chain's records in a store; each kind has a namespace. Numbers are stored
/// most significant byte first, so that records are in the order of heights.
public enum ChainRecord: Hashable, Sendable, CustomStringConvertible {
  /// Where the chain stands.
  case position
  /// A block without its body.
  case block(Hash256)
  /// The transactions of a block that has some.
  case body(Hash256)
  /// The hash of the main chain's block at a height.
  case main(UInt32)
  /// The hashes of the blocks above the last macro block at a height, in the order they came.
  case open(UInt32)
  /// The diff of a block that changes something.
  case diff(UInt32, Hash256)
  /// The frontier over all blocks before the main chain's macro block at a height.
  case history(UInt32)

  /// The kinds of records, in the order in which they are checked.
  enum Kind: Int, CaseIterable {
    case position
    case block
    case body
    case main
    case open
    case diff
    case history

    /// Where the records of the kind are kept.
    var namespace: Namespace { ChainRecord.namespaces[rawValue] }
    /// All records of the kind.
    var all: StoreRange { namespace.all }
  }

  /// The namespaces of a store that a chain's records are in.
  public static let namespaces = Kind.allCases.map { Namespace("chain/\($0)") }

  /// The diffs of the blocks from height `start` on and below `end`.
  static func diffs(from start: UInt32, to end: UInt32) -> StoreRange {
    StoreRange(in: Kind.diff.namespace, from: start.storedBytes, to: end.storedBytes)
  }

  /// The key it is stored under.
  public var key: StoreKey {
    switch self {
    case .position: Kind.position.namespace.key()
    case .block(let hash): Kind.block.namespace.key(hash.bytes)
    case .body(let hash): Kind.body.namespace.key(hash.bytes)
    case .main(let number): Kind.main.namespace.key(number.storedBytes)
    case .open(let number): Kind.open.namespace.key(number.storedBytes)
    case .diff(let number, let hash): Kind.diff.namespace.key(number.storedBytes + hash.bytes)
    case .history(let number): Kind.history.namespace.key(number.storedBytes)
    }
  }

  /// The record of `kind` with this key in its namespace; nil if the chain has no such records.
  init?(_ kind: Kind, key: [UInt8]) {
    let number = UInt32(storedBytes: key)
    let hash = Hash256(bytes: key)
    switch (kind, number, hash) {
    case (.position, _, _) where key.isEmpty: self = .position
    case (.block, _, let hash?): self = .block(hash)
    case (.body, _, let hash?): self = .body(hash)
    case (.main, let number?, _): self = .main(number)
    case (.open, let number?, _): self = .open(number)
    case (.history, let number?, _): self = .history(number)
    case (.diff, _, _):
      guard let number = UInt32(storedBytes: key.prefix(4)),
        let hash = Hash256(bytes: key.dropFirst(4))
      else { return nil }
      self = .diff(number, hash)
    default: return nil
    }
  }

  public var description: String {
    switch self {
    case .position: "the chain's position"
    case .block(let hash): "block \(hash.short)"
    case .body(let hash): "the body of block \(hash.short)"
    case .main(let number): "the main chain's entry at height \(number)"
    case .open(let number): "the list of blocks at height \(number)"
    case .diff(let number, let hash): "the diff of block \(number):\(hash.short)"
    case .history(let number): "the history before block \(number)"
    }
  }
}

extension UInt32 {
  /// Four bytes, most significant first.
  var storedBytes: [UInt8] {
    (0..<4).map { UInt8(truncatingIfNeeded: self >> (24 - 8 * UInt32($0))) }
  }

  /// The number in exactly four bytes, most significant first.
  init?(storedBytes bytes: some Collection<UInt8>) {
    guard bytes.count == 4 else { return nil }
    self = bytes.reduce(0) { $0 << 8 | UInt32($1) }
  }
}
