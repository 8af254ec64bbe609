import Primitives
import StateTrie

/// A history as plain data: it can be run, shrunk, and printed as the code of a test.
struct TrieCase: Equatable, Sendable {
  /// True: everything is missing at the start. False: the trie starts complete.
  var startsMissing: Bool
  /// What the state holds at the start.
  var items: Changes
  var steps: [TrieStep]
}

/// One step. Every step can be done in any state, so that a history stays runnable when steps are
/// dropped: what cannot be done now does nothing, and a start key that is not missing stands for
/// the next one that is.
enum TrieStep: Equatable, Sendable {
  /// A block: changes that change nothing are left out.
  case apply(Changes)
  /// Takes back the diff that is `back` below the latest one, if no later one changed one of its
  /// keys, else the latest; by its receipt, or by the inverse diff.
  case revert(back: Int, byInverse: Bool)
  /// An honest chunk, with one edge from the start of a missing range or with both edges. Before
  /// it, a chunk damaged with the seed `lie`, if that is not 0.
  case chunk(from: KeyText, to: KeyText?, limit: Int, edges: ChunkEdges, lie: UInt64)
  /// Gives a range up.
  case forget(from: KeyText, to: KeyText?)
}

/// A key written as hexadecimal digits.
struct KeyText: Equatable, Sendable, ExpressibleByStringLiteral {
  var key: KeyNibbles

  init(_ key: KeyNibbles) { self.key = key }
  init(stringLiteral text: String) {
    guard let key = KeyNibbles(text) else { preconditionFailure("no key: \(text)") }
    self.key = key
  }
}

/// New values of keys, nil for a removal; both written as hexadecimal digits.
struct Changes: Equatable, Sendable, ExpressibleByDictionaryLiteral {
  struct Change: Equatable, Sendable {
    var key: KeyNibbles
    var new: [UInt8]?
  }
  var list: [Change] = []

  init(_ list: [Change]) { self.list = list }
  init(dictionaryLiteral elements: (KeyText, String?)...) {
    list = elements.map { key, text in
      let new = text.map { text in
        guard let bytes = Hex.bytes(text) else { preconditionFailure("no value: \(text)") }
        return bytes
      }
      return Change(key: key.key, new: new)
    }
  }
}

extension TrieCase {
  /// The case as the code of a test, ready to be pasted into `FoundCaseTests`.
  func code(named name: String) -> String {
    let steps = steps.map { "        \($0.code),\n" }.joined()
    return """
        @Test func \(name)() throws {
          let found = TrieCase(
            startsMissing: \(startsMissing),
            items: \(items.code),
            steps: [
      \(steps)      ])
          try found.run()
        }
      """
  }
}

extension TrieStep {
  var code: String {
    switch self {
    case .apply(let changes): ".apply(\(changes.code))"
    case .revert(let back, let byInverse): ".revert(back: \(back), byInverse: \(byInverse))"
    case .chunk(let from, let to, let limit, let edges, let lie):
      ".chunk(from: \(from.code), to: \(to?.code ?? "nil"), limit: \(limit), edges: .\(edges), "
        + "lie: \(lie))"
    case .forget(let from, let to): ".forget(from: \(from.code), to: \(to?.code ?? "nil"))"
    }
  }
}

extension KeyText {
  var code: String { "\"\(key.hex)\"" }
}

extension Changes {
  var code: String {
    if list.isEmpty { return "[:]" }
    let entries = list.map {
      KeyText($0.key).code + ": " + ($0.new.map { "\"\(Hex.string($0))\"" } ?? "nil")
    }
    return "[\(entries.joined(separator: ", "))]"
  }
}
