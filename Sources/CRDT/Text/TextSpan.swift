/// The id of a character within one text: the place of its replica in the text's own list, and the
/// counter of its dot. Half as large as a dot.
struct TextID: Hashable {
  var agent: UInt32
  var counter: UInt32

  /// Beside the first and the last character.
  static let none = TextID(agent: .max, counter: 0)

  var isNone: Bool { agent == .max }
}

/// Characters that one replica typed one after another and that stand side by side, all there or
/// all deleted. Each but the first was typed behind the one before it; all have the same right
/// neighbour at the time.
struct TextSpan {
  var id: TextID
  /// Negative if the characters are deleted.
  private var signedLength: Int32
  /// What stood left of the first character when it was typed.
  var left: TextID
  /// What stood right of it, deleted or not.
  var right: TextID

  init(id: TextID, length: Int, isDeleted: Bool, left: TextID, right: TextID) {
    self.id = id
    signedLength = Int32(isDeleted ? -length : length)
    self.left = left
    self.right = right
  }

  var isDeleted: Bool { signedLength < 0 }
  /// Characters.
  var length: Int { Int(signedLength.magnitude) }
  /// Characters that are not deleted.
  var visible: Int { Int(max(0, signedLength)) }
  /// The counter behind the last one.
  var end: UInt32 { id.counter + signedLength.magnitude }

  func id(at offset: Int) -> TextID {
    TextID(agent: id.agent, counter: id.counter + UInt32(offset))
  }

  /// The offset of a character, nil if it is not one of these.
  func offset(of other: TextID) -> Int? {
    guard other.agent == id.agent, other.counter >= id.counter, other.counter < end else {
      return nil
    }
    return Int(other.counter - id.counter)
  }

  mutating func delete() { signedLength = -Int32(signedLength.magnitude) }

  /// Cuts off and returns what is at `offset` and behind.
  mutating func cut(at offset: Int) -> TextSpan {
    let rest = TextSpan(
      id: id(at: offset), length: length - offset, isDeleted: isDeleted, left: id(at: offset - 1),
      right: right)
    signedLength = Int32(isDeleted ? -offset : offset)
    return rest
  }

  /// Whether `next`, which stands behind this one, goes on where it ends.
  func isContinued(by next: TextSpan) -> Bool {
    next.id.agent == id.agent && next.id.counter == end && next.left == id(at: length - 1)
      && next.right == right && next.isDeleted == isDeleted
  }

  mutating func append(_ next: TextSpan) {
    signedLength += next.signedLength
  }
}

/// In which leaf the characters of one replica are: runs of counters, ascending.
struct TextAgentIndex {
  private struct Run {
    var start: UInt32
    var end: UInt32
    var leaf: Int32
  }

  private var runs: [Run] = []

  /// The last counter, 0 if there is none.
  var last: UInt32 { runs.last.map { $0.end - 1 } ?? 0 }

  var storageBytes: Int { runs.capacity * MemoryLayout<Run>.stride }

  /// The leaf of a character, nil if it is not here.
  func leaf(of counter: UInt32) -> Int32? {
    let index = firstRun(endingAfter: counter)
    guard index < runs.count, runs[index].start <= counter else { return nil }
    return runs[index].leaf
  }

  /// The first counter behind `counter` of which there is a character.
  func counter(after counter: UInt32) -> UInt32? {
    let index = firstRun(endingAfter: counter + 1)
    return index < runs.count ? max(runs[index].start, counter + 1) : nil
  }

  /// The last counter before `counter`, which is not 0, of which there is a character; 0 if none.
  func counter(before counter: UInt32) -> UInt32 {
    let last = counter - 1
    let index = firstRun(endingAfter: last)
    if index < runs.count, runs[index].start <= last { return last }
    return index > 0 ? runs[index - 1].end - 1 : 0
  }

  private func firstRun(endingAfter counter: UInt32) -> Int {
    var (low, high) = (0, runs.count)
    while low < high {
      let middle = (low + high) / 2
      if runs[middle].end > counter { high = middle } else { low = middle + 1 }
    }
    return low
  }

  /// Notes that the counters from `start` to before `end` are in `leaf`.
  mutating func set(_ start: UInt32, _ end: UInt32, _ leaf: Int32) {
    guard let lastRun = runs.last, lastRun.end > start else {
      if let lastRun = runs.last, lastRun.end == start, lastRun.leaf == leaf {
        runs[runs.count - 1].end = end
      } else {
        runs.append(Run(start: start, end: end, leaf: leaf))
      }
      return
    }
    var low = firstRun(endingAfter: start)
    var high = low
    while high < runs.count, runs[high].start < end { high += 1 }
    var new: [Run] = []
    if low < high, runs[low].start < start {
      new.append(Run(start: runs[low].start, end: start, leaf: runs[low].leaf))
    }
    new.append(Run(start: start, end: end, leaf: leaf))
    if low < high, runs[high - 1].end > end {
      new.append(Run(start: end, end: runs[high - 1].end, leaf: runs[high - 1].leaf))
    }
    // What borders on the new runs and is in the same leaf becomes one with them.
    if low > 0, runs[low - 1].leaf == new[0].leaf, runs[low - 1].end == new[0].start {
      new[0].start = runs[low - 1].start
      low -= 1
    }
    if high < runs.count, runs[high].leaf == new[new.count - 1].leaf,
      runs[high].start == new[new.count - 1].end
    {
      new[new.count - 1].end = runs[high].end
      high += 1
    }
    runs.replaceSubrange(low..<high, with: new)
  }
}
