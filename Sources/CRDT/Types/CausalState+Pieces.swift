/// Pieces of values with a context: present events, one each, and ranges of removed ones.
extension CausalState {
  /// The piece of one event.
  init(_ part: EventStore, of dot: Dot) {
    var context = CausalContext()
    context.insert(dot)
    self.init(part, context)
  }

  init?(removed range: DotRange, of kind: ReplicatedKind) {
    var context = CausalContext()
    context.insert(range)
    self.init(removed: context, of: kind)
  }

  /// An event is called by its dot. A range of removed ones is called by its last dot, and ranked
  /// by its length.
  var pieceName: PieceName? {
    let ranges = context.ranges
    guard ranges.count == 1, let range = ranges.first else { return nil }
    let last = Dot(range.replica, range.counters.upperBound)
    if isRemoval {
      let length = last.counter - range.counters.lowerBound + 1
      return PieceName(key: PieceKey.bytes(.removed, last), rank: length, dots: range)
    }
    guard range.counters.lowerBound == last.counter else { return nil }
    // The part with the one event and nothing else, or else it is none of `decomposed`.
    var parts: [(dot: Dot, store: EventStore)] = []
    store.forEachPart { parts.append(($0, $1)) }
    guard parts.count == 1, parts[0].dot == last, parts[0].store == store else { return nil }
    return PieceName(key: PieceKey.bytes(.present, last), rank: last.counter, dots: range)
  }

  /// Counters that a delta speaks of, with the removed ones beside them.
  private struct Region {
    let replica: ReplicaID
    var counters: ClosedRange<UInt64>
    /// What the delta speaks of.
    var spoken: [ClosedRange<UInt64>]
    /// Ranges of removed events that were held, ascending.
    var removed: [ClosedRange<UInt64>]

    func wasRemoved(_ counter: UInt64) -> Bool {
      var (low, high) = (0, removed.count)
      while low < high {
        let middle = (low + high) / 2
        if removed[middle].upperBound < counter { low = middle + 1 } else { high = middle }
      }
      return low < removed.count && removed[low].contains(counter)
    }
  }

  /// How this delta has changed the pieces of a value.
  func change<Piece: CausalType>(of held: some HeldPieces<Piece>) -> PieceChange<Piece> {
    var parts: [Dot: EventStore] = [:]
    store.forEachPart { parts[$0] = $1 }
    var dots = parts.keys.sorted()[...]
    var change = PieceChange<Piece>()
    for region in regions(in: held) {
      var present: [UInt64] = []
      for range in region.spoken {
        var before: Set<UInt64> = []
        held.visit(
          from: PieceKey.bytes(.present, Dot(region.replica, range.lowerBound)),
          through: PieceKey.bytes(.present, Dot(region.replica, range.upperBound))
        ) { key, _ in
          before.insert(PieceKey.counter(of: key))
          return true
        }
        while let dot = dots.first, dot.replica == region.replica, range.contains(dot.counter),
          let part = parts[dot]
        {
          dots.removeFirst()
          if before.remove(dot.counter) != nil {
            present.append(dot.counter)
            change.come += Self.merged(part, of: dot, in: held)
          } else if !region.wasRemoved(dot.counter) {
            present.append(dot.counter)
            change.come.append(Piece(state: CausalState(part, of: dot)))
          }
        }
        change.gone += before.sorted().map {
          PieceKey.bytes(.present, Dot(region.replica, $0))
        }
      }
      removals(in: region, without: present, &change)
    }
    return change
  }

  /// What a piece becomes if its event comes again: the same, unless its replica used a dot twice.
  private static func merged<Piece: CausalType>(
    _ part: EventStore, of dot: Dot, in held: some HeldPieces<Piece>
  ) -> [Piece] {
    guard let old = held.piece(of: PieceKey.bytes(.present, dot)), old.state.store != part,
      let both = try? Piece.join(old, Piece(state: CausalState(part, of: dot))),
      both.state.pieceName != nil
    else { return [] }
    return [both]
  }

  /// The ranges of the region that are removed now, where they are not as they were.
  private func removals<Piece: CausalType>(
    in region: Region, without present: [UInt64], _ change: inout PieceChange<Piece>
  ) {
    var known = CausalContext()
    known.insert(DotRange(region.replica, region.counters))
    let live = CausalContext(present.map { Dot(region.replica, $0) })
    let before = Set(region.removed)
    var after: Set<ClosedRange<UInt64>> = []
    for range in known.ranges(without: live) {
      after.insert(range.counters)
      guard !before.contains(range.counters) else { continue }
      if let piece = CausalState(removed: range, of: kind) {
        change.come.append(Piece(state: piece))
      }
    }
    for range in region.removed where !after.contains(range) {
      change.gone.append(PieceKey.bytes(.removed, Dot(region.replica, range.upperBound)))
    }
  }

  private func regions<Piece: CausalType>(in held: some HeldPieces<Piece>) -> [Region] {
    var regions: [Region] = []
    for range in context.ranges {
      let (low, high) = (range.counters.lowerBound, range.counters.upperBound)
      var next = Region(
        replica: range.replica, counters: range.counters, spoken: [range.counters], removed: [])
      // From those on that end right before the range.
      held.visit(
        from: PieceKey.bytes(.removed, Dot(range.replica, low - min(low, 1))),
        through: PieceKey.bytes(.removed, Dot(range.replica, .max))
      ) { key, rank in
        let upper = PieceKey.counter(of: key)
        let lower = upper - rank + 1
        guard lower <= high + 1 else { return false }
        next.removed.append(lower...upper)
        return true
      }
      if let first = next.removed.first, let last = next.removed.last {
        next.counters = min(low, first.lowerBound)...max(high, last.upperBound)
      }
      guard let last = regions.last, last.replica == next.replica,
        next.counters.lowerBound <= last.counters.upperBound + 1
      else {
        regions.append(next)
        continue
      }
      let place = regions.count - 1
      let end = last.removed.last?.upperBound ?? 0
      regions[place].counters =
        min(
          last.counters.lowerBound, next.counters.lowerBound)...max(
          last.counters.upperBound, next.counters.upperBound)
      regions[place].spoken += next.spoken
      regions[place].removed += next.removed.filter { $0.upperBound > end }
    }
    return regions
  }
}

extension CausalType {
  public static func name(of piece: Self) -> PieceName? {
    piece.state.kind == kind ? piece.state.pieceName : nil
  }

  public func change(
    of held: some HeldPieces<Self>, by delta: Self
  ) -> PieceChange<Self> {
    delta.state.change(of: held)
  }
}
