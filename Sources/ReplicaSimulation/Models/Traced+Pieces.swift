import CRDT
import Primitives

/// A traced value in pieces: those of the value, and one for each command of the trace.
extension Traced {
  /// Bytes of the key of a command; no piece of a value has so few.
  fileprivate static var commandKeyBytes: Int { 5 }

  func decomposed() -> [Delta] {
    inner.decomposed().map { Delta($0, Trace()) } + commands(trace)
  }

  /// Pieces of commands, with their stamps as they are here.
  private func commands(_ some: Trace) -> [Delta] {
    some.stamps.keys.sorted().map { number in
      var one = Trace()
      one.stamps[number] = trace.stamps[number]
      return Delta(nil, one)
    }
  }

  static func name(of piece: Delta) -> PieceName? {
    if let inner = piece.inner {
      return piece.trace.stamps.isEmpty ? Inner.name(of: inner) : nil
    }
    guard piece.trace.stamps.count == 1, let number = piece.trace.stamps.keys.first,
      let number = UInt32(exactly: number)
    else { return nil }
    let bytes = (0..<4).map { UInt8(truncatingIfNeeded: number >> (24 - 8 * $0)) }
    return PieceName(key: [0] + bytes)
  }

  func missing(for piece: Delta) -> Dot? { piece.inner.flatMap { inner.missing(for: $0) } }

  func change(of held: some HeldPieces<Delta>, by delta: Delta) -> PieceChange<Delta> {
    var change = PieceChange(come: commands(delta.trace))
    if let part = delta.inner {
      let other = inner.change(of: InnerPieces<Inner, _>(held: held), by: part)
      change.gone = other.gone
      change.come += other.come.map { Delta($0, Trace()) }
    }
    return change
  }
}

/// The pieces of the value alone.
private struct InnerPieces<Inner: SimulatedType, Held: HeldPieces<Traced<Inner>.Delta>>:
  HeldPieces
{
  let held: Held

  func visit(
    from first: [UInt8], through last: [UInt8], _ body: ([UInt8], UInt64) -> Bool
  ) {
    held.visit(from: first, through: last) { key, rank in
      key.count == Traced<Inner>.commandKeyBytes || body(key, rank)
    }
  }

  func piece(of key: [UInt8]) -> Inner.Delta? { held.piece(of: key)?.inner }
}
