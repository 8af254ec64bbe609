import Runtime

/// What a client asks of a simulated key-value store.
struct KeyValueCommand: Sendable, Hashable, CustomStringConvertible {
  /// What a key holds in a run; a key holds one kind only.
  enum Kind: Sendable, Hashable {
    /// A string, of which the newest write stays.
    case string
    /// A string, beside which stays what was written at the same time.
    case siblings
    /// A counter, to which each command adds another power of two.
    case counter
    /// The same in a map.
    case mapCounter
    /// A set, to which each command adds another member.
    case set
  }

  let kind: Kind
  let key: String
  let words: [String]

  var description: String { words.joined(separator: " ") }

  /// The power of two that a command adds.
  static func share(_ number: Int) -> Int64 { 1 << Int64(number % 60) }
  static func counterKey(_ number: Int) -> String { "c\(number / 60)" }
  /// The map, and what a counter of it is called.
  static let mapKey = "m"
  static func counterName(_ number: Int) -> String { "\(mapKey)/\(number / 60)" }
  /// The counter that the command of this number adds to; nil: none.
  func counter(_ number: Int) -> String? {
    switch kind {
    case .counter: key
    case .mapCounter: Self.counterName(number)
    default: nil
    }
  }
  static func value(_ number: Int) -> String { "v\(number)" }

  /// The command of this number.
  /// - Parameters:
  ///   - keepsSiblings: whether strings keep what was written at the same time.
  ///   - held: the keys of strings that are there.
  static func random(
    number: Int, keepsSiblings: Bool, held: [String], _ random: inout RandomStream
  ) -> Self {
    switch random.below(10) {
    case 0:
      let key = counterKey(number)
      return Self(kind: .counter, key: key, words: ["CRDT.INCRBY", key, "\(share(number))"])
    case 1:
      return Self(
        kind: .mapCounter, key: mapKey,
        words: ["CRDT.HINCRBY", mapKey, "\(number / 60)", "\(share(number))"])
    case 2: return Self(kind: .set, key: "s", words: ["CRDT.SADD", "s", value(number)])
    default: break
    }
    let key = "k\(random.below(keepsSiblings ? 4 : 12))"
    if keepsSiblings {
      return Self(kind: .siblings, key: key, words: ["SET", key, value(number)])
    }
    let words: [String] =
      switch random.below(12) {
      case 0, 1: ["SET", key, value(number)]
      // A key that is written once: if it comes back after its deletion, nothing hides it.
      case 2, 3: ["SET", "d\(number)", value(number)]
      case 4: ["SET", key, value(number), "PX", "\(random.number(in: 200...8_000))"]
      case 5...7: ["DEL", held.isEmpty ? key : held[random.below(held.count)]]
      case 8: ["PEXPIRE", key, "\(random.number(in: 200...8_000))"]
      case 9: ["PERSIST", key]
      case 10: ["INCR", "n\(random.below(2))"]
      default: ["APPEND", key, "\(number);"]
      }
    return Self(kind: .string, key: words[1], words: words)
  }
}
