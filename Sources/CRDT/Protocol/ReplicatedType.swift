import Primitives

/// What makes one change of one replica unlike all others.
public struct Stamp: Sendable, Hashable {
  /// The event: see `ReplicatedType.nextDot(of:)`.
  public let dot: Dot
  /// When it was, by the hybrid clock of its replica. Only `LWWRegister` asks for it.
  public let time: HybridTime
  /// Events of the replica up to this counter may have been forgotten by its store
  /// (`ReplicaIdentity.floor`): a counter does not add to what they counted.
  public let floor: UInt64

  public init(dot: Dot, time: HybridTime, floor: UInt64 = 0) {
    self.dot = dot
    self.time = time
    self.floor = floor
  }
}

/// A value that replicas change apart and merge: the order, number and path of merges do not
/// matter.
///
/// By states: `merge` whole values. By deltas: each change gives a delta, a small part of the
/// lattice that does the same wherever it is merged, together with others, twice, or in another
/// order. By operations: send each delta once, as an operation (`DeltaReceipts` for their order).
public protocol ReplicatedType: WireCodable, Equatable {
  /// What a user asks for.
  associatedtype Operation: Sendable
  /// What a user sees.
  associatedtype Value
  /// What a change gives to be merged elsewhere.
  associatedtype Delta: WireCodable

  /// The value before any change.
  init()

  var value: Value { get }

  /// The dot of the next change by `replica`, if it has forgotten none (`ReplicaIdentity.dot`).
  func nextDot(of replica: ReplicaID) -> Dot

  /// Does `operation` as the replica of `stamp`, and returns what does the same elsewhere. Throws
  /// without any effect.
  mutating func apply(_ operation: Operation, at stamp: Stamp) throws(CRDTError) -> Delta

  /// Takes in what another replica's value has. Throws without any effect.
  mutating func merge(_ other: Self) throws(CRDTError)

  /// Takes in what changes elsewhere gave. Throws without any effect.
  mutating func merge(delta: Delta) throws(CRDTError)

  /// Small deltas that together make this value, its pieces; two replicas that have the same get
  /// the same, in any order.
  func decomposed() -> [Delta]

  /// The name of a piece as `decomposed` gives them; nil if the delta is none.
  static func name(of piece: Delta) -> PieceName?

  /// What must be here before a piece can be merged, and is not; nil if nothing is.
  func missing(for piece: Delta) -> Dot?

  /// What merging `delta`, which is done, has changed in the pieces of this value, of which `held`
  /// were there before.
  func change(
    of held: some HeldPieces<Delta>, by delta: Delta
  ) -> PieceChange<Delta>

  /// The smallest delta that holds what both hold.
  static func join(_ first: Delta, _ second: Delta) throws(CRDTError) -> Delta
}

extension ReplicatedType {
  public static func name(of piece: Delta) -> PieceName? { PieceName(of: piece.wireBytes) }

  public func missing(for piece: Delta) -> Dot? { nil }

  /// The join of deltas, pair by pair, so that large ones are joined few times; nil if there are
  /// none.
  package static func joinedInPairs(_ deltas: [Delta]) throws(CRDTError) -> Delta? {
    var layer = deltas
    while layer.count > 1 {
      var next: [Delta] = []
      for index in stride(from: 0, to: layer.count - 1, by: 2) {
        next.append(try join(layer[index], layer[index + 1]))
      }
      if layer.count % 2 == 1, let last = layer.last { next.append(last) }
      layer = next
    }
    return layer.first
  }

  /// All pieces in place of all others.
  public func change(
    of held: some HeldPieces<Delta>, by delta: Delta
  ) -> PieceChange<Delta> {
    PieceChange(gone: held.keys(), come: decomposed())
  }
}

extension ReplicatedType where Delta == Self {
  public mutating func merge(delta: Self) throws(CRDTError) {
    try merge(delta)
  }

  public static func join(_ first: Self, _ second: Self) throws(CRDTError) -> Self {
    var joined = first
    try joined.merge(second)
    return joined
  }
}
