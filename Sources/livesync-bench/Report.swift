import Foundation

/// The figures of one benchmark command.
struct Report: Encodable {
  /// One measured operation.
  struct Row: Encodable {
    let name: String
    /// What one unit of the time stands for, such as "account" or "chunk of 1,000 items".
    let unit: String
    let nanoseconds: Double
    let inHashes: Double
    /// Nanoseconds of its pure hashing work, or nil if it hashes nothing.
    let hashingNanoseconds: Double?
    let timesHashing: Double?

    init(_ name: String, per unit: String, _ nanoseconds: Double, hashing: Double?, hash: Double) {
      self.name = name
      self.unit = unit
      self.nanoseconds = nanoseconds
      inHashes = nanoseconds / hash
      hashingNanoseconds = hashing
      timesHashing = hashing.map { nanoseconds / $0 }
    }

    /// The same with another time for one hash.
    func inUnits(of hash: Double) -> Row {
      Row(name, per: unit, nanoseconds, hashing: hashingNanoseconds, hash: hash)
    }
  }

  /// A figure that is no time.
  struct Fact: Encodable {
    let name: String
    let value: Double
  }

  /// All figures of a trie of one size.
  struct Run: Encodable {
    let accounts: Int
    /// One BLAKE2b-256 of 64 bytes.
    let hashNanoseconds: Double
    let rows: [Row]
    let facts: [Fact]
  }

  let machine: Machine
  let command: String
  let runs: [Run]

  func json() throws -> String {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
    return String(decoding: try encoder.encode(self), as: UTF8.self)
  }

  /// How an operation grows from the smallest to the largest trie, beside the growth of its bare
  /// hashing and that of the logarithm of the number of accounts.
  private var growth: [[String]] {
    guard let first = runs.first, let last = runs.last, runs.count > 1 else { return [] }
    let logarithm = log(Double(last.accounts)) / log(Double(first.accounts))
    let pairs = zip(first.rows, last.rows)
    return pairs.map { small, large in
      var hashing = "-"
      if let few = small.timesHashing, let many = large.timesHashing {
        hashing = Self.ratio(large.inHashes / many / (small.inHashes / few))
      }
      return [
        small.name, Self.ratio(large.inHashes / small.inHashes), hashing, Self.ratio(logarithm),
      ]
    }
  }

  private static let growthHead = [
    "operation", "growth in h", "growth of its hashing", "log growth",
  ]
  private static let head = ["operation", "per", "ns", "h", "x hashing"]

  private func cells(_ run: Run) -> [[String]] {
    run.rows.map {
      [
        $0.name, $0.unit, Self.number($0.nanoseconds), Self.number($0.inHashes),
        $0.timesHashing.map(Self.ratio) ?? "-",
      ]
    } + run.facts.map { [$0.name, "", Self.number($0.value), "", ""] }
  }

  private func caption(_ run: Run) -> String {
    "\(Self.grouped(run.accounts)) accounts, 1 h = \(Self.number(run.hashNanoseconds)) ns"
  }

  private func growthCaption(_ last: Run) -> String {
    "Growth per operation from \(Self.grouped(runs[0].accounts)) to "
      + "\(Self.grouped(last.accounts)) accounts"
  }

  /// Tables for a terminal.
  var text: String {
    var parts = runs.map { caption($0) + "\n" + Self.aligned(Self.head, cells($0)) }
    if let last = runs.last, !growth.isEmpty {
      parts.append(growthCaption(last) + "\n" + Self.aligned(Self.growthHead, growth))
    }
    return parts.joined(separator: "\n\n")
  }

  /// The same with machine and command, as a section of a Markdown page.
  var markdown: String {
    var parts = [
      """
      ## The trie

      \(machine.cpu), \(machine.cores) cores, \(machine.memoryGB) GB, \(machine.system), \
      Swift \(machine.swift), commit \(machine.commit): `\(command)`. One core, processor time. \
      h is one libb2 BLAKE2b-256 of 64 bytes; "x hashing" compares with the bare hashes of the \
      operation, as many of the same sizes in a loop. Both are measured in the same run.
      """
    ]
    for run in runs {
      parts.append("### " + caption(run))
      parts.append(Self.table(Self.head, cells(run)))
    }
    if let last = runs.last, !growth.isEmpty {
      parts.append("### " + growthCaption(last))
      parts.append(Self.table(Self.growthHead, growth))
    }
    return parts.joined(separator: "\n\n")
  }

  private static func table(_ head: [String], _ rows: [[String]]) -> String {
    let rule = head.indices.map { head[$0] == "operation" || head[$0] == "per" ? "---" : "---:" }
    return ([head, rule] + rows).map { "| " + $0.joined(separator: " | ") + " |" }
      .joined(separator: "\n")
  }

  private static func aligned(_ head: [String], _ rows: [[String]]) -> String {
    let widths = head.indices.map { column in
      ([head] + rows).map { $0[column].count }.max() ?? 0
    }
    return ([head] + rows).map { row in
      row.indices.map { column in
        let fill = String(repeating: " ", count: widths[column] - row[column].count)
        let isText = head[column] == "operation" || head[column] == "per"
        return isText ? row[column] + fill : fill + row[column]
      }.joined(separator: "  ")
    }.joined(separator: "\n")
  }

  private static func number(_ value: Double) -> String {
    value < 1_000 ? String(format: "%.1f", value) : grouped(Int(value.rounded()))
  }

  private static func ratio(_ value: Double) -> String { String(format: "%.2f", value) }

  /// A whole number with commas between groups of three digits.
  private static func grouped(_ value: Int) -> String {
    var groups: [String] = []
    var rest = value
    while rest >= 1_000 {
      groups.append(String(format: "%03d", rest % 1_000))
      rest /= 1_000
    }
    return ([String(rest)] + groups.reversed()).joined(separator: ",")
  }
}
