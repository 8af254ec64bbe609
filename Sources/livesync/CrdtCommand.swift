import CRDT
import Streams

// `livesync crdt simulate` is in ReplicasCommand.swift.

/// `livesync crdt demo`
enum CrdtDemoCommand: Command {
  static let specification = CommandSpecification(
    name: "crdt demo",
    summary: "Show two replicas that edit apart and merge.",
    positionals: [], options: [],
    notes: ["A set, a counter and a text; always the same. Docs/CRDT.md says what each guarantees."]
  )

  static func run(_ arguments: Arguments) throws -> ExitCode {
    let demo = try CrdtDemo()
    if arguments.wantsJSON {
      Console.printJSON(demo.json)
    } else {
      Console.print(demo.text)
    }
    return .pass
  }
}

/// A shopping list that two replicas edit apart.
struct CrdtDemo {
  /// What one of them has.
  struct Replica: Equatable {
    let id: ReplicaID
    var set = ORSet()
    var counter = PNCounter()
    var text = RGAText()

    /// Bytes of the changes so far, on the wire.
    private(set) var sentBytes = 0
    private(set) var setDeltas: [ORSet] = []
    private(set) var counterDeltas: [PNCounter] = []
    private(set) var textDeltas: [TextDelta] = []

    init(_ id: UInt64) { self.id = ReplicaID(id) }

    private func stamp(_ dot: Dot) -> Stamp { Stamp(dot: dot, time: .zero) }

    mutating func change(_ operation: ORSet.Operation) throws {
      setDeltas.append(try set.apply(operation, at: stamp(set.nextDot(of: id))))
      sentBytes += setDeltas[setDeltas.count - 1].wireBytes.count
    }

    mutating func change(_ operation: PNCounter.Operation) throws {
      counterDeltas.append(try counter.apply(operation, at: stamp(counter.nextDot(of: id))))
      sentBytes += counterDeltas[counterDeltas.count - 1].wireBytes.count
    }

    mutating func change(_ operation: RGAText.Operation) throws {
      textDeltas.append(try text.apply(operation, at: stamp(text.nextDot(of: id))))
      sentBytes += textDeltas[textDeltas.count - 1].wireBytes.count
    }

    /// Takes in what another one has changed.
    mutating func take(_ other: Replica) throws {
      for delta in other.setDeltas { try set.merge(delta: delta) }
      for delta in other.counterDeltas { try counter.merge(delta: delta) }
      for delta in other.textDeltas { try text.merge(delta: delta) }
    }

    /// The same values, as another replica.
    func copied(_ id: UInt64) -> Replica {
      var copy = Replica(id)
      (copy.set, copy.counter, copy.text) = (set, counter, text)
      return copy
    }

    var elements: [String] { self.set.value.map { String(decoding: $0, as: UTF8.self) } }

    var shown: String {
      "{\(elements.joined(separator: ", "))}  \(counter.value)  \"\(text.value)\""
    }

    var facts: [String: Any] {
      ["set": elements, "counter": Int(counter.value), "text": text.value]
    }

    static func == (a: Replica, b: Replica) -> Bool {
      a.set == b.set && a.counter == b.counter && a.text == b.text
    }
  }

  let start: Replica
  let a: Replica
  let b: Replica
  let merged: Replica
  /// Whether both have the same in the end, also if all comes twice.
  let isSame: Bool

  init() throws {
    var start = Replica(1)
    try start.change(.add(Array("tea".utf8)))
    try start.change(.add(10))
    try start.change(.insert("Buy tea", at: 0))
    var (a, b) = (start.copied(1), start.copied(2))
    try a.change(.remove(Array("tea".utf8)))
    try a.change(.add(Array("milk".utf8)))
    try a.change(.add(3))
    try a.change(.insert(" and milk", at: 7))
    try b.change(.add(Array("tea".utf8)))
    try b.change(.add(Array("bread".utf8)))
    try b.change(.add(-1))
    try b.change(.insert("green ", at: 4))
    var (atA, atB) = (a, b)
    try atA.take(b)
    try atB.take(a)
    try atB.take(a)
    (self.start, self.a, self.b, merged, isSame) = (start, a, b, atA, atA == atB)
  }

  var text: String {
    """
    A and B start with the same:   \(start.shown)
    A, offline: removes tea from the set, adds milk; counts 3 up; types " and milk"
    B, offline: adds tea to the set again, adds bread; counts 1 down; types "green "
    A shows now                    \(a.shown)
    B shows now                    \(b.shown)
    They send what they changed:   \(a.sentBytes) bytes from A, \(b.sentBytes) from B
    A and B show both\(isSame ? "             " : ", NOT THE SAME") \(merged.shown)
      set      B's addition of tea did not know of A's removal, and stays; so do milk and bread
      counter  10 + 3 - 1 = \(merged.counter.value): both count
      text     each stays where it was typed; nobody had to wait or ask
    """
  }

  var json: String {
    DbJSON.text([
      "start": start.facts, "a": a.facts, "b": b.facts, "merged": merged.facts,
      "bytes_a": a.sentBytes, "bytes_b": b.sentBytes, "same": isSame,
    ])
  }
}

/// `livesync crdt laws`
enum CrdtLawsCommand: Command {
  private static let historiesDefault: UInt64 = 1_000

  static let specification = CommandSpecification(
    name: "crdt laws",
    summary: "Check the laws of every replicated type over random histories.",
    positionals: [],
    options: [
      .init("--histories", "N", help: "histories of each type (default \(historiesDefault))"),
      .init("--seed", "N", help: "of the first history (default 0)"),
    ],
    notes: [
      "Three replicas change a value apart, lose, repeat and reorder messages, and have clocks two",
      "hours apart. The table counts the histories in which each law held. Of a type that breaks",
      "one, the seed is printed with the smallest history that does; the exit code is then 1.",
    ])

  static func run(_ arguments: Arguments) throws -> ExitCode {
    let count = try arguments.number("--histories", in: 1...100_000_000) ?? historiesDefault
    let seed = try arguments.number("--seed", in: 0...UInt64(Int64.max)) ?? 0
    let meter = ProgressMeter()
    let table = LawTable(seeds: seed..<seed + count) { share, type in
      meter.show(Int(share * 1e6), type)
    }
    Console.endProgress()
    if arguments.wantsJSON {
      Console.printJSON(json(table))
    } else {
      Console.print(text(table))
    }
    return table.isKept ? .pass : .refuted
  }

  private static func text(_ table: LawTable) -> String {
    let laws = Law.allCases.map(\.rawValue)
    var lines = [
      "| type | \(laws.joined(separator: " | ")) |",
      "|---|" + String(repeating: "---|", count: laws.count),
    ]
    lines += table.rows.map { row in
      "| `\(row.type)` | "
        + Law.allCases.map { "\(row.kept($0))" }.joined(separator: " | ") + " |"
    }
    for row in table.rows {
      guard let failure = row.failure else { continue }
      lines.append(
        "\(row.type), seed \(failure.seed): \(failure.law.rawValue): \(failure.detail)")
    }
    return lines.joined(separator: "\n")
  }

  private static func json(_ table: LawTable) -> String {
    let types = table.rows.map { row -> [String: Any] in
      var facts: [String: Any] = ["type": row.type, "histories": Int(row.histories)]
      for law in Law.allCases { facts["\(law)"] = Int(row.kept(law)) }
      if let failure = row.failure {
        facts["broken"] = "\(failure.law)"
        facts["seed"] = Int(failure.seed)
        facts["detail"] = failure.detail
      }
      return facts
    }
    return DbJSON.text(["ok": table.isKept, "types": types])
  }
}
