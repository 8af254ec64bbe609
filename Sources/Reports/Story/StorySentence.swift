import EventLog
import Primitives

/// Sentences about records.
enum StorySentence {
  /// What the record says, for people.
  static func of(_ record: StoryRecord) -> String {
    let sentence = record.row.sentence
    guard !sentence.isEmpty, let text = filled(sentence[...], record) else {
      return PrintableText.line(
        record.name + (record.facts.isEmpty ? "" : ": " + record.facts))
    }
    return PrintableText.line(text)
  }

  /// The sentence with the record's fields in it; nil if one is missing.
  private static func filled(_ sentence: Substring, _ record: StoryRecord) -> String? {
    var text = ""
    var rest = sentence
    while let character = rest.popFirst() {
      switch character {
      case "[":
        let end = rest.firstIndex(of: "]") ?? rest.endIndex
        text += filled(rest[..<end], record) ?? ""
        rest = rest[end...].dropFirst()
      case "{":
        let end = rest.firstIndex(of: "}") ?? rest.endIndex
        guard let word = word(String(rest[..<end]), record) else { return nil }
        text += word
        rest = rest[end...].dropFirst()
      default: text.append(character)
      }
    }
    return text
  }

  /// What stands for one name in a sentence.
  private static func word(_ name: String, _ record: StoryRecord) -> String? {
    if name == "keys" { return keys(record) }
    guard let (field, value) = record.value(name) else { return nil }
    if field == .block, let hash = record.text(.hash) {
      return "block \(plain(field, value)) (\(hash.prefix(shownDigits)))"
    }
    // A text that says nothing is left out with its bracket.
    if field == .detail, value == .text("") { return nil }
    return plain(field, value)
  }

  /// The range of keys of a record.
  static func keys(_ record: StoryRecord) -> String? {
    guard let start = record.text(.startKey) else { return nil }
    return range(start, record.text(.endKey))
  }

  /// A range of keys, such as `0a1f… to 0b20…`.
  private static func range(_ start: String, _ end: String?) -> String {
    "\(start.isEmpty ? "first" : short(start)) to \(end.map(short) ?? "last")"
  }

  private static func short(_ digits: String) -> String {
    digits.count > shownDigits ? digits.prefix(shownDigits) + "…" : digits
  }

  /// A value of a field for people.
  static func plain(_ field: EventField, _ value: EventValue) -> String {
    switch value {
    case .number(let number): return Figures.plain(number, unit: field.unit)
    case .text(let text):
      switch field {
      case .reason: return StoryReasons.sentence(text)
      case .hash, .otherHash, .proof, .snapshot, .identity, .reporter, .startKey, .endKey, .data:
        return String(text.prefix(shownDigits))
      case .outcome, .blocker: return text.replacing("_", with: " ")
      default: return text
      }
    }
  }

  /// Digits that are shown of a hash or a key.
  private static let shownDigits = 8
}
