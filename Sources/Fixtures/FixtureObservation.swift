import Primitives

/// What can be seen of the node when it has come to rest after a step.
public struct FixtureObservation: Sendable, Hashable {
  /// Height of the head.
  public var number: UInt32
  public var head: Hash256
  /// Height of the last macro block.
  public var macro: UInt32
  /// Root of the held state; nil if it cannot be known.
  public var root: Hash256?
  /// Number of held items.
  public var items: UInt32
  /// BLAKE2b-256 of the held items' wire forms in key order.
  public var held: Hash256
  /// The missing key ranges.
  public var missing: [String]
  /// The chain's events of this step in order.
  public var chain: [String]
  /// The live sync's events of this step in order.
  public var live: [String]
  /// What became of chunks in this step, in order.
  public var chunks: [String]
  /// The changes of the state between complete and incomplete in this step.
  public var state: [String]
  /// The requests sent in this step, sorted.
  public var requests: [String]
  /// What was refused, dropped or held against somebody in this step, sorted.
  public var refused: [String]
  /// The judgements of gossip messages in this step, sorted.
  public var gossip: [String]

  /// The difference between what was recorded and what was seen.
  public struct Difference: Sendable, Hashable {
    /// Name of the field.
    public var field: String
    public var expected: String
    public var actual: String
  }

  /// Every field as text, the ones that explain most first.
  private var fields: [(name: String, text: String)] {
    func list(_ words: [String]) -> String {
      words.isEmpty ? "nothing" : words.joined(separator: " ")
    }
    return [
      ("refused", list(refused)), ("requests", list(requests)), ("chunks", list(chunks)),
      ("chain", list(chain)), ("live", list(live)), ("state", list(state)),
      ("gossip", list(gossip)), ("number", "\(number)"), ("head", head.hex),
      ("macro", "\(macro)"), ("root", root?.hex ?? "unknown"), ("missing", list(missing)),
      ("items", "\(items)"), ("held", held.hex),
    ]
  }

  /// Where `actual` differs from this expectation.
  public func differences(from actual: FixtureObservation) -> [Difference] {
    zip(fields, actual.fields).compactMap { mine, other in
      mine.text == other.text
        ? nil : Difference(field: mine.name, expected: mine.text, actual: other.text)
    }
  }
}

extension FixtureObservation {
  static let record = "expect"

  func line(step: UInt32) -> [UInt8] {
    var writer = FixtureLineWriter(record: Self.record)
    func text(_ name: String, _ words: [String]) {
      writer.text(name, words.joined(separator: " "))
    }
    writer.integer("step", step)
    writer.integer("number", number)
    writer.hash("head", head)
    writer.integer("macro", macro)
    writer.text("root", root?.hex ?? "")
    writer.integer("items", items)
    writer.hash("held", held)
    text("missing", missing)
    text("chain", chain)
    text("live", live)
    text("chunks", chunks)
    text("state", state)
    text("requests", requests)
    text("refused", refused)
    text("gossip", gossip)
    return writer.line()
  }

  init(from reader: inout FixtureLineReader, step: UInt32) throws(FixtureError) {
    guard try reader.integer("step") == step else {
      throw reader.invalid("step", "is not \(step), the step before it")
    }
    let number: UInt32 = try reader.integer("number")
    let head = try reader.hash("head")
    let macro: UInt32 = try reader.integer("macro")
    let rootBytes = try reader.hex("root")
    let root = Hash256(bytes: rootBytes)
    guard rootBytes.isEmpty || root != nil else {
      throw reader.invalid("root", "is neither empty nor a hash")
    }
    self.init(
      number: number, head: head, macro: macro, root: root, items: try reader.integer("items"),
      held: try reader.hash("held"), missing: try reader.words("missing"),
      chain: try reader.words("chain"), live: try reader.words("live"),
      chunks: try reader.words("chunks"), state: try reader.words("state"),
      requests: try reader.words("requests"), refused: try reader.words("refused"),
      gossip: try reader.words("gossip"))
    try reader.finish()
  }
}
