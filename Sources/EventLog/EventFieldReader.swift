import Primitives

/// Gives the fields of an event one after another: from a line of a log, or made up to find out
/// which fields an event has.
public protocol EventFieldReader: AnyObject {
  /// True if the next field is this one.
  func has(_ field: EventField) throws(EventLogError) -> Bool
  /// The next field, which must be this one and an unsigned integer.
  func unsigned(_ field: EventField, atMost limit: UInt64) throws(EventLogError) -> UInt64
  /// The next field, which must be this one and a text of this form.
  func text(_ field: EventField, as form: EventTextForm) throws(EventLogError) -> String
  /// The error that says that the field last read breaks `rule`.
  func invalid(_ field: EventField, _ rule: String) -> EventLogError
}

/// What the text of a field looks like.
public enum EventTextForm: Sendable, Hashable, CustomStringConvertible {
  /// Any text.
  case text
  /// 64 lower-case hexadecimal digits.
  case hash
  /// The same, of a key that somebody signs with.
  case publicKey
  /// 0…126 lower-case hexadecimal digits.
  case key
  /// Bytes as pairs of lower-case hexadecimal digits.
  case data
  /// `p` and a decimal number.
  case peer
  /// One of these words.
  case symbol([String])

  public var description: String {
    switch self {
    case .text: "text"
    case .hash: "hash"
    case .publicKey: "public key"
    case .key: "key"
    case .data: "data"
    case .peer: "peer"
    case .symbol(let words): words.map { "`\($0)`" }.joined(separator: ", ")
    }
  }
}

extension EventFieldReader {
  /// The next field as an integer of this type.
  public func integer<Value: FixedWidthInteger>(_ field: EventField) throws(EventLogError) -> Value
  {
    Value(truncatingIfNeeded: try unsigned(field, atMost: UInt64(Value.max)))
  }

  /// The next field as a text.
  public func text(_ field: EventField) throws(EventLogError) -> String {
    try text(field, as: .text)
  }

  /// The next field as a hash.
  public func hash(_ field: EventField) throws(EventLogError) -> Hash256 {
    try hash(field, as: .hash)
  }

  /// The next field as a public key.
  public func publicKey(_ field: EventField) throws(EventLogError) -> PublicKey {
    PublicKey(raw: try hash(field, as: .publicKey))
  }

  private func hash(
    _ field: EventField, as form: EventTextForm
  ) throws(EventLogError) -> Hash256 {
    let digits = try text(field, as: form)
    guard let hash = Hash256(hex: digits), hash.hex == digits else {
      throw invalid(field, "is not 64 lower-case hexadecimal digits")
    }
    return hash
  }

  /// The next field as a key.
  public func key(_ field: EventField) throws(EventLogError) -> KeyNibbles {
    let digits = try text(field, as: .key)
    guard let key = KeyNibbles(digits), key.hex == digits else {
      throw invalid(field, "is not 0 to 126 lower-case hexadecimal digits")
    }
    return key
  }

  /// The next field as bytes.
  public func data(_ field: EventField) throws(EventLogError) -> [UInt8] {
    let digits = try text(field, as: .data)
    guard let bytes = Hex.bytes(digits), Hex.string(bytes) == digits else {
      throw invalid(field, "is not pairs of lower-case hexadecimal digits")
    }
    return bytes
  }

  /// The next field as the number of a peer.
  public func peer(_ field: EventField) throws(EventLogError) -> UInt32 {
    let name = try text(field, as: .peer)
    guard let number = UInt32(name.dropFirst()), name == "p\(number)" else {
      throw invalid(field, "is not `p` and a decimal number")
    }
    return number
  }

  /// The next field as one word of a closed set.
  public func symbol<Symbol: EventSymbol>(_ field: EventField) throws(EventLogError) -> Symbol {
    let words = Symbol.allCases.map(\.rawValue)
    guard let symbol = Symbol(rawValue: try text(field, as: .symbol(words))) else {
      throw invalid(field, "is none of \(words.joined(separator: ", "))")
    }
    return symbol
  }

  /// The next field as an integer if it is this one, else nil.
  public func optionalInteger<Value: FixedWidthInteger>(
    _ field: EventField
  ) throws(EventLogError) -> Value? {
    try has(field) ? try integer(field) : nil
  }

  /// The next field as a key if it is this one, else nil.
  public func optionalKey(_ field: EventField) throws(EventLogError) -> KeyNibbles? {
    try has(field) ? try key(field) : nil
  }

  /// The next field as the number of a peer if it is this one, else nil.
  public func optionalPeer(_ field: EventField) throws(EventLogError) -> UInt32? {
    try has(field) ? try peer(field) : nil
  }
}
