/// Text from outside as it may be shown on a terminal: what would move the cursor, change colours,
/// turn the direction of writing or not show at all is written out as `\u{1b}`.
public enum PrintableText {
  /// One line: line feeds are written out too, so that no text can pose as a line of its own.
  public static func line(_ text: String) -> String {
    escaped(text, keepingLines: false) { "\\u{" + String($0.value, radix: 16) + "}" }
  }

  /// Several lines: line feeds stay.
  public static func lines(_ text: String) -> String {
    escaped(text, keepingLines: true) { "\\u{" + String($0.value, radix: 16) + "}" }
  }

  /// A JSON document: what is written out stands in its strings, as `\u001b`, so that the document
  /// means the same.
  public static func json(_ document: String) -> String {
    escaped(document, keepingLines: true) { scalar in
      String(scalar).utf16.map { unit in
        let digits = String(unit, radix: 16)
        return "\\u" + String(repeating: "0", count: 4 - digits.count) + digits
      }.joined()
    }
  }

  private static func escaped(
    _ text: String, keepingLines: Bool, _ escape: (Unicode.Scalar) -> String
  ) -> String {
    let isPlain = text.utf8.allSatisfy { byte in
      (0x20..<0x7f).contains(byte) || (keepingLines && byte == UInt8(ascii: "\n"))
    }
    if isPlain { return text }
    var result = String.UnicodeScalarView()
    for scalar in text.unicodeScalars {
      if isShown(scalar) || (keepingLines && scalar == "\n") {
        result.append(scalar)
      } else {
        result.append(contentsOf: escape(scalar).unicodeScalars)
      }
    }
    return String(result)
  }

  /// True for what a terminal shows and nothing else.
  private static func isShown(_ scalar: Unicode.Scalar) -> Bool {
    switch scalar.properties.generalCategory {
    case .control, .format, .lineSeparator, .paragraphSeparator, .surrogate, .privateUse,
      .unassigned:
      false
    default: true
    }
  }
}
