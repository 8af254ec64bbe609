import Runtime

/// A text as a plain list of characters, each inserted by going over all between its neighbours.
struct TextModel {
  struct Character {
    let event: Int
    let offset: Int
    let replica: Int
    let scalar: Unicode.Scalar
    let left: [Int]?
    let right: [Int]?
    var deletedBy: Set<Int> = []

    var id: [Int] { [event, offset] }
  }

  private var characters: [Character] = []

  init(_ events: [LawEvent<RGAText.Operation>]) {
    for event in events { apply(event) }
  }

  var text: String {
    var text = String.UnicodeScalarView()
    for character in characters where character.deletedBy.isEmpty {
      text.append(character.scalar)
    }
    return String(text)
  }

  private mutating func apply(_ event: LawEvent<RGAText.Operation>) {
    // The text as the author saw it.
    let known = characters.indices.filter { event.seen.contains(characters[$0].event) }
    let visible = known.filter { characters[$0].deletedBy.isDisjoint(with: event.seen) }
    switch event.operation {
    case .delete(let range):
      for index in visible[range] { characters[index].deletedBy.insert(event.index) }
    case .insert(let text, let position):
      var left = position == 0 ? nil : characters[visible[position - 1]].id
      let behind = position == 0 ? 0 : visible[position - 1] + 1
      let right = known.first { $0 >= behind }.map { characters[$0].id }
      for (offset, scalar) in text.unicodeScalars.enumerated() {
        let new = Character(
          event: event.index, offset: offset, replica: event.replica, scalar: scalar, left: left,
          right: right)
        insert(new)
        left = new.id
      }
    }
  }

  private func place(_ id: [Int]?) -> Int? {
    id.flatMap { id in characters.firstIndex { $0.id == id } }
  }

  private mutating func insert(_ new: Character) {
    let left = place(new.left) ?? -1
    let right = place(new.right) ?? characters.count
    var (target, isScanning) = (left + 1, false)
    var index = left + 1
    while true {
      if !isScanning { target = index }
      guard index < right else { break }
      let other = characters[index]
      let otherLeft = place(other.left) ?? -1
      let otherRight = place(other.right) ?? characters.count
      if otherLeft < left { break }
      if otherLeft == left {
        if otherRight == right, new.replica < other.replica { break }
        isScanning = otherRight < right
      }
      index += 1
    }
    characters.insert(new, at: target)
  }
}

extension RGAText: LawSubject {
  package static func random(_ generator: inout RandomStream) -> Operation {
    let position = generator.below(1_000)
    if generator.chance(perMillion: 300_000) {
      return .delete(position..<position + 1 + generator.below(4))
    }
    let words = ["a", "bc", "def", "ä", "𝄞x", "e\u{301}"]
    return .insert(words[generator.below(words.count)], at: position)
  }

  package func fitted(_ operation: Operation) -> Operation {
    switch operation {
    case .insert(let text, let position): return .insert(text, at: position % (count + 1))
    case .delete(let range):
      let first = range.lowerBound % (count + 1)
      return .delete(first..<min(count, first + range.count))
    }
  }

  package static func expected(_ events: [LawEvent<Operation>]) -> String { TextModel(events).text }

  package mutating func absorb(_ deltas: [TextDelta]) throws {
    var inbox = TextInbox()
    for delta in deltas { try inbox.receive(delta, into: &self) }
    if inbox.count > 0 { throw CRDTError.unknownBase(inbox.missing[0]) }
  }
}
