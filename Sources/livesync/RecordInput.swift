import EventLog
import Primitives
import Reconciliation
import StateTrie
import Storage
import Streams

/// The records of one side of `livesync reconcile`: of a file of JSON Lines, or of the state in a
/// node's data directory.
struct RecordInput {
  /// The path as it was given.
  let path: String
  /// In the order in which they were read.
  private(set) var records: [Record] = []
  /// Line of each key of a file, to name both when one comes twice.
  private var lines: [[UInt8]: Int] = [:]

  /// Bytes of a line at most, so that a file without lines is not read whole.
  static let lineBytesMax = 1 << 20

  init(path: String) throws {
    self.path = path
    // A data directory has its store in a folder of its own.
    for folder in [path + "/store", path] where Folder.isFolder(folder) {
      try readState(folder)
      return
    }
    try readFile()
  }

  // MARK: A data directory

  /// Keys are those of the accounts; a state has one version, which is 0 here.
  private mutating func readState(_ folder: String) throws {
    let archive = try LMDBArchive(path: folder)
    var found: [Record] = []
    let result: Result<Void, TrieError>
    result = try archive.read { snapshot throws(StorageError) in
      do throws(TrieError) {
        let missing = try StateTrie.missing(in: snapshot)
        guard missing.isEmpty else { return .success(()) }
        try StateTrie.forEachItem(of: snapshot) { item in
          Record(key: item.key.bytes, version: 0, value: item.value).map { found.append($0) }
          return true
        }
        return .success(())
      } catch { return .failure(error) }
    }
    try result.get()
    guard !found.isEmpty else { throw UsageError("\(path): holds no complete state") }
    records = found
  }

  // MARK: A file

  private mutating func readFile() throws {
    var file = try InputFile(path: path)
    var rest: [UInt8] = []
    var number = 0
    while true {
      let piece = try file.next()
      rest += piece
      var start = rest.startIndex
      while let end = rest[start...].firstIndex(of: UInt8(ascii: "\n")) {
        number += 1
        try take(rest[start..<end], number)
        start = end + 1
      }
      rest.removeSubrange(..<start)
      guard rest.count <= Self.lineBytesMax else {
        throw fault(number + 1, "is longer than \(Self.lineBytesMax) bytes")
      }
      if piece.isEmpty { break }
    }
    if !rest.isEmpty { try take(rest[...], number + 1) }
    lines = [:]
  }

  private mutating func take(_ line: ArraySlice<UInt8>, _ number: Int) throws {
    if line.allSatisfy({ $0 == 0x20 || $0 == 0x09 || $0 == 0x0d }) { return }
    let entry: Entry
    do throws(EntryFault) { entry = try Entry(Array(line)) } catch {
      throw fault(number, error.what)
    }
    let key = Array(entry.key.utf8)
    guard let record = Record(key: key, version: entry.version, value: entry.value) else {
      throw fault(
        number,
        "has a key of \(key.count) bytes, not of 1 to \(ReconciliationLimits.keyBytesMax)")
    }
    if let earlier = lines.updateValue(number, forKey: record.key) {
      throw fault(number, "has the key of line \(earlier)")
    }
    records.append(record)
  }

  private func fault(_ line: Int, _ what: String) -> UsageError {
    UsageError("\(path): line \(line) \(what)")
  }
}

private struct EntryFault: Error {
  let what: String
}

/// One line of a file.
private struct Entry {
  let key: String
  private(set) var version: UInt64 = 0
  /// The bytes that the value stands for.
  let value: [UInt8]

  init(_ line: [UInt8]) throws(EntryFault) {
    let document: JSONDocument
    do throws(JSONError) { document = try JSONDocument(parsing: line) } catch {
      throw EntryFault(what: "is no JSON: \(error.reason) (column \(error.place.column))")
    }
    guard case .object(let members) = document.content else {
      throw EntryFault(what: "is no JSON object")
    }
    var (key, value): (String?, [UInt8]?)
    for member in members {
      switch member.key {
      case "key": key = member.value.text
      case "value": value = member.value.text.map { Array($0.utf8) } ?? member.value.ordered
      case "version":
        guard let version = member.value.whole(UInt64.self) else {
          throw EntryFault(what: "has a 'version' that is no whole number from 0 on")
        }
        self.version = version
      default:
        throw EntryFault(what: "has the unknown member '\(PrintableText.line(member.key))'")
      }
    }
    guard let key else { throw EntryFault(what: "has no text 'key'") }
    guard let value else { throw EntryFault(what: "has no 'value'") }
    (self.key, self.value) = (key, value)
  }
}

extension JSONDocument {
  /// Its JSON without blanks and with the members of objects in order, so that what means the same
  /// has the same bytes. Numbers stay as they are written.
  fileprivate var ordered: [UInt8] { Array(orderedText.utf8) }

  private var orderedText: String {
    switch content {
    case .null: "null"
    case .bool(let flag): flag ? "true" : "false"
    case .number(let digits): digits
    case .text(let text): JSONText.quoted(text)
    case .array(let items): "[" + items.map(\.orderedText).joined(separator: ",") + "]"
    case .object(let members):
      "{"
        + members.sorted { $0.key < $1.key }.map {
          JSONText.quoted($0.key) + ":" + $0.value.orderedText
        }.joined(separator: ",") + "}"
    }
  }
}
