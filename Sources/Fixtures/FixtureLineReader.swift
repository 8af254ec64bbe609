import Primitives

/// Reads the fields of one line, exactly as `FixtureLineWriter` writes them: whatever the bytes
/// are, the result is the fields or an error that names the line.
struct FixtureLineReader {
  private let bytes: ArraySlice<UInt8>
  private var offset: Int
  /// Number of the line, from 1.
  let number: Int

  /// A reader of one line without its line feed.
  init(_ bytes: ArraySlice<UInt8>, number: Int) throws(FixtureError) {
    self.bytes = bytes
    self.number = number
    offset = bytes.startIndex
    guard take("{") else { throw .syntax(expected: "`{`", line: number) }
  }

  mutating func integer<Value: FixedWidthInteger & UnsignedInteger>(
    _ name: String, atMost limit: Value = .max
  ) throws(FixtureError) -> Value {
    try key(name)
    let start = offset
    while offset < bytes.endIndex, (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(bytes[offset]) {
      offset += 1
    }
    let digits = String(decoding: bytes[start..<offset], as: UTF8.self)
    guard let value = Value(digits), String(value) == digits else {
      throw invalid(name, "is no unsigned integer of \(Value.bitWidth) bits")
    }
    guard value <= limit else { throw invalid(name, "is above \(limit)") }
    return value
  }

  mutating func text(_ name: String) throws(FixtureError) -> String {
    String(decoding: try content(name), as: UTF8.self)
  }

  /// Lower-case hexadecimal digits, two a byte.
  mutating func hex(_ name: String) throws(FixtureError) -> [UInt8] {
    let digits = try content(name)
    let isLower = digits.allSatisfy {
      (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0)
        || (UInt8(ascii: "a")...UInt8(ascii: "f")).contains($0)
    }
    guard isLower, let value = Hex.bytes(Substring(decoding: digits, as: UTF8.self)) else {
      throw invalid(name, "is not lower-case hexadecimal, two digits a byte")
    }
    return value
  }

  mutating func hash(_ name: String) throws(FixtureError) -> Hash256 {
    guard let hash = Hash256(bytes: try hex(name)) else {
      throw invalid(name, "is not a hash of \(Hash256.byteCount) bytes")
    }
    return hash
  }

  /// A value in its wire form.
  mutating func value<Value: WireCodable>(_ name: String) throws(FixtureError) -> Value {
    let wire = try hex(name)
    do throws(WireError) {
      return try Value(wireBytes: wire)
    } catch {
      throw invalid(name, "cannot be decoded: \(error)")
    }
  }

  /// Words separated by single blanks; none for an empty text.
  mutating func words(_ name: String) throws(FixtureError) -> [String] {
    let text = try text(name)
    if text.isEmpty { return [] }
    let words = text.split(separator: " ", omittingEmptySubsequences: false).map(String.init)
    guard !words.contains("") else { throw invalid(name, "has blanks that separate nothing") }
    return words
  }

  /// Says that the record has no more fields.
  mutating func finish() throws(FixtureError) {
    guard take("}"), offset == bytes.endIndex else {
      throw .syntax(expected: "`}` and the end of the line", line: number)
    }
  }

  /// The error that says that a field breaks a rule.
  func invalid(_ name: String, _ rule: String) -> FixtureError {
    .field(name, rule, line: number)
  }

  private mutating func content(_ name: String) throws(FixtureError) -> ArraySlice<UInt8> {
    try key(name)
    guard take("\"") else { throw invalid(name, "is no text") }
    let start = offset
    while offset < bytes.endIndex, FixtureLineWriter.isPlain(bytes[offset]) { offset += 1 }
    let end = offset
    guard take("\"") else {
      throw invalid(name, "has something else than plain ASCII, or no end")
    }
    return bytes[start..<end]
  }

  private mutating func key(_ name: String) throws(FixtureError) {
    let isFirst = offset == bytes.startIndex + 1
    guard isFirst || take(","), take("\"\(name)\":") else {
      throw .syntax(expected: "the field \(name)", line: number)
    }
  }

  private mutating func take(_ text: String) -> Bool {
    guard bytes[offset...].starts(with: text.utf8) else { return false }
    offset += text.utf8.count
    return true
  }
}
