import EventLog
import Primitives

/// The one thing that a story is about.
public enum StorySubject: Sendable, Hashable {
  /// The chunk that the record with this number is about.
  case chunkRecord(UInt64)
  /// Chunks with this first key; with an end, only those that end there.
  case chunkKeys(start: String, end: String?)
  case blockNumber(UInt64)
  /// The block whose hash begins with these digits.
  case blockHash(String)
  /// The peer with this name, such as `p3`.
  case peer(String)
  /// The peer whose public key begins with these digits.
  case identity(String)
  case request(UInt64)
  /// The snapshot whose hash begins with these digits.
  case snapshotHash(String)
  /// The snapshots of this block.
  case snapshotBlock(UInt64)

  /// What a story can be about, as the command line calls it.
  public enum Kind: String, CaseIterable, Sendable {
    case chunk
    case block
    case peer
    case request
    case snapshot

    /// How an identity of this kind is written.
    public var form: String {
      switch self {
      case .chunk: "the number (seq) of a record about the chunk, or its keys as 0a1f..0b20"
      case .block: "a number, or 0x and at least 4 digits of a hash"
      case .peer: "a name such as p3, or 0x and at least 4 digits of a public key"
      case .request: "the number (req) of a request"
      case .snapshot: "the number of its block, or 0x and at least 4 digits of its hash"
      }
    }
  }

  /// The subject that `text` names; nil if it is no identity of this kind.
  public init?(_ kind: Kind, _ text: String) {
    let number = UInt64(text).flatMap { "\($0)" == text ? $0 : nil }
    switch kind {
    case .chunk:
      if let number {
        self = .chunkRecord(number)
        return
      }
      guard let dots = text.firstRange(of: "..") else { return nil }
      let (start, end) = (text[..<dots.lowerBound], text[dots.upperBound...])
      guard Self.isKey(start), Self.isKey(end) else { return nil }
      self = .chunkKeys(start: String(start), end: end.isEmpty ? nil : String(end))
    case .block:
      if let number {
        self = .blockNumber(number)
      } else if let digits = Self.digits(text) {
        self = .blockHash(digits)
      } else {
        return nil
      }
    case .peer:
      if let digits = Self.digits(text) {
        self = .identity(digits)
      } else {
        guard text.first == "p", let number = UInt32(text.dropFirst()), "p\(number)" == text
        else { return nil }
        self = .peer(text)
      }
    case .request:
      guard let number else { return nil }
      self = .request(number)
    case .snapshot:
      if let number {
        self = .snapshotBlock(number)
      } else if let digits = Self.digits(text) {
        self = .snapshotHash(digits)
      } else {
        return nil
      }
    }
  }

  public var kind: Kind {
    switch self {
    case .chunkRecord, .chunkKeys: .chunk
    case .blockNumber, .blockHash: .block
    case .peer, .identity: .peer
    case .request: .request
    case .snapshotHash, .snapshotBlock: .snapshot
    }
  }

  /// The identity as it can be given again.
  var identity: String {
    switch self {
    case .chunkRecord(let number), .blockNumber(let number), .request(let number),
      .snapshotBlock(let number):
      "\(number)"
    case .chunkKeys(let start, let end): "\(start)..\(end ?? "")"
    case .blockHash(let digits), .identity(let digits), .snapshotHash(let digits): "0x" + digits
    case .peer(let name): name
    }
  }

  private static func isKey(_ text: Substring) -> Bool {
    text.count <= keyDigitsMax && text.allSatisfy(isDigit)
  }

  /// The digits after `0x`, or a whole hash without it.
  private static func digits(_ text: String) -> String? {
    let digits = text.hasPrefix("0x") ? text.dropFirst(2) : text.count == 64 ? text[...] : ""
    guard (4...64).contains(digits.count), digits.allSatisfy(isDigit) else { return nil }
    return String(digits)
  }

  private static func isDigit(_ character: Character) -> Bool {
    character.isASCII && character.isHexDigit && !character.isUppercase
  }

  private static let keyDigitsMax = 126
}

extension StorySubject {
  /// True if the record itself is about the subject, whatever is said around it.
  func isAbout(_ record: StoryRecord) -> Bool {
    switch self {
    case .chunkRecord(let number): record.sequence == number
    case .chunkKeys(let start, let end):
      record.group == "chunk" && record.text(.startKey) == start
        && (end == nil || record.text(.endKey) == end)
    case .blockNumber(let number): record.number(.block) == number || isBetween(number, record)
    case .blockHash(let digits):
      [record.text(.hash), record.text(.otherHash)].contains { $0?.hasPrefix(digits) ?? false }
        && !Self.snapshotGroups.contains(String(record.group))
    case .peer(let name): record.peer == name || record.text(.target) == name
    case .identity(let digits): record.text(.identity)?.hasPrefix(digits) ?? false
    case .request(let number): record.record.request == number
    case .snapshotHash(let digits):
      [record.text(.snapshot), isOfSnapshots(record) ? record.text(.hash) : nil]
        .contains { $0?.hasPrefix(digits) ?? false }
    case .snapshotBlock(let number): isOfSnapshots(record) && record.number(.block) == number
    }
  }

  private func isBetween(_ number: UInt64, _ record: StoryRecord) -> Bool {
    guard let first = record.number(.first), let last = record.number(.last) else { return false }
    return (min(first, last)...max(first, last)).contains(number)
  }

  private func isOfSnapshots(_ record: StoryRecord) -> Bool {
    record.value("snapshot") != nil || Self.snapshotGroups.contains(String(record.group))
  }

  /// Groups whose `hash` is that of a snapshot's manifest.
  private static let snapshotGroups: Set<String> = ["snapshot", "joining"]
}
