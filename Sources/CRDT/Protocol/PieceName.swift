import Primitives

/// The place of one piece of a join decomposition among the others of its value.
public struct PieceName: Sendable, Hashable {
  /// Pieces of two values have one key only if they speak of the same. Pieces of one replica are in
  /// the order of their counters. At most 17 bytes.
  public let key: [UInt8]
  /// Of two pieces with one key, that with the larger rank holds what the other one holds; equal
  /// where that does not follow.
  public let rank: UInt64
  /// The events that it brings, if it is of events that have an order.
  public let dots: DotRange?

  package init(key: [UInt8], rank: UInt64 = 0, dots: DotRange? = nil) {
    self.key = key
    self.rank = rank
    self.dots = dots
  }

  /// The first half of the hash of `bytes` as a key, for pieces that have no place of their own.
  init(of bytes: [UInt8]) {
    self.init(key: Array(Blake2b256.hash(bytes).wireBytes.prefix(16)))
  }
}

/// Keys of pieces that are about counters of a replica.
enum PieceKey {
  /// What is first in a key.
  enum Tag: UInt8 {
    /// A present event, a share, or the first of a run of characters.
    case present = 1
    /// The last of a range of removed events.
    case removed = 2
  }

  /// The tag, the replica and the counter (8 bytes each, most significant first).
  static func bytes(_ tag: Tag, _ dot: Dot) -> [UInt8] {
    var encoder = WireEncoder()
    encoder.append(byte: tag.rawValue)
    encoder.append(dot.replica)
    encoder.append(ReplicaID(dot.counter))
    return encoder.bytes
  }

  /// The counter of a key.
  static func counter(of key: [UInt8]) -> UInt64 {
    key.suffix(8).reduce(0) { $0 << 8 | UInt64($1) }
  }
}

/// The pieces of a value that somebody keeps, as they were before a change.
public protocol HeldPieces<Piece> {
  associatedtype Piece
  /// Calls `body` with the keys `first`…`last` that are held and the ranks of their pieces,
  /// ascending, until it says false.
  func visit(
    from first: [UInt8], through last: [UInt8], _ body: (_ key: [UInt8], _ rank: UInt64) -> Bool)
  /// The piece of a key; nil if there is none.
  func piece(of key: [UInt8]) -> Piece?
}

extension HeldPieces {
  /// All keys that are held.
  package func keys() -> [[UInt8]] {
    var keys: [[UInt8]] = []
    visit(from: [], through: [UInt8](repeating: .max, count: 18)) { key, _ in
      keys.append(key)
      return true
    }
    return keys
  }
}

/// How the pieces of a value change with it.
public struct PieceChange<Piece: Sendable>: Sendable {
  /// Keys of pieces that are no more, unless one of `come` has that key.
  public var gone: [[UInt8]] = []
  /// Pieces that are new, or have taken the place of those with their key.
  public var come: [Piece] = []

  public init(gone: [[UInt8]] = [], come: [Piece] = []) {
    self.gone = gone
    self.come = come
  }
}
