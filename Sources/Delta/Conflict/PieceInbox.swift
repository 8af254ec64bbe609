import CRDT
import Reconciliation

/// Pieces that have come before what they stand on: sessions bring them in any order.
struct PieceInbox<Value: ReplicatedType>: Sendable {
  /// By the dot that each waits for.
  private var waiting: [ReplicaID: [UInt64: [LatticePiece<Value>]]] = [:]
  private var ids: Set<RecordID> = []

  /// Dots that were looked at to find what waits for them: what it costs.
  private(set) var looked = 0

  /// Pieces that wait.
  var count: Int { ids.count }

  /// Merges of `pieces`, and of what has waited for them, all that can be; the rest waits. Gives
  /// what was merged. If it throws, both may be half changed. What has waited and is refused is
  /// dropped: it may be of another peer than `pieces`.
  mutating func receive(
    _ pieces: [LatticePiece<Value>], into value: inout Value
  ) throws(CRDTError) -> [Value.Delta] {
    var merged: [Value.Delta] = []
    for piece in pieces {
      if let dot = value.missing(for: piece.piece) {
        keep(piece, for: dot)
        continue
      }
      try value.merge(delta: piece.piece)
      merged.append(piece.piece)
      if let dots = piece.name.dots { merge(wake(dots), into: &value, &merged) }
    }
    return merged
  }

  /// Merges what has waited for what is here by now, whichever way that came. Gives what was
  /// merged.
  mutating func retry(into value: inout Value) -> [Value.Delta] {
    var ready: [LatticePiece<Value>] = []
    for (replica, pieces) in waiting {
      for (counter, pieces) in pieces {
        looked += 1
        guard let first = pieces.first, value.missing(for: first.piece) != Dot(replica, counter)
        else { continue }
        ready += wake(DotRange(replica, counter...counter))
      }
    }
    var merged: [Value.Delta] = []
    merge(ready, into: &value, &merged)
    return merged
  }

  /// Merges what has waited, and what has waited for it.
  private mutating func merge(
    _ woken: [LatticePiece<Value>], into value: inout Value, _ merged: inout [Value.Delta]
  ) {
    var open = woken
    while let next = open.popLast() {
      if let dot = value.missing(for: next.piece) {
        keep(next, for: dot)
        continue
      }
      guard (try? value.merge(delta: next.piece)) != nil else { continue }
      merged.append(next.piece)
      if let dots = next.name.dots { open += wake(dots) }
    }
  }

  private mutating func keep(_ piece: LatticePiece<Value>, for dot: Dot) {
    guard !ids.contains(piece.entry.record.id) else { return }
    if count >= DeltaLimits.waitingPiecesMax {
      waiting = [:]
      ids = []
    }
    ids.insert(piece.entry.record.id)
    waiting[dot.replica, default: [:]][dot.counter, default: []].append(piece)
  }

  /// Takes out what has waited for some of the dots that are here now.
  private mutating func wake(_ dots: DotRange) -> [LatticePiece<Value>] {
    guard let pieces = waiting[dots.replica] else { return [] }
    // What is shorter: the range, or what waits. A difference, since a range may be that of all
    // counters.
    let isShort = dots.counters.upperBound - dots.counters.lowerBound < UInt64(pieces.count)
    let counters = isShort ? Array(dots.counters) : pieces.keys.sorted()
    looked += counters.count
    var woken: [LatticePiece<Value>] = []
    for counter in counters where dots.counters.contains(counter) {
      woken += waiting[dots.replica]?.removeValue(forKey: counter) ?? []
    }
    if waiting[dots.replica]?.isEmpty ?? false { waiting[dots.replica] = nil }
    for piece in woken { ids.remove(piece.entry.record.id) }
    return woken
  }
}
