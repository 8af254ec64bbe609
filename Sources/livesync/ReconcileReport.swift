import Foundation
import Primitives
import Reconciliation
import Streams

/// What `livesync reconcile` says of a comparison.
struct ReconcileReport {
  /// What a comparison took.
  struct Figures {
    var strategies: [StrategyID]
    var reason: String
    var rounds: Int
    var sentBytes: Int
    var receivedBytes: Int
    /// What it took, or would take.
    var time: Duration
    /// How that line ends.
    var note: String
    /// Further members of the JSON object.
    var more: [String: Any] = [:]
  }

  /// One key that differs.
  private struct Line {
    let key: [UInt8]
    let a: Record?
    let b: Record?

    var sign: String { a == nil ? ">" : b == nil ? "<" : "|" }
  }

  private let figures: Figures
  private let counts: (a: UInt64, b: UInt64)
  private let lines: [Line]

  /// - Parameters:
  ///   - counts: records of both sides.
  ///   - onlyA: the records that only A has; `onlyB` those that only B has.
  init(_ figures: Figures, counts: (a: UInt64, b: UInt64), onlyA: [Record], onlyB: [Record]) {
    self.figures = figures
    self.counts = counts
    func byKey(_ records: [Record]) -> [[UInt8]: Record] {
      Dictionary(records.map { ($0.key, $0) }) { first, _ in first }
    }
    let (a, b) = (byKey(onlyA), byKey(onlyB))
    lines = Set(a.keys).union(b.keys).sorted { $0.lexicographicallyPrecedes($1) }.map {
      Line(key: $0, a: a[$0], b: b[$0])
    }
  }

  func show(withRecords: Bool, asJSON: Bool) {
    if asJSON { return Console.printJSON(json(withRecords: withRecords)) }
    if withRecords {
      for line in lines {
        let versions = [line.a, line.b].compactMap { $0.map { "\($0.version)" } }
        Console.print(
          "\(line.sign) \(Self.text(line.key))  version \(versions.joined(separator: " and "))")
      }
    }
    Console.print(summary)
  }

  /// A key as text if it is one, else in hexadecimal digits.
  private static func text(_ key: [UInt8]) -> String {
    String(validating: key, as: UTF8.self).map(PrintableText.line) ?? "0x" + Hex.string(key)
  }

  static func seconds(_ time: Duration) -> String {
    String(format: "%.3f s", Double(time.wholeNanoseconds) / 1e9)
  }

  private var shares: (onlyA: Int, onlyB: Int, both: Int) {
    let onlyA = lines.count { $0.b == nil }
    let onlyB = lines.count { $0.a == nil }
    return (onlyA, onlyB, lines.count - onlyA - onlyB)
  }

  private var strategies: String {
    figures.strategies.isEmpty
      ? "none, the roots are equal" : figures.strategies.map(\.name).joined(separator: ", then ")
  }

  private var summary: String {
    let (onlyA, onlyB, both) = shares
    let shared = "\(onlyA) only in A, \(onlyB) only in B, \(both) in two versions"
    let because = figures.reason.isEmpty ? "" : " (\(figures.reason))"
    return """
      records    \(counts.a) in A, \(counts.b) in B
      different  \(lines.count) keys: \(shared)
      strategy   \(strategies)\(because)
      rounds     \(figures.rounds)
      bytes      \(figures.sentBytes) sent by A, \(figures.receivedBytes) by B
      time       \(Self.seconds(figures.time))\(figures.note)
      """
  }

  private func json(withRecords: Bool) -> String {
    let (onlyA, onlyB, both) = shares
    var object: [String: Any] = [
      "records_a": counts.a, "records_b": counts.b, "different_keys": lines.count,
      "only_a": onlyA, "only_b": onlyB, "two_versions": both,
      "strategies": figures.strategies.map(\.name), "reason": figures.reason,
      "rounds": figures.rounds, "sent_bytes": figures.sentBytes,
      "received_bytes": figures.receivedBytes,
    ]
    object.merge(figures.more) { $1 }
    if withRecords {
      object["records"] = lines.map { line -> [String: Any] in
        var entry: [String: Any] = ["key_hex": Hex.string(line.key)]
        if let text = String(validating: line.key, as: UTF8.self) { entry["key"] = text }
        if let a = line.a { entry["version_a"] = a.version }
        if let b = line.b { entry["version_b"] = b.version }
        return entry
      }
    }
    return DbJSON.text(object)
  }
}
