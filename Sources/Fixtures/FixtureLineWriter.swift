import Primitives

/// Writes one record as one line of JSON: flat, keys in the order of the calls, unsigned integers
/// and texts only, no blanks, so that one record has exactly one line.
struct FixtureLineWriter {
  private(set) var bytes: [UInt8] = [UInt8(ascii: "{")]

  /// A line of this kind of record.
  init(record: String) {
    text("record", record)
  }

  mutating func integer(_ name: String, _ value: some UnsignedInteger) {
    key(name)
    bytes.append(contentsOf: String(value).utf8)
  }

  /// A text of printable ASCII without quotes and backslashes, so that nothing is ever escaped.
  mutating func text(_ name: String, _ value: String) {
    precondition(
      value.utf8.allSatisfy(Self.isPlain), "the text of \(name) is not plain: \(value)")
    key(name)
    quoted { $0.append(contentsOf: value.utf8) }
  }

  /// Bytes as lower-case hexadecimal digits.
  mutating func hex(_ name: String, _ value: [UInt8]) {
    text(name, Hex.string(value))
  }

  mutating func hash(_ name: String, _ value: Hash256) {
    text(name, value.hex)
  }

  /// The whole line with its line feed.
  consuming func line() -> [UInt8] {
    bytes + Array("}\n".utf8)
  }

  /// True for a byte that may stand in a text.
  static func isPlain(_ byte: UInt8) -> Bool {
    (0x20...0x7e).contains(byte) && byte != UInt8(ascii: "\"") && byte != UInt8(ascii: "\\")
  }

  private mutating func key(_ name: String) {
    if bytes.count > 1 { bytes.append(UInt8(ascii: ",")) }
    quoted { $0.append(contentsOf: name.utf8) }
    bytes.append(UInt8(ascii: ":"))
  }

  private mutating func quoted(_ body: (inout [UInt8]) -> Void) {
    bytes.append(UInt8(ascii: "\""))
    body(&bytes)
    bytes.append(UInt8(ascii: "\""))
  }
}
