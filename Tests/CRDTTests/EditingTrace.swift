import CRDT
import Foundation
import TestSupport

/// A recorded editing session in the format of josephg/editing-traces, whose recordings (CC BY 4.0)
/// are read, unpacked, from the folder `LIVESYNC_EDITING_TRACES`.
struct EditingTrace {
  struct Transaction {
    let parents: [Int]
    let agent: Int
    let patches: [Patch]
  }

  struct Patch {
    let position: Int
    let deleted: Int
    let inserted: String
  }

  let transactions: [Transaction]
  let endContent: String

  /// The folder of the recordings, nil if there is none.
  static var recordings: URL? {
    Campaign.text("LIVESYNC_EDITING_TRACES").map { URL(fileURLWithPath: $0, isDirectory: true) }
  }

  /// The sessions of several authors.
  static var concurrent: [String] {
    ["small-trace"] + (recordings == nil ? [] : ["friendsforever", "clownschool"])
  }

  init(_ name: String) throws {
    let folder =
      name == "small-trace"
      ? PackageFiles.root.appending(path: "Fixtures/Vectors") : Self.recordings
    let data = try Data(contentsOf: (folder ?? PackageFiles.root).appending(path: name + ".json"))
    let document = try JSONSerialization.jsonObject(with: data) as? [String: Any] ?? [:]
    let isConcurrent = document["kind"] as? String == "concurrent"
    endContent = document["endContent"] as? String ?? ""
    transactions = (document["txns"] as? [[String: Any]] ?? []).enumerated().map { index, entry in
      let parents = entry["parents"] as? [Int] ?? []
      return Transaction(
        parents: isConcurrent ? parents : index == 0 ? [] : [index - 1],
        agent: entry["agent"] as? Int ?? 0,
        patches: (entry["patches"] as? [[Any]] ?? []).map { patch in
          Patch(
            position: patch[0] as? Int ?? -1, deleted: patch[1] as? Int ?? -1,
            inserted: patch[2] as? String ?? "")
        })
    }
  }

  /// The changes of each transaction, made by a replica for each author that has what its parents
  /// had, and the texts of the authors at the end.
  func replayed(ids: [UInt64]) throws -> (deltas: [[TextDelta]], texts: [RGAText]) {
    var texts = ids.map { _ in RGAText() }
    var known = ids.map { _ in Set<Int>() }
    var deltas: [[TextDelta]] = []
    for (number, transaction) in transactions.enumerated() {
      let agent = transaction.agent
      var open = transaction.parents
      var missing: [Int] = []
      while let next = open.popLast() {
        guard known[agent].insert(next).inserted else { continue }
        missing.append(next)
        open += transactions[next].parents
      }
      for number in missing.sorted() {
        for delta in deltas[number] { try texts[agent].merge(delta: delta) }
      }
      deltas.append(
        try transaction.patches.flatMap {
          try $0.apply(to: &texts[agent], as: ReplicaID(ids[agent]))
        })
      known[agent].insert(number)
    }
    return (deltas, texts)
  }
}

extension EditingTrace.Patch {
  func apply(to text: inout RGAText, as replica: ReplicaID) throws -> [TextDelta] {
    var deltas: [TextDelta] = []
    if deleted > 0 { deltas.append(try text.delete(position..<position + deleted)) }
    if !inserted.isEmpty {
      deltas.append(try text.insert(inserted, at: position, as: text.nextDot(of: replica)))
    }
    return deltas
  }
}
