import Primitives

extension RGAText {
  /// Where a neighbour is, as far as it follows from the order.
  private enum Neighbour: UInt8 {
    /// The character that stands there now.
    case adjacent = 0
    /// None.
    case edge = 1
    /// The neighbour on the same side of the run before.
    case same = 2
    /// Another one, which is written.
    case other = 3
  }

  /// The columns of the wire form.
  private struct Columns {
    var replicas = WireEncoder()
    var counters = WireEncoder()
    var lengths = WireEncoder()
    var sides = WireEncoder()
    var others = WireEncoder()
  }

  /// See `Docs/CRDT.md`: the byte 11, the replicas, the runs in the order of the text by columns,
  /// the visible text.
  public func encode(to encoder: inout WireEncoder) {
    let spans = tree.spans
    let used = Set(spans.map(\.id.agent)).map { agents[Int($0)] }.sorted()
    var numbers = [Int](repeating: 0, count: agents.count)
    for (number, replica) in used.enumerated() {
      if let id = id(of: Dot(replica, 1)) { numbers[Int(id.agent)] = number }
    }
    encoder.append(byte: ReplicatedKind.text.rawValue)
    encoder.append(count: used.count)
    for replica in used { encoder.append(replica) }
    encoder.append(count: spans.count)
    var columns = Columns()
    var ends = [UInt32](repeating: 1, count: agents.count)
    for (index, span) in spans.enumerated() {
      let agent = Int(span.id.agent)
      columns.replicas.append(count: numbers[agent])
      columns.counters.append(signed: Int64(span.id.counter) - Int64(ends[agent]))
      ends[agent] = span.end
      columns.lengths.append(varint: UInt64(span.length) << 1 | (span.isDeleted ? 1 : 0))
      let before = index > 0 ? spans[index - 1] : nil
      let behind = index + 1 < spans.count ? spans[index + 1] : nil
      let left = Self.side(
        span.left, adjacent: before.map { $0.id(at: $0.length - 1) } ?? .none,
        same: before?.left)
      let right = Self.side(span.right, adjacent: behind?.id ?? .none, same: before?.right)
      columns.sides.append(byte: left.rawValue << 4 | right.rawValue)
      for (side, id) in [(left, span.left), (right, span.right)] where side == .other {
        columns.others.append(count: numbers[Int(id.agent)])
        columns.others.append(signed: Int64(id.counter) - Int64(span.id.counter))
      }
    }
    for column in [
      columns.replicas, columns.counters, columns.lengths, columns.sides, columns.others,
    ] {
      encoder.append(raw: column.bytes)
    }
    encoder.append(tree.text)
  }

  private static func side(_ id: TextID, adjacent: TextID, same: TextID?) -> Neighbour {
    if id == adjacent { return .adjacent }
    if id.isNone { return .edge }
    return id == same ? .same : .other
  }

  /// Reads the runs, inserts them by the rule that replicas follow, and refuses what that would
  /// have ordered otherwise or made one.
  public init(from decoder: inout WireDecoder) throws(WireError) {
    let start = decoder.offset
    try decoder.kind(.text)
    let replicas = try Self.replicas(from: &decoder)
    let count = try decoder.count(elementBytes: 4, limit: CRDTLimits.textRunsMax)
    var runs = try Self.runs(count, replicas: replicas.count, from: &decoder)
    try Self.resolveSides(of: &runs, replicas: replicas.count, from: &decoder)
    let textOffset = decoder.offset
    let text = try decoder.bytes()
    guard let insertions = Self.insertions(runs, replicas: replicas, text: text) else {
      throw .invalidValue("the text does not fit its runs", at: textOffset)
    }
    self.init()
    do throws(CRDTError) {
      try read(insertions)
    } catch {
      throw .invalidValue("no text can have these runs: \(error)", at: start)
    }
    guard tree.text == text, tree.spans.elementsEqual(runs, by: { isSame($0, $1, replicas) })
    else { throw .invalidValue("no text has its runs in this order", at: start) }
  }

  private func isSame(_ span: TextSpan, _ run: TextSpan, _ replicas: [ReplicaID]) -> Bool {
    func isSame(_ mine: TextID, _ other: TextID) -> Bool {
      mine.isNone || other.isNone
        ? mine.isNone == other.isNone
        : mine.counter == other.counter && agents[Int(mine.agent)] == replicas[Int(other.agent)]
    }
    return isSame(span.id, run.id) && isSame(span.left, run.left) && isSame(span.right, run.right)
      && span.length == run.length && span.isDeleted == run.isDeleted
  }

  static func replicas(from decoder: inout WireDecoder) throws(WireError) -> [ReplicaID] {
    let count = try decoder.count(elementBytes: 8, limit: CRDTLimits.replicasMax)
    var replicas: [ReplicaID] = []
    for _ in 0..<count {
      let start = decoder.offset
      let replica = try decoder.value(ReplicaID.self)
      if let last = replicas.last, last >= replica { throw .keysNotIncreasing(at: start) }
      replicas.append(replica)
    }
    return replicas
  }

  /// The runs with the numbers of their replicas, without their neighbours.
  private static func runs(
    _ count: Int, replicas: Int, from decoder: inout WireDecoder
  ) throws(WireError) -> [TextSpan] {
    var places: [UInt32] = []
    places.reserveCapacity(count)
    var isUsed = [Bool](repeating: false, count: replicas)
    for _ in 0..<count {
      let place = try decoder.number(below: replicas)
      isUsed[place] = true
      places.append(UInt32(place))
    }
    guard isUsed.allSatisfy({ $0 }) else {
      throw .invalidValue("a replica without characters", at: decoder.offset)
    }
    var starts: [Int64] = []
    starts.reserveCapacity(count)
    for _ in 0..<count { starts.append(try decoder.signed()) }
    var ends = [Int64](repeating: 1, count: replicas)
    var runs: [TextSpan] = []
    runs.reserveCapacity(count)
    var total = 0
    for index in 0..<count {
      let start = decoder.offset
      let length = try decoder.uint64()
      let place = Int(places[index])
      guard length >> 1 > 0, length >> 1 <= UInt64(CRDTLimits.textCharactersMax - total) else {
        throw .lengthTooLarge(length >> 1, limit: CRDTLimits.textCharactersMax, at: start)
      }
      total += Int(length >> 1)
      let (counter, isTooHigh) = ends[place].addingReportingOverflow(starts[index])
      guard !isTooHigh, counter > 0, counter < Int64(UInt32.max) - Int64(length >> 1) else {
        throw .invalidValue("a counter is not within 32 bits", at: start)
      }
      ends[place] = counter + Int64(length >> 1)
      runs.append(
        TextSpan(
          id: TextID(agent: places[index], counter: UInt32(counter)), length: Int(length >> 1),
          isDeleted: length & 1 == 1, left: .none, right: .none))
    }
    return runs
  }

  /// Reads the neighbours of the runs.
  private static func resolveSides(
    of runs: inout [TextSpan], replicas: Int, from decoder: inout WireDecoder
  ) throws(WireError) {
    let sides = try decoder.raw(runs.count)
    let first = sides.startIndex
    for index in runs.indices {
      let start = decoder.offset
      guard let left = Neighbour(rawValue: sides[first + index] >> 4),
        let right = Neighbour(rawValue: sides[first + index] & 15)
      else {
        throw .invalidCase(UInt64(sides[first + index]), of: "Neighbour", at: start)
      }
      let before = index > 0 ? runs[index - 1] : nil
      let behind = index + 1 < runs.count ? runs[index + 1] : nil
      let run = runs[index]
      runs[index].left = try id(
        left, adjacent: before.map { $0.id(at: $0.length - 1) } ?? .none, same: before?.left,
        of: run, replicas: replicas, from: &decoder)
      runs[index].right = try id(
        right, adjacent: behind?.id ?? .none, same: before?.right, of: run, replicas: replicas,
        from: &decoder)
    }
  }

  private static func id(
    _ side: Neighbour, adjacent: TextID, same: TextID?, of run: TextSpan, replicas: Int,
    from decoder: inout WireDecoder
  ) throws(WireError) -> TextID {
    let start = decoder.offset
    var id = TextID.none
    switch side {
    case .adjacent: return adjacent
    case .edge: break
    case .same: id = same ?? .none
    case .other:
      let place = try decoder.number(below: replicas)
      let (counter, isTooHigh) = Int64(run.id.counter)
        .addingReportingOverflow(try decoder.signed())
      guard !isTooHigh, let counter = UInt32(exactly: counter), counter > 0 else {
        throw .invalidValue("a counter is not within 32 bits", at: start)
      }
      id = TextID(agent: UInt32(place), counter: counter)
    }
    guard Self.side(id, adjacent: adjacent, same: same) == side else {
      throw .invalidValue("a neighbour has a shorter form", at: start)
    }
    return id
  }

  /// The runs as insertions, in the order of their dots; nil if the text does not fit them.
  private static func insertions(
    _ runs: [TextSpan], replicas: [ReplicaID], text: [UInt8]
  ) -> [TextInsertion]? {
    func dot(_ id: TextID) -> Dot? {
      id.isNone ? nil : Dot(replicas[Int(id.agent)], UInt64(id.counter))
    }
    guard String(validating: text, as: UTF8.self) != nil else { return nil }
    var insertions: [TextInsertion] = []
    insertions.reserveCapacity(runs.count)
    var offset = 0
    for run in runs {
      let start = offset
      for _ in 0..<run.visible {
        guard offset < text.count else { return nil }
        offset += 1
        while offset < text.count, text[offset] & 0xc0 == 0x80 { offset += 1 }
      }
      insertions.append(
        TextInsertion(
          first: Dot(replicas[Int(run.id.agent)], UInt64(run.id.counter)), length: run.length,
          previous: 0, left: dot(run.left), right: dot(run.right),
          text: run.isDeleted ? nil : Array(text[start..<offset])))
    }
    guard offset == text.count else { return nil }
    insertions.sort { $0.first < $1.first }
    for index in insertions.indices.dropFirst()
    where insertions[index - 1].first.replica == insertions[index].first.replica {
      insertions[index].previous = insertions[index - 1].last
    }
    return insertions
  }
}

extension WireEncoder {
  /// A signed integer in zigzag form: 0, -1, 1, -2 are 0, 1, 2, 3.
  mutating func append(signed value: Int64) {
    append(varint: UInt64(bitPattern: value << 1 ^ value >> 63))
  }
}

extension WireDecoder {
  mutating func signed() throws(WireError) -> Int64 {
    let value = try uint64()
    return Int64(bitPattern: value >> 1 ^ (0 &- (value & 1)))
  }

  /// The number of something of which there are `count`.
  mutating func number(below count: Int) throws(WireError) -> Int {
    let start = offset
    let value = try uint64()
    guard value < UInt64(count) else {
      throw .lengthTooLarge(value, limit: count - 1, at: start)
    }
    return Int(value)
  }
}
