import CRDT
import Foundation
import TestSupport

/// A recorded editing session in the format of josephg/editing-traces.
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

  let name: String
  let transactions: [Transaction]
  let endContent: String

  /// `name`.json of the folder `LIVESYNC_EDITING_TRACES`, or of the package's own vectors.
  static func load(_ name: String) throws -> EditingTrace {
    let folder =
      Campaign.text("LIVESYNC_EDITING_TRACES").map { URL(fileURLWithPath: $0, isDirectory: true) }
      ?? PackageFiles.vectors
    let file = folder.appending(path: name + ".json")
    return try EditingTrace(name, JSONSerialization.jsonObject(with: Data(contentsOf: file)))
  }

  init(_ name: String, _ document: Any) throws {
    let document = document as? [String: Any] ?? [:]
    let isConcurrent = document["kind"] as? String == "concurrent"
    self.name = name
    endContent = document["endContent"] as? String ?? ""
    transactions = (document["txns"] as? [[String: Any]] ?? []).enumerated().map { index, entry in
      let parents = entry["parents"] as? [Int]
      return Transaction(
        parents: isConcurrent ? parents ?? [] : index == 0 ? [] : [index - 1],
        agent: entry["agent"] as? Int ?? 0,
        patches: (entry["patches"] as? [[Any]] ?? []).map { patch in
          Patch(
            position: patch[0] as? Int ?? -1, deleted: patch[1] as? Int ?? -1,
            inserted: patch[2] as? String ?? "")
        })
    }
  }
}
