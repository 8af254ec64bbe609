import Primitives

extension JSONDocument {
  /// Reads a whole document. The caller bounds its length; the depth is bounded here.
  public init(parsing bytes: [UInt8]) throws(JSONError) {
    var parser = JSONParser(bytes)
    self = try parser.document()
  }
}

/// Goes through the bytes of a document.
private struct JSONParser {
  private let bytes: [UInt8]
  private var offset = 0
  private var line = 1
  private var lineStart = 0

  init(_ bytes: [UInt8]) {
    self.bytes = bytes
  }

  mutating func document() throws(JSONError) -> JSONDocument {
    if bytes.starts(with: [0xef, 0xbb, 0xbf]) { throw error("a byte order mark stands before it") }
    skipBlanks()
    let document = try value(depth: 0)
    skipBlanks()
    guard offset == bytes.count else { throw error("something follows the document") }
    return document
  }

  private var place: JSONDocument.Place { .init(line: line, column: offset - lineStart + 1) }
  private var next: UInt8? { offset < bytes.count ? bytes[offset] : nil }

  private func error(_ reason: String, at place: JSONDocument.Place? = nil) -> JSONError {
    JSONError(reason: reason, place: place ?? self.place)
  }

  private mutating func skipBlanks() {
    while let byte = next {
      switch byte {
      case UInt8(ascii: "\n"):
        offset += 1
        line += 1
        lineStart = offset
      case UInt8(ascii: " "), UInt8(ascii: "\t"), UInt8(ascii: "\r"): offset += 1
      default: return
      }
    }
  }

  private mutating func take(_ character: Unicode.Scalar) -> Bool {
    guard next == UInt8(ascii: character) else { return false }
    offset += 1
    return true
  }

  private mutating func value(depth: Int) throws(JSONError) -> JSONDocument {
    guard depth <= EventLogLimits.jsonDepthMax else {
      throw error("values are nested deeper than \(EventLogLimits.jsonDepthMax)")
    }
    let place = place
    let content: JSONDocument.Content
    switch next {
    case UInt8(ascii: "{"): content = try object(depth)
    case UInt8(ascii: "["): content = try array(depth)
    case UInt8(ascii: "\""): content = .text(try text())
    case .some(let byte) where byte == UInt8(ascii: "-") || Self.isDigit(byte):
      content = .number(try number())
    default: content = try word()
    }
    return JSONDocument(content: content, place: place)
  }

  private mutating func word() throws(JSONError) -> JSONDocument.Content {
    let words: [(String, JSONDocument.Content)] = [
      ("null", .null), ("true", .bool(true)), ("false", .bool(false)),
    ]
    for (word, content) in words where bytes[offset...].starts(with: word.utf8) {
      offset += word.utf8.count
      return content
    }
    throw error(offset == bytes.count ? "it ends where a value is missing" : "a value is missing")
  }

  private mutating func object(_ depth: Int) throws(JSONError) -> JSONDocument.Content {
    offset += 1
    var members: [JSONDocument.Member] = []
    // By bytes: Swift takes texts for equal that are only alike.
    var keys: Set<[UInt8]> = []
    skipBlanks()
    if take("}") { return .object([]) }
    while true {
      skipBlanks()
      let keyPlace = place
      guard next == UInt8(ascii: "\"") else {
        throw error(next == UInt8(ascii: "}") ? "a comma stands before `}`" : "a key is missing")
      }
      let key = try text()
      guard keys.insert(Array(key.utf8)).inserted else {
        throw error("the key \"\(PrintableText.line(key))\" stands twice", at: keyPlace)
      }
      skipBlanks()
      guard take(":") else { throw error("a colon is missing") }
      skipBlanks()
      members.append(.init(key: key, place: keyPlace, value: try value(depth: depth + 1)))
      skipBlanks()
      if take("}") { return .object(members) }
      guard take(",") else { throw error("a comma or `}` is missing") }
    }
  }

  private mutating func array(_ depth: Int) throws(JSONError) -> JSONDocument.Content {
    offset += 1
    var values: [JSONDocument] = []
    skipBlanks()
    if take("]") { return .array([]) }
    while true {
      skipBlanks()
      if next == UInt8(ascii: "]") { throw error("a comma stands before `]`") }
      values.append(try value(depth: depth + 1))
      skipBlanks()
      if take("]") { return .array(values) }
      guard take(",") else { throw error("a comma or `]` is missing") }
    }
  }

  private mutating func number() throws(JSONError) -> String {
    let start = offset
    _ = take("-")
    if take("0") {
      if let byte = next, Self.isDigit(byte) { throw error("a number begins with a needless zero") }
    } else {
      try digits()
    }
    if take(".") { try digits() }
    if take("e") || take("E") {
      _ = take("+") || take("-")
      try digits()
    }
    return String(decoding: bytes[start..<offset], as: UTF8.self)
  }

  private mutating func digits() throws(JSONError) {
    let start = offset
    while let byte = next, Self.isDigit(byte) { offset += 1 }
    if offset == start { throw error("a digit is missing") }
  }

  private static func isDigit(_ byte: UInt8) -> Bool {
    (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte)
  }

  private mutating func text() throws(JSONError) -> String {
    let start = place
    offset += 1
    var utf8: [UInt8] = []
    while true {
      guard let byte = next else { throw error("a text has no end", at: start) }
      switch byte {
      case UInt8(ascii: "\""):
        offset += 1
        guard let text = String(validating: utf8, as: UTF8.self) else {
          throw error("a text is not UTF-8", at: start)
        }
        return text
      case UInt8(ascii: "\\"): utf8 += try escape()
      case 0..<0x20: throw error("a control character stands in a text")
      default:
        utf8.append(byte)
        offset += 1
      }
    }
  }

  /// The bytes that an escape stands for.
  private mutating func escape() throws(JSONError) -> [UInt8] {
    let start = place
    offset += 1
    let simple: [UInt8: UInt8] = [
      UInt8(ascii: "\""): UInt8(ascii: "\""), UInt8(ascii: "\\"): UInt8(ascii: "\\"),
      UInt8(ascii: "/"): UInt8(ascii: "/"), UInt8(ascii: "b"): 8, UInt8(ascii: "f"): 12,
      UInt8(ascii: "n"): 10, UInt8(ascii: "r"): 13, UInt8(ascii: "t"): 9,
    ]
    if let byte = next.flatMap({ simple[$0] }) {
      offset += 1
      return [byte]
    }
    guard take("u") else { throw error("an escape is none", at: start) }
    var units = [try unit()]
    if UTF16.isLeadSurrogate(units[0]) {
      guard take("\\"), take("u") else { throw error("half a character is escaped", at: start) }
      units.append(try unit())
    }
    guard let character = String(validating: units, as: UTF16.self) else {
      throw error("half a character is escaped", at: start)
    }
    return Array(character.utf8)
  }

  /// Four hexadecimal digits.
  private mutating func unit() throws(JSONError) -> UInt16 {
    let digits = bytes[offset..<min(offset + 4, bytes.count)]
    guard digits.count == 4, let value = Hex.bytes(Substring(decoding: digits, as: UTF8.self))
    else {
      throw error("four hexadecimal digits are missing")
    }
    offset += 4
    return UInt16(value[0]) << 8 | UInt16(value[1])
  }
}
