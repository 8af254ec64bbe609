/// Pieces of a text: runs of characters, cut at multiples of
/// `CRDTLimits.textPieceCharacters`, so that a change is about few of them.
extension RGAText {
  public func decomposed() -> [TextDelta] {
    var pieces: [TextDelta] = []
    for replica in version.replicas {
      var next = block(of: replica, after: 0)
      while let block = next {
        pieces += self.pieces(in: block)
        next = self.block(of: replica, after: block.counters.upperBound)
      }
    }
    return pieces
  }

  /// A piece is called by its first character.
  public static func name(of piece: TextDelta) -> PieceName? {
    guard piece.insertions.count == 1, piece.deletions.isEmpty,
      let run = piece.insertions.first,
      run.first.counter / CRDTLimits.textPieceCharacters
        == run.last / CRDTLimits.textPieceCharacters
    else { return nil }
    return PieceName(
      key: PieceKey.bytes(.present, run.first),
      dots: DotRange(run.first.replica, run.first.counter...run.last))
  }

  public func missing(for piece: TextDelta) -> Dot? {
    for insertion in piece.insertions {
      if let missing = missing(for: insertion) { return missing }
    }
    for deletion in piece.deletions {
      if let missing = missing(for: deletion) { return missing }
    }
    return nil
  }

  public func change(
    of held: some HeldPieces<TextDelta>, by delta: TextDelta
  ) -> PieceChange<TextDelta> {
    var change = PieceChange<TextDelta>()
    var seen: Set<DotRange> = []
    let ranges =
      delta.insertions.map { DotRange($0.first.replica, $0.first.counter...$0.last) }
      + delta.deletions
    // Each block once, however many changes are about it.
    for range in ranges.joined() {
      var next = block(of: range.replica, after: max(1, range.counters.lowerBound) - 1)
      while let block = next, block.counters.lowerBound <= range.counters.upperBound {
        next = self.block(of: range.replica, after: block.counters.upperBound)
        guard seen.insert(block).inserted else { continue }
        var old: [[UInt8]] = []
        held.visit(
          from: PieceKey.bytes(.present, Dot(block.replica, block.counters.lowerBound)),
          through: PieceKey.bytes(.present, Dot(block.replica, block.counters.upperBound))
        ) { key, _ in
          old.append(key)
          return true
        }
        var kept: Set<[UInt8]> = []
        for piece in pieces(in: block) {
          let key = PieceKey.bytes(.present, piece.insertions[0].first)
          kept.insert(key)
          if held.piece(of: key) != piece { change.come.append(piece) }
        }
        change.gone += old.filter { !kept.contains($0) }
      }
    }
    return change
  }

  /// The counters of the first block of a replica that has a character behind `counter`.
  private func block(of replica: ReplicaID, after counter: UInt64) -> DotRange? {
    guard let place = id(of: Dot(replica, 1))?.agent, let counter = UInt32(exactly: counter),
      counter < .max, let next = tree.counter(of: place, after: counter)
    else { return nil }
    let length = CRDTLimits.textPieceCharacters
    let start = UInt64(next) / length * length
    return DotRange(replica, start...start + length - 1)
  }

  /// The pieces of a block.
  private func pieces(in block: DotRange) -> [TextDelta] {
    guard let place = id(of: Dot(block.replica, 1))?.agent else { return [] }
    let end = UInt32(clamping: block.counters.upperBound)
    var runs: [TextInsertion] = []
    var last = UInt32(max(1, block.counters.lowerBound)) - 1
    while let counter = tree.counter(of: place, after: last), counter <= end,
      let cursor = tree.find(TextID(agent: place, counter: counter))
    {
      let run = insertion(at: cursor, length: Int(end - counter) + 1)
      last = UInt32(run.last)
      if let before = runs.last, before.isContinued(by: run) {
        runs[runs.count - 1].append(run)
      } else {
        runs.append(run)
      }
    }
    return runs.map { TextDelta(insertions: [$0]) }
  }

  /// The characters behind a cursor that stands before one, within its span and up to `length`.
  private func insertion(at cursor: TextTree.Cursor, length: Int) -> TextInsertion {
    let span = tree.span(at: cursor)
    let taken = min(length, span.length - cursor.offset)
    let id = span.id(at: cursor.offset)
    return TextInsertion(
      first: Dot(agents[Int(id.agent)], UInt64(id.counter)), length: taken,
      previous: UInt64(tree.counter(of: id.agent, before: id.counter)),
      left: dot(of: cursor.offset > 0 ? span.id(at: cursor.offset - 1) : span.left),
      right: dot(of: span.right),
      text: span.isDeleted ? nil : tree.text(at: cursor, length: taken))
  }
}
