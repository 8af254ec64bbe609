import CRDT
import Reconciliation

/// Pieces that have come before what they stand on: sessions bring them in any order.
struct PieceInbox<Value: ReplicatedType>: Sendable {
  /// By the dot that each waits for.
  private var waiting: [ReplicaID: [UInt64: [LatticePiece<Value>]]] = [:]
  private var ids: Set<RecordID> = []

  /// Pieces that wait.
  var count: Int { ids.count }

  /// Merges of `pieces`, and of what has waited for them, all that can be; the rest waits. Gives
  /// what was merged. If it throws, both may be half changed.
  mutating func receive(
    _ pieces: [LatticePiece<Value>], into value: inout Value
  ) throws(CRDTError) -> [Value.Delta] {
    var merged: [Value.Delta] = []
    var open = pieces
    while let next = open.popLast() {
      if let dot = value.missing(for: next.piece) {
        keep(next, for: dot)
        continue
      }
      try value.merge(delta: next.piece)
      merged.append(next.piece)
      if let dots = next.name.dots { open += wake(dots) }
    }
    return merged
  }

  private mutating func keep(_ piece: LatticePiece<Value>, for dot: Dot) {
    guard !ids.contains(piece.entry.record.id) else { return }
    if count >= DeltaLimits.waitingPiecesMax { self = PieceInbox() }
    ids.insert(piece.entry.record.id)
    waiting[dot.replica, default: [:]][dot.counter, default: []].append(piece)
  }

  /// Takes out what has waited for some of the dots that are here now.
  private mutating func wake(_ dots: DotRange) -> [LatticePiece<Value>] {
    guard let pieces = waiting[dots.replica] else { return [] }
    var woken: [LatticePiece<Value>] = []
    for counter in pieces.keys.filter({ dots.counters.contains($0) }).sorted() {
      woken += waiting[dots.replica]?.removeValue(forKey: counter) ?? []
    }
    if waiting[dots.replica]?.isEmpty ?? false { waiting[dots.replica] = nil }
    for piece in woken { ids.remove(piece.entry.record.id) }
    return woken
  }
}
