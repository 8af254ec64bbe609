import Foundation

/// The figures of one benchmark run.
struct Report {
  struct Row {
    let name: String
    /// What one unit of the time stands for, such as "account" or "chunk of 1,000 items".
    let unit: String
    let nanoseconds: Double
  }

  let accounts: Int
  /// One BLAKE2b-256 of 64 bytes, in nanoseconds.
  let hash: Double
  let rows: [Row]
  /// Other facts, such as proof bytes per item.
  let facts: [(name: String, value: Double)]

  var table: String {
    var lines = [
      "trie, \(accounts) accounts, 1 h = \(text(hash)) ns (BLAKE2b-256 of 64 bytes, libb2)"
    ]
    for row in rows {
      lines.append(
        pad(row.name, 34) + pad("per " + row.unit, 26) + left(text(row.nanoseconds) + " ns", 18)
          + left(text(row.nanoseconds / hash) + " h", 14))
    }
    for fact in facts { lines.append(pad(fact.name, 60) + left(text(fact.value), 18)) }
    return lines.joined(separator: "\n")
  }

  var json: String {
    var fields = ["\"accounts\":\(accounts)", "\"hash_ns\":\(text(hash))"]
    for row in rows {
      let name = row.name.replacingOccurrences(of: " ", with: "_")
      fields.append("\"\(name)_ns\":\(text(row.nanoseconds))")
      fields.append("\"\(name)_h\":\(text(row.nanoseconds / hash))")
    }
    for fact in facts {
      let name = fact.name.replacingOccurrences(of: " ", with: "_")
      fields.append("\"\(name)\":\(text(fact.value))")
    }
    return "{" + fields.joined(separator: ",") + "}"
  }

  private func text(_ value: Double) -> String { String(format: "%.1f", value) }
  private func pad(_ text: String, _ width: Int) -> String {
    text.padding(toLength: max(width, text.count), withPad: " ", startingAt: 0)
  }
  private func left(_ text: String, _ width: Int) -> String {
    String(repeating: " ", count: max(0, width - text.count)) + text
  }
}
