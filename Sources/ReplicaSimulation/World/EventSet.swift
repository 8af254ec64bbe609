/// A set of small numbers, as bits.
public struct EventSet: Sendable, Hashable {
  private var words: [UInt64] = []

  public init() {}

  public init(_ numbers: some Sequence<Int>) {
    for number in numbers { insert(number) }
  }

  public mutating func insert(_ number: Int) {
    let word = number / 64
    if word >= words.count { words += Array(repeating: 0, count: word + 1 - words.count) }
    words[word] |= 1 << UInt64(number % 64)
  }

  public func contains(_ number: Int) -> Bool {
    let word = number / 64
    return word < words.count && words[word] & 1 << UInt64(number % 64) != 0
  }

  public mutating func formUnion(_ other: EventSet) {
    if other.words.count > words.count {
      words += Array(repeating: 0, count: other.words.count - words.count)
    }
    for (index, word) in other.words.enumerated() { words[index] |= word }
  }

  public func subtracting(_ other: EventSet) -> EventSet {
    EventSet(numbers.filter { !other.contains($0) })
  }

  /// Ascending.
  public var numbers: [Int] {
    (0..<words.count * 64).filter(contains)
  }

  public static func == (a: EventSet, b: EventSet) -> Bool {
    let common = min(a.words.count, b.words.count)
    return a.words[..<common] == b.words[..<common]
      && a.words[common...].allSatisfy { $0 == 0 } && b.words[common...].allSatisfy { $0 == 0 }
  }

  public func hash(into hasher: inout Hasher) { hasher.combine(numbers) }
}
