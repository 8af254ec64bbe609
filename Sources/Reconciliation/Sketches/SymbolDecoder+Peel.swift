extension SymbolDecoder {
  /// Symbols that may hold one item, each at most once, and a mark for each symbol that is among
  /// them. Both are put down without a branch, for nobody can foretell it.
  @usableFromInline
  struct Waiting {
    @usableFromInline let queue: UnsafeMutablePointer<Int32>
    @usableFromInline let marks: UnsafeMutablePointer<UInt8>
    @usableFromInline var count = 0

    @inlinable
    init(queue: UnsafeMutablePointer<Int32>, marks: UnsafeMutablePointer<UInt8>) {
      self.queue = queue
      self.marks = marks
    }

    @inlinable
    @inline(__always)
    mutating func push(_ index: Int, if condition: Bool) {
      let wanted: UInt8 = condition ? 1 : 0
      queue[count] = Int32(truncatingIfNeeded: index)
      count &+= Int(wanted & ~marks[index])
      marks[index] |= wanted
    }

    @inlinable
    @inline(__always)
    mutating func pop() -> Int {
      count &-= 1
      let index = Int(queue[count])
      marks[index] = 0
      return index
    }
  }

  /// Takes out items that are alone in a symbol until there is none, four at a time. Ends early if
  /// there are more than symbols.
  @inlinable
  mutating func peel(from start: Int) {
    let length = symbolCount
    withUnsafeTemporaryAllocation(of: Int32.self, capacity: length + 1) { queue in
      withUnsafeTemporaryAllocation(of: UInt8.self, capacity: length + 1) { marks in
        marks.initialize(repeating: 0)
        // The symbol that stands for others is never looked at.
        marks[length] = 1
        var waiting = Waiting(queue: queue.baseAddress!, marks: marks.baseAddress!)
        for index in start..<length { waiting.push(index, if: cells[index].mayBePure) }
        while waiting.count > 0, found.count <= length, mistakes <= length {
          peelFour(&waiting)
        }
      }
    }
    cells[length] = CodedSymbol()
  }

  /// Takes out the items of up to four symbols.
  @inlinable
  @inline(__always)
  mutating func peelFour(_ waiting: inout Waiting) {
    let mask = mask
    let end = Double(symbolCount)
    let none = SymbolLane<Item>(nil, change: 0, end: end)
    var lanes = SymbolLanes(none, none, none, none)
    var sources = SIMD4<Int32>(repeating: -1)
    var count = 0
    var hits = (false, false, false, false)
    cells.withUnsafeMutableBufferPointer { cells in
      while count < 4, waiting.count > 0 {
        let index = waiting.pop()
        let cell = cells[index]
        // It may have changed since it was put there, or have the item that another lane has.
        guard cell.mayBePure else { continue }
        let lane = SymbolLane(cell.sum, change: -cell.count, end: end, checksumMask: mask)
        guard lane.checksum == cell.checksum, !lanes.contains(lane.item, among: count) else {
          continue
        }
        lanes.set(lane, at: count)
        sources[count] = Int32(truncatingIfNeeded: index)
        count += 1
      }
      guard count > 0 else { return }
      let symbols = cells.baseAddress!
      let (a, b) = (Int(sources[0]), Int(sources[1]))
      let (c, d) = (Int(sources[2]), Int(sources[3]))
      while !lanes.isOver(end: end) {
        hits.0 = Self.step(&lanes.a, end, symbols, &waiting, source: a) || hits.0
        hits.1 = Self.step(&lanes.b, end, symbols, &waiting, source: b) || hits.1
        hits.2 = Self.step(&lanes.c, end, symbols, &waiting, source: c) || hits.2
        hits.3 = Self.step(&lanes.d, end, symbols, &waiting, source: d) || hits.3
      }
    }
    if count > 0 { settle(lanes.a, &waiting, isItem: hits.0) }
    if count > 1 { settle(lanes.b, &waiting, isItem: hits.1) }
    if count > 2 { settle(lanes.c, &waiting, isItem: hits.2) }
    if count > 3 { settle(lanes.d, &waiting, isItem: hits.3) }
  }

  /// Removes an item from the symbol at hand and goes to the next; gives whether that symbol was
  /// `source`.
  @inlinable
  @inline(__always)
  static func step(
    _ lane: inout SymbolLane<Item>, _ end: Double,
    _ symbols: UnsafeMutablePointer<CodedSymbol<Item>>, _ waiting: inout Waiting, source: Int
  ) -> Bool {
    let index = lane.index
    lane.step(end: end, symbols: symbols)
    waiting.push(index, if: symbols[index].mayBePure)
    return index == source
  }

  /// Keeps an item that was taken out; if it is not part of the symbol where it was alone, several
  /// items were there, and their sum goes back.
  @inlinable
  mutating func settle(_ lane: SymbolLane<Item>, _ waiting: inout Waiting, isItem: Bool) {
    guard !isItem else {
      found.append(Found(lane))
      return
    }
    mistakes += 1
    let end = UInt64(symbolCount)
    var mapping = RatelessMapping(seed: lane.item.mappingSeed)
    while mapping.index < end {
      let index = Int(truncatingIfNeeded: mapping.index)
      cells[index].apply(lane.item, checksum: lane.checksum, change: -lane.change)
      waiting.push(index, if: cells[index].mayBePure)
      mapping.advance()
    }
  }
}
