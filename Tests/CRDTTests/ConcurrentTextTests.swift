import CRDT
import TestSupport
import Testing

/// Texts of many leaves in which authors wrote much without knowing of each other.
@Suite struct ConcurrentTextTests {
  /// How an author writes its runs.
  enum Habit: String, CaseIterable, Sendable {
    /// Each character before the one before, at the start of the gap.
    case backwards
    /// Each somewhere within what it has written.
    case anywhere
    /// Now at the start, now at the end of what it has written.
    case bothEnds
  }

  /// `count` characters of one author in the gap between the two characters of `base`, each a run
  /// of its own.
  private func runs(
    _ count: Int, by replica: UInt64, _ habit: Habit, in base: RGAText,
    _ generator: inout SeededGenerator
  ) throws -> TextDelta {
    var text = base
    for number in 0..<count {
      let position =
        switch habit {
        case .backwards: 1
        case .anywhere: 1 + generator.below(number + 1)
        case .bothEnds: number % 2 == 0 ? 1 : number + 1
        }
      let dot = text.nextDot(of: ReplicaID(replica))
      _ = try text.insert(String(number % 10), at: position, as: dot)
    }
    return text.delta(since: base.version)
  }

  private func base() throws -> RGAText {
    var base = RGAText()
    _ = try base.insert("[]", at: 0, as: Dot(ReplicaID(100), 1))
    return base
  }

  /// Steps that it takes to merge what authors wrote into one gap.
  private func mergeSteps(_ count: Int, _ habits: [Habit]) throws -> Int {
    var generator = SeededGenerator(seed: 3)
    let base = try base()
    var deltas: [TextDelta] = []
    for (number, habit) in habits.enumerated() {
      deltas.append(
        try runs(count, by: UInt64(1 + number), habit, in: base, &generator))
    }
    var steps = 0
    var ends: [RGAText] = []
    for order in [deltas, deltas.reversed()] {
      var text = base
      for delta in order { try text.merge(delta: delta) }
      steps = max(steps, text.searchSteps)
      ends.append(text)
    }
    #expect(ends[0].count == 2 + count * habits.count)
    #expect(ends[0].utf8 == ends[1].utf8)
    return steps
  }

  @Test(arguments: Habit.allCases, Habit.allCases)
  func mergingTwoAuthors_shouldCostNLogN_whenBothWroteIntoOneGap(
    first: Habit, second: Habit
  ) throws {
    let counts = [5_000, 20_000]
    let steps = try counts.map { try mergeSteps($0, [first, second]) }
    for (count, steps) in zip(counts, steps) {
      let logarithm = Int.bitWidth - (2 * count).leadingZeroBitCount
      #expect(steps <= 16 * 2 * count * logarithm)
    }
    #expect(steps[1] <= steps[0] * 6)
  }

  @Test func mergingManyAuthors_shouldCostNoMoreForEachOther() throws {
    let steps = try [2, 8].map { try mergeSteps(2_000, Array(repeating: .anywhere, count: $0)) }
    #expect(steps[1] <= steps[0] * 24)
  }

  @Test(arguments: UInt64(0)..<4)
  func authorsWhoKnewSomeOfTheOthers_shouldEndInOneText_inEveryOrder(seed: UInt64) throws {
    var generator = SeededGenerator(seed: seed)
    let base = try base()
    var texts: [RGAText] = []
    var deltas: [TextDelta] = []
    for number in 0..<6 {
      var text = base
      for other in texts where generator.chance(40) { try text.merge(other) }
      let habit = Habit.allCases[generator.below(3)]
      let id = UInt64(1 + (number * 5) % 7)
      deltas.append(try runs(1_000, by: id, habit, in: text, &generator))
      try text.merge(delta: deltas[number])
      texts.append(text)
    }
    var expected = base
    for delta in deltas { try expected.merge(delta: delta) }
    #expect(expected.count == 6_002)
    for _ in 0..<4 {
      var text = base
      for other in texts.shuffled(using: &generator) { try text.merge(other) }
      #expect(text.dots == expected.dots)
      var late = base
      var inbox = TextInbox()
      for delta in deltas.shuffled(using: &generator) {
        for insertion in delta.insertions.shuffled(using: &generator) {
          try inbox.receive(TextDelta(insertions: [insertion]), into: &late)
        }
      }
      #expect(late.dots == expected.dots)
    }
  }

  @Test func gapWithOnesOwnCharacter_shouldBeRefused_amongManyRunsOfOthers() throws {
    var generator = SeededGenerator(seed: 8)
    let base = try base()
    let author = ReplicaID(200)
    var text = base
    for (number, habit) in Habit.allCases.enumerated() {
      try text.merge(delta: runs(1_500, by: UInt64(1 + number), habit, in: base, &generator))
    }
    func claim(_ previous: UInt64) throws -> TextDelta {
      var other = base
      var delta = try other.insert("y", at: 1, as: Dot(author, previous + 1))
      delta.insertions[0].previous = previous
      return delta
    }
    for position in [1, 2_000, 4_000, text.count - 1] {
      var own = text
      _ = try own.insert("x", at: position, as: Dot(author, 1))
      let before = own
      let claim = try claim(1)
      #expect(throws: CRDTError.impossibleOrigins(Dot(author, 2))) {
        try own.merge(delta: claim)
      }
      #expect(own == before)
    }
    try text.merge(delta: try claim(0))
    #expect(text.count == 2 + 3 * 1_500 + 1)
  }

  /// A text as a list of characters, put in by going over all between their neighbours.
  private struct PlainText {
    struct Character {
      let dot: Dot
      let left: Dot?
      let right: Dot?
    }

    var characters: [Character] = []

    mutating func take(_ insertion: TextInsertion) {
      var left = insertion.left
      for offset in 0..<UInt64(insertion.length) {
        let dot = Dot(insertion.first.replica, insertion.first.counter + offset)
        insert(Character(dot: dot, left: left, right: insertion.right))
        left = dot
      }
    }

    private mutating func insert(_ new: Character) {
      var places: [Dot: Int] = [:]
      for (place, character) in characters.enumerated() { places[character.dot] = place }
      func place(_ dot: Dot?, _ none: Int) -> Int { dot.flatMap { places[$0] } ?? none }
      let left = place(new.left, -1)
      let right = place(new.right, characters.count)
      var (target, isScanning) = (left + 1, false)
      for index in left + 1..<max(left + 1, right) {
        let other = characters[index]
        let otherLeft = place(other.left, -1)
        let otherRight = place(other.right, characters.count)
        if otherLeft < left { break }
        if otherLeft == left {
          if otherRight == right, new.dot.replica < other.dot.replica { break }
          isScanning = otherRight < right
        }
        if !isScanning { target = index + 1 }
      }
      characters.insert(new, at: target)
    }
  }

  @Test(arguments: UInt64(0)..<12)
  func largeTexts_shouldHaveTheOrderOfAPlainList(seed: UInt64) throws {
    var generator = SeededGenerator(seed: seed)
    let authors = 2 + generator.below(4)
    var texts = [RGAText](repeating: try base(), count: authors)
    var deltas: [TextDelta] = [texts[0].delta(since: VersionVector())]
    let rarely = [2, 10, 60][generator.below(3)]
    for _ in 0..<1_200 {
      let author = generator.below(authors)
      if generator.below(1_000) < rarely {
        try texts[author].merge(texts[generator.below(authors)])
        continue
      }
      let length = texts[author].count
      let position =
        switch generator.below(4) {
        case 0: 0
        case 1: 1
        case 2: generator.below(length + 1)
        default: min(length, 2 + generator.below(30))
        }
      if generator.chance(5), position < length {
        let range = position..<min(length, position + 3)
        _ = try texts[author].delete(range)
        continue
      }
      let dot = texts[author].nextDot(of: ReplicaID(UInt64(1 + (author * 7) % authors)))
      let word = generator.chance(80) ? "x" : "yz"
      deltas.append(try texts[author].insert(word, at: position, as: dot))
    }
    var plain = PlainText()
    var expected = RGAText()
    var late = RGAText()
    var inbox = TextInbox()
    for delta in deltas {
      for insertion in delta.insertions { plain.take(insertion) }
      try expected.merge(delta: delta)
    }
    for delta in deltas.shuffled(using: &generator) { try inbox.receive(delta, into: &late) }
    let order = plain.characters.map(\.dot)
    #expect(expected.dots == order)
    #expect(late.dots == order)
    for var text in texts {
      try text.merge(expected)
      #expect(text.dots == order)
    }
  }
}
