import EventLog
import Ledger
import Primitives
import Streams

/// Why a genesis file cannot be used: which file, where in it, and what is wrong there. A struct
/// over a private enum, so that cases can be added.
public struct GenesisFileError: Error, Equatable, Sendable, CustomStringConvertible {
  fileprivate enum Kind: Equatable {
    case unreadable(StreamError)
    case syntax(String)
    case unknownKey(String)
    case missingKey(String)
    case wrongValue(key: String, rule: String)
    case duplicate(what: String)
    case contradiction(String)
    case wrongHash(key: String, stated: Hash256, computed: Hash256)
  }

  fileprivate let kind: Kind
  /// The file as it was named.
  public let file: String
  /// Where in it; nil if it could not be read.
  public let place: JSONDocument.Place?

  /// The file cannot be read, or is larger than `ProductionLimits.genesisBytesMax`.
  static func unreadable(_ error: StreamError) -> GenesisFileError {
    .init(kind: .unreadable(error), file: error.path, place: nil)
  }
  /// The file is no JSON document.
  static func syntax(_ error: JSONError, in file: String) -> GenesisFileError {
    .init(kind: .syntax(error.reason), file: file, place: error.place)
  }

  /// True if the hash in the file is not that of its content.
  public var isWrongHash: Bool {
    if case .wrongHash = kind { true } else { false }
  }

  public var description: String {
    let what =
      switch kind {
      case .unreadable(let error): error.description
      case .syntax(let reason): "this is no JSON document: \(reason)"
      case .unknownKey(let key): "unknown key '\(key)'"
      case .missingKey(let key): "the key '\(key)' is missing"
      case .wrongValue(let key, let rule): "\(key) \(rule)"
      case .duplicate(let what): "\(what) comes twice"
      case .contradiction(let what): what
      case .wrongHash(let key, let stated, let computed):
        "\(key) is \(stated), but the content has \(computed)"
      }
    guard let place else { return what }
    return PrintableText.line("\(file): \(place): \(what)")
  }
}

/// A part of a genesis file, which knows where it stands.
struct GenesisPart {
  let file: String
  let place: JSONDocument.Place
  private let members: [JSONDocument.Member]

  /// The object `document`, which has no other keys than `known`. `what` names it in errors.
  init(
    _ document: JSONDocument, _ what: String, known: [String], in file: String
  ) throws(GenesisFileError) {
    self.file = file
    place = document.place
    guard case .object(let members) = document.content else {
      throw .init(
        kind: .wrongValue(key: what, rule: "is no object"), file: file, place: document.place)
    }
    for member in members where !known.contains(member.key) {
      throw .init(kind: .unknownKey(member.key), file: file, place: member.place)
    }
    self.members = members
  }

  func optional(_ key: String) -> JSONDocument? { members.first { $0.key == key }?.value }

  func value(_ key: String) throws(GenesisFileError) -> JSONDocument {
    guard let value = optional(key) else {
      throw .init(kind: .missingKey(key), file: file, place: place)
    }
    return value
  }

  /// The whole number of `key`; `otherwise` if the key is left out.
  func whole<Value: FixedWidthInteger>(
    _ key: String, in range: ClosedRange<Value>, otherwise: Value? = nil
  ) throws(GenesisFileError) -> Value {
    if let otherwise, optional(key) == nil { return otherwise }
    let value = try value(key)
    guard let number: Value = value.whole(), range.contains(number) else {
      throw wrong(
        key, "is no whole number from \(range.lowerBound) to \(range.upperBound)", at: value)
    }
    return number
  }

  /// The bytes that `key` has as lower-case hexadecimal digits.
  func bytes(_ key: String, count: ClosedRange<Int>) throws(GenesisFileError) -> [UInt8] {
    let value = try value(key)
    guard let text = value.text, count.contains(text.utf8.count / 2),
      let bytes = Hex.bytes(text), Hex.string(bytes) == text
    else {
      let digits =
        count.count == 1
        ? "\(2 * count.upperBound)" : "\(2 * count.lowerBound) to \(2 * count.upperBound)"
      throw wrong(key, "is no text of \(digits) lower-case hexadecimal digits", at: value)
    }
    return bytes
  }

  func hash(_ key: String) throws(GenesisFileError) -> Hash256 {
    let count = Hash256.byteCount
    guard let hash = Hash256(bytes: try bytes(key, count: count...count)) else {
      throw wrong(key, "is no hash", at: try value(key))
    }
    return hash
  }

  func list(_ key: String) throws(GenesisFileError) -> [JSONDocument] {
    let value = try value(key)
    guard case .array(let list) = value.content else { throw wrong(key, "is no list", at: value) }
    return list
  }

  func wrong(_ key: String, _ rule: String, at value: JSONDocument) -> GenesisFileError {
    .init(kind: .wrongValue(key: key, rule: rule), file: file, place: value.place)
  }

  func duplicate(_ what: String) -> GenesisFileError {
    .init(kind: .duplicate(what: what), file: file, place: place)
  }

  func contradiction(_ what: String) -> GenesisFileError {
    .init(kind: .contradiction(what), file: file, place: place)
  }

  /// Refuses the hash of `key` if it is not that of the content.
  func check(
    _ key: String, _ stated: Hash256, computed: Hash256
  ) throws(GenesisFileError) {
    guard stated != computed else { return }
    throw .init(
      kind: .wrongHash(key: key, stated: stated, computed: computed), file: file,
      place: try value(key).place)
  }
}
