/// What must hold of a text: it has the characters that were inserted and not deleted, each once,
/// in an order that agrees with what every author saw, and nothing stands within what somebody
/// typed at once but what was put there by others who saw it.
///
/// No character is inserted twice in a run, so that each is its own name.
struct TextModel {
  private struct Insertion {
    let event: ModelEvent
    let characters: [Unicode.Scalar]
  }

  private let events: [ModelEvent]
  private var insertions: [Insertion] = []
  private var authors: [Unicode.Scalar: Int] = [:]
  private var seenBy: [Int: EventSet] = [:]
  private var deleted: Set<Unicode.Scalar> = []

  init(_ events: [ModelEvent]) {
    self.events = events
    for event in events {
      let before = Array(event.before.text.unicodeScalars)
      seenBy[event.number] = event.seen
      switch event.operation {
      case .insert(let text, _):
        insertions.append(Insertion(event: event, characters: Array(text.unicodeScalars)))
        for character in text.unicodeScalars { authors[character] = event.number }
      case .erase(let range): deleted.formUnion(before[range])
      default: break
      }
    }
  }

  /// What is wrong with `text`; nil if nothing is.
  func fault(of text: String) -> String? {
    let characters = Array(text.unicodeScalars)
    var places: [Unicode.Scalar: Int] = [:]
    for (place, character) in characters.enumerated() {
      if places[character] != nil { return "\(character) is there twice" }
      places[character] = place
    }
    let expected = Set(authors.keys).subtracting(deleted)
    if let missing = expected.subtracting(places.keys).min() { return "\(missing) is missing" }
    if let other = Set(places.keys).subtracting(expected).min() {
      return deleted.contains(other) ? "\(other) was deleted" : "\(other) was never inserted"
    }
    for event in events {
      if let pair = disorder(Array(event.after.unicodeScalars), places) {
        return "\(pair) is not in the order that command \(event.number) saw"
      }
    }
    for insertion in insertions {
      if let stranger = stranger(in: insertion, characters, places) {
        return "\(stranger) is within what command \(insertion.event.number) typed"
      }
    }
    return nil
  }

  private func disorder(_ view: [Unicode.Scalar], _ places: [Unicode.Scalar: Int]) -> String? {
    var last: (Int, Unicode.Scalar)?
    for character in view {
      guard let place = places[character] else { continue }
      if let last, last.0 > place { return "\(last.1)\(character)" }
      last = (place, character)
    }
    return nil
  }

  /// A character between two of one insertion, whose author had not seen that.
  private func stranger(
    in insertion: Insertion, _ characters: [Unicode.Scalar], _ places: [Unicode.Scalar: Int]
  ) -> Unicode.Scalar? {
    let own = insertion.characters.compactMap { places[$0] }
    guard let first = own.first, let last = own.last, first < last else { return nil }
    return characters[first...last].first { character in
      guard let author = authors[character], author != insertion.event.number else {
        return false
      }
      return !(seenBy[author]?.contains(insertion.event.number) ?? false)
    }
  }
}

extension ModelEvent {
  /// A text as its author saw it after the change.
  var after: String {
    var view = Array(before.text.unicodeScalars)
    switch operation {
    case .insert(let text, let position):
      view.insert(contentsOf: Array(text.unicodeScalars), at: position)
    case .erase(let range): view.removeSubrange(range)
    default: break
    }
    var text = String.UnicodeScalarView()
    text.append(contentsOf: view)
    return String(text)
  }
}
