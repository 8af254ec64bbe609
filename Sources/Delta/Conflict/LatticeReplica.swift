import CRDT
import Locking
import Primitives
import Reconciliation
import Runtime

/// A replicated value as a set of records, one for each piece of its join decomposition, so that
/// sessions of reconciliation bring two of them together without a log and without sending either
/// whole (ConflictSync, arXiv 2505.01144).
///
/// Equal values have equal pieces, and so equal roots. A piece that another one holds (an older
/// count, an element that was removed) is no record any more once the other one is merged. Records,
/// trees and coded symbols follow each change by the pieces that it changes.
public final class LatticeReplica<Value: ReplicatedType>: Replica {
  fileprivate struct State: Sendable {
    var value: Value
    var content: MemoryReplica.Content
    var inbox = PieceInbox<Value>()
    /// Whether the value was changed by other ways than pieces since what waits was looked at.
    var isStale = false
    var salts: RandomStream
    let piecesMax: Int
    var written = 0
  }

  private let state: Lock<State>

  /// - Parameters:
  ///   - value: what it holds at first: a value, not a part of one.
  ///   - symbols: coded symbols that are kept current.
  ///   - depthMax: levels of the Merkle tree, the same on all replicas.
  ///   - piecesMax: pieces that it holds at most, if the first value has no more: a change above
  ///     that is refused, but one delta may go above it by what it has more than
  ///     `DeltaLimits.deltaPiecesMax`.
  ///   - salts: from which the salts of comparisons are drawn.
  public init(
    _ value: Value = Value(), symbols: Int = ReconciliationLimits.cachedSymbols,
    depthMax: Int = 20, piecesMax: Int = DeltaLimits.piecesMax, salts: RandomStream
  ) {
    let pieces = Self.pieces(value.decomposed())
    var content = MemoryReplica.Content(symbols: symbols, depthMax: depthMax)
    for piece in pieces { content.set(piece.entry) }
    state = Lock(
      State(
        value: value, content: content, salts: salts, piecesMax: piecesMax, written: pieces.count))
  }

  fileprivate static func pieces(_ deltas: [Value.Delta]) -> [LatticePiece<Value>] {
    deltas.map { delta in
      guard let piece = LatticePiece<Value>(delta) else {
        preconditionFailure("a decomposition has what is no piece: \(delta)")
      }
      return piece
    }
  }

  /// What it holds now.
  public var value: Value { state.withLock { $0.value } }

  /// Pieces of the value.
  public var count: Int { state.withLock { $0.content.records.table.count } }

  /// Pieces that wait for what they stand on.
  public var waitingCount: Int { state.withLock { $0.inbox.count } }

  /// The ids of all records.
  var recordIDs: Set<RecordID> { state.withLock { Set($0.content.values.keys) } }

  /// Pieces that were encoded and hashed so far: what its upkeep costs.
  package var written: Int { state.withLock { $0.written } }

  /// Dots that were looked at so far to find what waits for them.
  package var looked: Int { state.withLock { $0.inbox.looked } }

  /// Does `operation` as the replica of the stamp, and returns what does the same elsewhere.
  /// - Parameter stamp: is told the value, whose next dot it may need.
  @discardableResult
  public func apply(
    _ operation: Value.Operation, at stamp: (Value) -> Stamp
  ) throws(CRDTError) -> Value.Delta {
    let result = state.withLock { state in
      Result { () throws(CRDTError) in
        try state.change { value throws(CRDTError) in
          try value.apply(operation, at: stamp(value))
        }
      }
    }
    return try result.get()
  }

  /// Takes in what changes elsewhere gave.
  public func merge(delta: Value.Delta) throws(CRDTError) {
    let result = state.withLock { state in
      Result { () throws(CRDTError) in
        _ = try state.change { value throws(CRDTError) in
          try value.merge(delta: delta)
          return delta
        }
      }
    }
    try result.get()
  }

  /// Changes the value in a way of which there is no delta (a whole value merged, removed events
  /// forgotten). All pieces are made anew.
  public func change(_ body: (inout Value) throws(CRDTError) -> Void) throws(CRDTError) {
    let result = state.withLock { state in
      Result { () throws(CRDTError) in
        var changed = state.value
        try body(&changed)
        let held = RecordedPieces<Value>(content: state.content).keys()
        try state.replace(changed, PieceChange(gone: held, come: changed.decomposed()))
      }
    }
    try result.get()
  }

  public func view() -> any ReplicaView {
    let (content, salt) = state.withLock { state in
      state.retry()
      state.content.settle()
      return (state.content, SipKey(low: state.salts.next(), high: state.salts.next()))
    }
    return MemoryReplicaView(content, salt: salt)
  }

  /// Joins pieces, all or nothing. Those that stand on what is not here wait for it, and are no
  /// records before. Refuses to drop any.
  public func apply(
    _ entries: [SyncEntry], dropping: [RecordID]
  ) async throws(LatticeError) -> any ReplicaView {
    try join(entries, dropping: dropping)
    return view()
  }

  /// See `apply(_:dropping:)`.
  package func join(_ entries: [SyncEntry], dropping: [RecordID] = []) throws(LatticeError) {
    guard dropping.isEmpty else { throw .dropping(dropping.count) }
    var pieces: [LatticePiece<Value>] = []
    for entry in entries { pieces.append(try LatticePiece(entry)) }
    let result = state.withLock { [pieces] state in
      Result { () throws(LatticeError) in try state.join(pieces) }
    }
    try result.get()
  }
}

extension LatticeReplica.State {
  fileprivate mutating func join(
    _ pieces: [LatticePiece<Value>]
  ) throws(LatticeError) {
    retry()
    // Each may be new.
    let count = content.records.table.count + inbox.count + pieces.count
    guard count <= piecesMax else { throw .tooManyPieces(count, limit: piecesMax) }
    written += pieces.count
    do throws(CRDTError) {
      if inbox.count == 0, !pieces.contains(where: { value.missing(for: $0.piece) != nil }) {
        guard let delta = try Value.joinedInPairs(pieces.map(\.piece)) else { return }
        try value.merge(delta: delta)
        follow(delta)
        return
      }
      var (changed, waiting) = (value, inbox)
      let delta = try Value.joinedInPairs(try waiting.receive(pieces, into: &changed))
      (value, inbox) = (changed, waiting)
      if let delta { follow(delta) }
    } catch { throw .refused(error) }
  }

  /// Makes a change of which there is a delta. Refuses one that would make too many pieces.
  fileprivate mutating func change(
    _ body: (inout Value) throws(CRDTError) -> Value.Delta
  ) throws(CRDTError) -> Value.Delta {
    isStale = true
    // A copy costs as much as all of the value, so one is made only where there is little room.
    guard content.records.table.count > piecesMax - DeltaLimits.deltaPiecesMax else {
      let delta = try body(&value)
      follow(delta)
      return delta
    }
    var changed = value
    let delta = try body(&changed)
    try replace(changed, changed.change(of: RecordedPieces<Value>(content: content), by: delta))
    return delta
  }

  /// Takes a changed value with its pieces, if they are not too many.
  fileprivate mutating func replace(
    _ changed: Value, _ change: PieceChange<Value.Delta>
  ) throws(CRDTError) {
    let come = LatticeReplica.pieces(change.come)
    let kept = Set(come.map(\.name.key))
    let held = content.records.table.count
    let gone = Set(change.gone).subtracting(kept).count
    let new = kept.count { content.records.table.record(of: $0) == nil }
    // One that has too many already may have fewer.
    guard held - gone + new <= max(held, piecesMax) else {
      throw .tooLarge("pieces of a value", limit: piecesMax)
    }
    isStale = true
    value = changed
    take(come, gone: change.gone)
  }

  /// What waits may stand on what has come by other ways than pieces.
  fileprivate mutating func retry() {
    guard isStale else { return }
    isStale = false
    guard inbox.count > 0 else { return }
    for delta in inbox.retry(into: &value) { follow(delta) }
  }

  /// Lets the records follow a delta that the value has taken in.
  fileprivate mutating func follow(_ delta: Value.Delta) {
    let change = value.change(of: RecordedPieces<Value>(content: content), by: delta)
    take(LatticeReplica.pieces(change.come), gone: change.gone)
  }

  private mutating func take(_ come: [LatticePiece<Value>], gone: [[UInt8]]) {
    written += come.count
    let kept = Set(come.map(\.name.key))
    var hasChanged = false
    for key in gone where !kept.contains(key) {
      content.remove(key: key)
      hasChanged = true
    }
    for piece in come {
      if content.values[piece.entry.record.id] != nil { continue }
      content.set(piece.entry)
      hasChanged = true
    }
    if hasChanged { content.revision += 1 }
  }
}
