extension RGAText {
  public mutating func merge(_ other: RGAText) throws(CRDTError) {
    try merge(delta: other.delta(since: version))
  }

  /// Takes in changes. Refuses with `unknownBase` or `gap` what stands on characters that are
  /// neither here nor among them, and with `reusedDot` or `impossibleOrigins` what no replica that
  /// follows the protocol has written.
  public mutating func merge(delta: TextDelta) throws(CRDTError) {
    if delta.insertions.count + delta.deletions.count < 2, hasRoomForRuns {
      try take(delta)
    } else {
      // Leaves share their memory until they are changed.
      var changed = self
      try changed.take(delta)
      // What was read may have more: leaves cut long runs, which the wire form does not.
      guard changed.tree.spanCount <= max(CRDTLimits.textRunsMax, tree.spanCount) else {
        throw Self.tooManyRuns
      }
      self = changed
    }
  }

  /// Takes the runs of a wire form, of which there are not too many, into an empty text.
  mutating func read(_ insertions: [TextInsertion]) throws(CRDTError) {
    try take(TextDelta(insertions: insertions))
  }

  /// What must be here before `insertion`, and is not.
  func missing(for insertion: TextInsertion) -> Dot? {
    let previous = insertion.previous
    if previous > last(of: insertion.first.replica) {
      return Dot(insertion.first.replica, previous)
    }
    if let left = insertion.left, left.counter > last(of: left.replica) { return left }
    if let right = insertion.right, right.counter > last(of: right.replica) { return right }
    return nil
  }

  /// What must be here before a deletion, and is not.
  func missing(for deletion: DotRange) -> Dot? {
    deletion.counters.upperBound > last(of: deletion.replica)
      ? Dot(deletion.replica, deletion.counters.upperBound) : nil
  }

  private mutating func take(_ delta: TextDelta) throws(CRDTError) {
    guard delta.insertions.count <= CRDTLimits.textRunsMax else {
      throw .tooLarge("insertions", limit: CRDTLimits.textRunsMax)
    }
    let order = InsertionOrder(delta.insertions)
    var queues = order.places
    var waiting: [Int: [ReplicaID]] = [:]
    var ready = Array(queues.keys.sorted().reversed())
    while let replica = ready.popLast() {
      while let place = queues[replica]?.first {
        let next = order.insertions[place]
        tree.baseChecks += 1
        if let missing = missing(for: next) {
          // Its turn comes again behind the one that brings this; without one it is refused below.
          if let bringer = order.place(bringing: missing) {
            waiting[bringer, default: []].append(replica)
          }
          break
        }
        try take(next)
        queues[replica]?.removeFirst()
        ready += waiting.removeValue(forKey: place) ?? []
      }
    }
    for replica in queues.keys.sorted() {
      if let place = queues[replica]?.first { throw refusal(for: order.insertions[place]) }
    }
    let deletions = delta.deletions.joined()
    for deletion in deletions {
      if let missing = missing(for: deletion) { throw .unknownBase(missing) }
    }
    for deletion in deletions { delete(deletion) }
  }

  private func refusal(for insertion: TextInsertion) -> CRDTError {
    let replica = insertion.first.replica
    if insertion.previous > last(of: replica) {
      return .gap(replica, expected: last(of: replica) + 1, found: insertion.first.counter)
    }
    return .unknownBase(missing(for: insertion) ?? insertion.first)
  }

  /// Takes in characters whose base is here; those that are here already are left out.
  private mutating func take(_ insertion: TextInsertion) throws(CRDTError) {
    var insertion = insertion
    let last = last(of: insertion.first.replica)
    var deleted: DotRange?
    if insertion.first.counter <= last {
      // What was deleted elsewhere before it was sent is deleted here, too.
      let known = min(last, insertion.last)
      if insertion.text == nil {
        deleted = DotRange(insertion.first.replica, insertion.first.counter...known)
      }
      guard insertion.last > last else {
        if let deleted { delete(deleted) }
        return
      }
      insertion.drop(Int(last - insertion.first.counter) + 1)
    } else if insertion.previous != last {
      throw .reusedDot(insertion.first)
    }
    try checkRoom(for: insertion.length, from: insertion.first)
    let left = try origin(insertion.left)
    let right = try origin(insertion.right)
    let cursor = try gap(for: insertion.first, left: left, right: right)
    let id = TextID(
      agent: place(of: insertion.first.replica), counter: UInt32(insertion.first.counter))
    let span = TextSpan(
      id: id, length: insertion.length, isDeleted: insertion.text == nil, left: left, right: right)
    tree.insert(span, at: cursor, text: insertion.text ?? [])
    // Not before all else was found to be good.
    if let deleted { delete(deleted) }
  }

  private func origin(_ dot: Dot?) throws(CRDTError) -> TextID {
    guard let dot else { return .none }
    guard let id = id(of: dot), tree.contains(id) else { throw .unknownBase(dot) }
    return id
  }

  private mutating func delete(_ range: DotRange) {
    guard let place = places(of: range) else { return }
    var counter = place.counter
    let end = UInt32(clamping: range.counters.upperBound)
    while let next = tree.counter(of: place.agent, after: counter - 1), next <= end,
      let cursor = tree.find(TextID(agent: place.agent, counter: next))
    {
      let taken = tree.delete(at: cursor, length: Int(end - next) + 1).count
      counter = next + UInt32(taken)
    }
  }

  private func places(of range: DotRange) -> TextID? {
    id(of: Dot(range.replica, max(1, range.counters.lowerBound)))
  }

  // MARK: The order of concurrent insertions

  /// The gap between `left` and `right` into which characters of `dot` belong, after those that
  /// others put there without knowing of them.
  private mutating func gap(
    for dot: Dot, left: TextID, right: TextID
  ) throws(CRDTError) -> TextTree.Cursor {
    var cursor = tree.start
    if !left.isNone {
      guard let found = tree.find(left) else { throw .impossibleOrigins(dot) }
      cursor = found
      cursor.offset += 1
    }
    if tree.idBehind(cursor) == right { return cursor }
    let gap = tree.gap(left: left, right: right, agent: id(of: dot)?.agent)
    if let low = gap.leftPlace, let high = gap.rightPlace, low >= high {
      throw .impossibleOrigins(dot)
    }
    return try search(gap, from: cursor, for: dot)
  }

  /// Goes over what stands between the neighbours, run by run, without the leaves and branches in
  /// which nothing can decide.
  private mutating func search(
    _ gap: TextTree.Gap, from start: TextTree.Cursor, for dot: Dot
  ) throws(CRDTError) -> TextTree.Cursor {
    var target = start
    // True behind characters that come after the new ones unless what follows says otherwise.
    var isScanning = false
    var next = tree.before(start)
    while let cursor = next {
      tree.searchSteps += 1
      if !isScanning { target = cursor }
      let span = tree.span(at: cursor)
      let stop = span.offset(of: gap.right)
      if stop == cursor.offset { return target }
      let replica = agents[Int(span.id.agent)]
      // Its own earlier characters were known to whoever wrote it.
      if replica == dot.replica { throw .impossibleOrigins(dot) }
      let otherLeft = cursor.offset > 0 ? span.id(at: cursor.offset - 1) : span.left
      if otherLeft == gap.left {
        if span.right == gap.right {
          if dot.replica < replica { return target }
          isScanning = false
        } else {
          isScanning = tree.isRight(span.right, before: gap.rightPlace)
        }
      } else if tree.isLeft(otherLeft, before: gap.leftPlace) {
        return target
      }
      var behind = cursor
      behind.offset = stop ?? span.length
      if !isScanning { target = behind }
      if stop != nil { return target }
      next = tree.cursor(behind: behind, in: gap, isScanning: isScanning)
      if next == nil, !isScanning { target = tree.end }
    }
    return target
  }
}

/// Insertions in the order of their dots, and which of them brings a character.
private struct InsertionOrder {
  let insertions: [TextInsertion]
  /// Where those of each replica are.
  private(set) var places: [ReplicaID: Range<Int>] = [:]
  /// Up to each, the largest counter of its replica.
  private var reach: [UInt64] = []

  init(_ insertions: [TextInsertion]) {
    self.insertions = insertions.sorted { $0.first < $1.first }
    for (place, insertion) in self.insertions.enumerated() {
      let replica = insertion.first.replica
      let start = places[replica]?.lowerBound ?? place
      places[replica] = start..<place + 1
      reach.append(start < place ? max(reach[place - 1], insertion.last) : insertion.last)
    }
  }

  /// The first after which all characters of its replica up to `dot` are here; nil if none.
  func place(bringing dot: Dot) -> Int? {
    guard let own = places[dot.replica] else { return nil }
    var (low, high) = (own.lowerBound, own.upperBound)
    while low < high {
      let middle = (low + high) / 2
      if reach[middle] >= dot.counter { high = middle } else { low = middle + 1 }
    }
    return low < own.upperBound ? low : nil
  }
}

extension TextInsertion {
  /// Leaves out the first `count` characters, which are fewer than all.
  mutating func drop(_ count: Int) {
    previous = first.counter + UInt64(count) - 1
    left = Dot(first.replica, previous)
    first = Dot(first.replica, first.counter + UInt64(count))
    length -= count
    guard let bytes = text else { return }
    var (offset, seen) = (0, 0)
    while offset < bytes.count {
      if bytes[offset] & 0xc0 != 0x80 { seen += 1 }
      if seen > count { break }
      offset += 1
    }
    text = Array(bytes[offset...])
  }
}
