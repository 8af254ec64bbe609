/// A set of small numbers, as bits.
struct EventSet: Sendable, Hashable {
  private var words: [UInt64] = []

  init() {}

  init(_ numbers: some Sequence<Int>) {
    for number in numbers { insert(number) }
  }

  mutating func insert(_ number: Int) {
    let word = number / 64
    if word >= words.count { words += Array(repeating: 0, count: word + 1 - words.count) }
    words[word] |= 1 << UInt64(number % 64)
  }

  func contains(_ number: Int) -> Bool {
    let word = number / 64
    return word < words.count && words[word] & 1 << UInt64(number % 64) != 0
  }

  mutating func formUnion(_ other: EventSet) {
    if other.words.count > words.count {
      words += Array(repeating: 0, count: other.words.count - words.count)
    }
    for (index, word) in other.words.enumerated() { words[index] |= word }
  }

  func subtracting(_ other: EventSet) -> EventSet {
    EventSet(numbers.filter { !other.contains($0) })
  }

  /// Ascending.
  var numbers: [Int] {
    (0..<words.count * 64).filter(contains)
  }

  static func == (a: EventSet, b: EventSet) -> Bool {
    let common = min(a.words.count, b.words.count)
    return a.words[..<common] == b.words[..<common]
      && a.words[common...].allSatisfy { $0 == 0 } && b.words[common...].allSatisfy { $0 == 0 }
  }

  func hash(into hasher: inout Hasher) { hasher.combine(numbers) }
}
