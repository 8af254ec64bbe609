import Primitives
import Storage

/// The name of one of the chain's records in a store. Numbers are stored most significant byte
/// first, so that records are in the order of heights.
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

  /// The first bytes of the records' keys.
  enum Prefix: UInt8, CaseIterable {
    case position = 0x20
    case block
    case body
    case main
    case open
    case diff
    case history
  }

  /// All records of the chain: 0x20…0x2f.
  static let all = StoreRange(from: [0x20], to: [0x30])

  /// All records of one kind.
  static func all(_ prefix: Prefix) -> StoreRange { .prefix([prefix.rawValue]) }

  /// The diffs of the blocks from height `start` on and below `end`.
  static func diffs(from start: UInt32, to end: UInt32) -> StoreRange {
    StoreRange(
      from: [Prefix.diff.rawValue] + start.storedBytes, to: [Prefix.diff.rawValue] + end.storedBytes
    )
  }

  /// The key it is stored under.
  public var key: [UInt8] {
    switch self {
    case .position: [Prefix.position.rawValue]
    case .block(let hash): [Prefix.block.rawValue] + hash.bytes
    case .body(let hash): [Prefix.body.rawValue] + hash.bytes
    case .main(let number): [Prefix.main.rawValue] + number.storedBytes
    case .open(let number): [Prefix.open.rawValue] + number.storedBytes
    case .diff(let number, let hash):
      [Prefix.diff.rawValue] + number.storedBytes + hash.bytes
    case .history(let number): [Prefix.history.rawValue] + number.storedBytes
    }
  }

  /// The record with this key; nil if the chain has no such records.
  init?(key: [UInt8]) {
    guard let first = key.first, let prefix = Prefix(rawValue: first) else { return nil }
    let rest = key.dropFirst()
    let number = UInt32(storedBytes: rest)
    let hash = Hash256(bytes: rest)
    switch (prefix, number, hash) {
    case (.position, _, _) where rest.isEmpty: self = .position
    case (.block, _, let hash?): self = .block(hash)
    case (.body, _, let hash?): self = .body(hash)
    case (.main, let number?, _): self = .main(number)
    case (.open, let number?, _): self = .open(number)
    case (.history, let number?, _): self = .history(number)
    case (.diff, _, _):
      guard let number = UInt32(storedBytes: rest.prefix(4)),
        let hash = Hash256(bytes: rest.dropFirst(4))
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
