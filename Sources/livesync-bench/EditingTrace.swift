import CRDT
import Compression
import EventLog
import Streams

/// A recorded editing session in the format of josephg/editing-traces.
package struct EditingTrace: Sendable {
  package struct Transaction: Sendable {
    /// The numbers of earlier transactions that its author had.
    package let parents: [Int]
    package let agent: Int
    package let patches: [Patch]
  }

  package struct Patch: Sendable {
    package let position: Int
    package let deleted: Int
    package let inserted: String
  }

  /// The recordings that are replayed.
  package static let names = ["automerge-paper", "friendsforever", "clownschool"]
  /// Bytes of an unpacked recording.
  private static let bytesMax = 256 << 20

  package let name: String
  package let transactions: [Transaction]
  package let endContent: String
  package var authors: Int { 1 + (transactions.map(\.agent).max() ?? 0) }

  /// Reads NAME.json.gz, or NAME.json, of a folder.
  package init(_ name: String, in folder: String) throws {
    let path = "\(folder)/\(name).json"
    let bytes: [UInt8]
    if var packed = try? InputFile(path: path + ".gz") {
      bytes = try Self.unpacked(try packed.all(limit: Self.bytesMax))
    } else {
      var file = try InputFile(path: path)
      bytes = try file.all(limit: Self.bytesMax)
    }
    let document: JSONDocument
    do { document = try JSONDocument(parsing: bytes) } catch {
      throw BenchmarkError("'\(path)': \(error)")
    }
    guard let end = document["endContent"]?.text, let entries = document["txns"]?.array else {
      throw BenchmarkError("'\(path)' is no editing trace")
    }
    let isConcurrent = document["kind"]?.text == "concurrent"
    self.name = name
    endContent = end
    transactions = try entries.enumerated().map { index, entry in
      let parents = entry["parents"]?.array ?? []
      let transaction = Transaction(
        parents: isConcurrent
          ? parents.map { $0.whole() ?? -1 } : Array(max(0, index - 1)..<index),
        agent: entry["agent"]?.whole() ?? 0,
        patches: (entry["patches"]?.array ?? []).map { patch in
          let parts = patch.array ?? []
          return Patch(
            position: parts.first?.whole() ?? -1, deleted: parts.dropFirst().first?.whole() ?? -1,
            inserted: parts.dropFirst(2).first?.text ?? "")
        })
      guard transaction.parents.allSatisfy((0..<index).contains),
        (0..<CRDTLimits.replicasMax).contains(transaction.agent),
        transaction.patches.allSatisfy({ $0.position >= 0 && $0.deleted >= 0 })
      else { throw BenchmarkError("'\(path)': \(entry.place): no transaction of a trace") }
      return transaction
    }
  }

  private static func unpacked(_ bytes: [UInt8]) throws -> [UInt8] {
    let stream = InflateStream(.gzip, limit: bytesMax)
    stream.feed(bytes)
    var content: [UInt8] = []
    while true {
      let piece = try stream.next()
      if piece.isEmpty { break }
      content += piece
    }
    guard stream.isEnded else { throw BenchmarkError("a packed trace is cut off") }
    return content
  }

  /// The changes of each transaction, made by a replica for each author that has what its parents
  /// had, and the texts of the authors at the end.
  package func replayed(ids: [UInt64]) throws -> (deltas: [[TextDelta]], texts: [RGAText]) {
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
  package func apply(to text: inout RGAText, as replica: ReplicaID) throws -> [TextDelta] {
    var deltas: [TextDelta] = []
    if deleted > 0 { deltas.append(try text.delete(position..<position + deleted)) }
    if !inserted.isEmpty {
      deltas.append(try text.insert(inserted, at: position, as: text.nextDot(of: replica)))
    }
    return deltas
  }
}

extension JSONDocument {
  fileprivate subscript(key: String) -> JSONDocument? {
    guard case .object(let members) = content else { return nil }
    return members.first { $0.key == key }?.value
  }

  fileprivate var array: [JSONDocument]? {
    if case .array(let values) = content { values } else { nil }
  }
}
