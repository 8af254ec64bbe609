import Foundation
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
    let data = Data(line)
    let entry: Entry
    do { entry = try JSONDecoder().decode(Entry.self, from: data) } catch {
      throw fault(number, (error as? EntryFault)?.what ?? Self.shapeFault)
    }
    let value: [UInt8]
    if let text = entry.text {
      value = Array(text.utf8)
    } else {
      let object = try JSONSerialization.jsonObject(with: data) as? [String: Any]
      value = Self.bytes(of: object?["value"] ?? NSNull())
    }
    let key = Array(entry.key.utf8)
    guard let record = Record(key: key, version: entry.version, value: value) else {
      throw fault(
        number,
        "has a key of \(key.count) bytes, not of 1 to \(ReconciliationLimits.keyBytesMax)")
    }
    if let earlier = lines.updateValue(number, forKey: record.key) {
      throw fault(number, "has the key of line \(earlier)")
    }
    records.append(record)
  }

  private static let shapeFault =
    "is no JSON object with a text 'key', a 'value', and if there is one a 'version' from 0 on"

  /// The JSON of a value that is no text, with the members of objects in order.
  private static func bytes(of value: Any) -> [UInt8] {
    let data = try? JSONSerialization.data(
      withJSONObject: value, options: [.sortedKeys, .fragmentsAllowed])
    return data.map(Array.init) ?? []
  }

  private func fault(_ line: Int, _ what: String) -> UsageError {
    UsageError("\(path): line \(line) \(what)")
  }
}

private struct EntryFault: Error {
  let what: String
}

/// One line of a file.
private struct Entry: Decodable {
  let key: String
  let version: UInt64
  /// The value if it is a text.
  let text: String?

  private struct Member: CodingKey, Hashable {
    let stringValue: String
    var intValue: Int? { nil }

    init(stringValue: String) { self.stringValue = stringValue }
    init?(intValue: Int) { nil }

    static let key = Member(stringValue: "key")
    static let version = Member(stringValue: "version")
    static let value = Member(stringValue: "value")
    static let all: Set<Member> = [key, version, value]
  }

  init(from decoder: any Decoder) throws {
    let members = try decoder.container(keyedBy: Member.self)
    let unknown = members.allKeys.filter { !Member.all.contains($0) }.map(\.stringValue)
    if let name = unknown.min() {
      throw EntryFault(what: "has the unknown member '\(PrintableText.line(name))'")
    }
    guard members.contains(.value) else { throw EntryFault(what: "has no 'value'") }
    key = try members.decode(String.self, forKey: .key)
    version = try members.decodeIfPresent(UInt64.self, forKey: .version) ?? 0
    text = try? members.decode(String.self, forKey: .value)
  }
}
