import Primitives
import TestSupport
import Testing

@Suite struct PrintableTextTests {
  /// What could move a cursor, colour a terminal, turn the direction of writing, or hide.
  private static let dangerous: [Unicode.Scalar] =
    (0..<0x20).map { Unicode.Scalar(UInt8($0)) } + (0x7f..<0xa0).map { Unicode.Scalar(UInt8($0)) }
    + [
      "\u{ad}", "\u{61c}", "\u{200b}", "\u{200e}", "\u{202e}", "\u{2028}", "\u{2029}", "\u{2066}",
      "\u{2069}", "\u{feff}", "\u{e000}", "\u{e0041}", "\u{fffe}",
    ]

  @Test func line_shouldWriteOut_whatATerminalObeys() {
    for scalar in Self.dangerous {
      let text = PrintableText.line("a\(scalar)b")
      #expect(text == "a\\u{\(String(scalar.value, radix: 16))}b")
    }
    #expect(PrintableText.line("\u{1b}[31mä – 漢 😀 \\") == "\\u{1b}[31mä – 漢 😀 \\")
  }

  @Test func lines_shouldKeepLineFeedsOnly() {
    #expect(PrintableText.lines("a\nb\r\tc\n") == "a\nb\\u{d}\\u{9}c\n")
  }

  @Test func json_shouldMeanTheSame() throws {
    for scalar in Self.dangerous where scalar.value >= 0x20 {
      let shown = PrintableText.json("{\"a\": \"x\(scalar)y\"}")
      #expect(!shown.unicodeScalars.contains(scalar))
      #expect(try JSONValue(parsing: .init(shown.utf8))["a"].text == "x\(scalar)y")
    }
    #expect(PrintableText.json("{\n\"a\": 1}") == "{\n\"a\": 1}")
  }
}
