/// Texts as JSON strings (RFC 8259, section 7).
public enum JSONText {
  /// `value` as a JSON string, whole, however long it is.
  public static func quoted(_ value: String) -> String {
    var bytes: [UInt8] = []
    append(value, to: &bytes)
    return String(decoding: bytes, as: UTF8.self)
  }

  /// Appends `value` as a JSON string.
  static func append(_ value: String, to bytes: inout [UInt8]) {
    var value = value
    value.withUTF8 { text in
      bytes.append(UInt8(ascii: "\""))
      if text.allSatisfy(isPlain) {
        bytes.append(contentsOf: text)
      } else {
        for byte in text {
          if isPlain(byte) { bytes.append(byte) } else { bytes += escaped(byte) }
        }
      }
      bytes.append(UInt8(ascii: "\""))
    }
  }

  /// True for a byte that can stand in a text as it is.
  private static func isPlain(_ byte: UInt8) -> Bool {
    byte >= 0x20 && byte != UInt8(ascii: "\"") && byte != UInt8(ascii: "\\")
  }

  /// The escape of a byte that cannot stand in a text: the short one if JSON has one that is in
  /// common use.
  static func escaped(_ byte: UInt8) -> [UInt8] {
    switch byte {
    case UInt8(ascii: "\n"): Array(#"\n"#.utf8)
    case UInt8(ascii: "\r"): Array(#"\r"#.utf8)
    case UInt8(ascii: "\t"): Array(#"\t"#.utf8)
    case 0..<0x20: Array(#"\u00"#.utf8) + [digit(byte >> 4), digit(byte & 15)]
    default: [UInt8(ascii: "\\"), byte]
    }
  }

  /// The lower-case hexadecimal digit of a value below 16.
  static func digit(_ value: UInt8) -> UInt8 {
    value < 10 ? UInt8(ascii: "0") + value : UInt8(ascii: "a") + value - 10
  }
}
