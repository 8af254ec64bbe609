import EventLog
import Foundation
import TestSupport
import Testing

@Suite struct JSONDocumentTests {
  private func error(_ text: String) -> String {
    error(Array(text.utf8))
  }

  private func error(_ bytes: [UInt8]) -> String {
    do {
      _ = try JSONDocument(parsing: bytes)
      return "accepted"
    } catch { return error.description }
  }

  @Test(arguments: [
    ("", "line 1, column 1: no JSON: it ends where a value is missing"),
    ("\u{feff}{}", "line 1, column 1: no JSON: a byte order mark stands before it"),
    ("{} {}", "line 1, column 4: no JSON: something follows the document"),
    ("{}\u{0}", "line 1, column 3: no JSON: something follows the document"),
    ("[1,]", "line 1, column 4: no JSON: a comma stands before `]`"),
    ("[,1]", "line 1, column 2: no JSON: a value is missing"),
    ("[1 2]", "line 1, column 4: no JSON: a comma or `]` is missing"),
    ("[1", "line 1, column 3: no JSON: a comma or `]` is missing"),
    ("{\"a\":1,\n}", "line 2, column 1: no JSON: a comma stands before `}`"),
    ("{\"a\" 1}", "line 1, column 6: no JSON: a colon is missing"),
    ("{a:1}", "line 1, column 2: no JSON: a key is missing"),
    ("{\"a\":1,\n\n \"\\u0061\":2}", "line 3, column 2: no JSON: the key \"a\" stands twice"),
    ("[{\"a\":{\"b\":1,\"b\":1}}]", "line 1, column 14: no JSON: the key \"b\" stands twice"),
    ("01", "line 1, column 2: no JSON: a number begins with a needless zero"),
    ("-", "line 1, column 2: no JSON: a digit is missing"),
    ("1.", "line 1, column 3: no JSON: a digit is missing"),
    (".5", "line 1, column 1: no JSON: a value is missing"),
    ("+1", "line 1, column 1: no JSON: a value is missing"),
    ("1e", "line 1, column 3: no JSON: a digit is missing"),
    ("NaN", "line 1, column 1: no JSON: a value is missing"),
    ("0x10", "line 1, column 2: no JSON: something follows the document"),
    ("nul", "line 1, column 1: no JSON: a value is missing"),
    ("'a'", "line 1, column 1: no JSON: a value is missing"),
    ("// a\n1", "line 1, column 1: no JSON: a value is missing"),
    ("\"a", "line 1, column 1: no JSON: a text has no end"),
    ("\"a\tb\"", "line 1, column 3: no JSON: a control character stands in a text"),
    ("\"\\x41\"", "line 1, column 2: no JSON: an escape is none"),
    ("\"\\u12\"", "line 1, column 4: no JSON: four hexadecimal digits are missing"),
    ("\"\\ud83d\"", "line 1, column 2: no JSON: half a character is escaped"),
    ("\"\\ude00\"", "line 1, column 2: no JSON: half a character is escaped"),
    ("\"\\ud83d\\u0041\"", "line 1, column 2: no JSON: half a character is escaped"),
    ("\u{a0}1", "line 1, column 1: no JSON: a value is missing"),
  ])
  func whatIsNoJSON_shouldBeRefused_withItsPlace(text: String, message: String) {
    #expect(error(text) == message)
  }

  @Test func bytesThatAreNoUTF8_shouldBeRefused() {
    #expect(error([0x22, 0xff, 0x22]) == "line 1, column 1: no JSON: a text is not UTF-8")
    // A surrogate in UTF-8, and a character that is longer than it must be.
    #expect(error([0x22, 0xed, 0xa0, 0x80, 0x22]) != "accepted")
    #expect(error([0x22, 0xc0, 0x80, 0x22]) != "accepted")
  }

  @Test func depth_shouldBeBounded() {
    let limit = EventLogLimits.jsonDepthMax
    func nested(_ depth: Int) -> String {
      String(repeating: "[", count: depth) + String(repeating: "]", count: depth)
    }
    #expect(error(nested(limit + 1)) == "accepted")
    #expect(error(nested(limit + 2)).hasSuffix("values are nested deeper than \(limit)"))
    #expect(error(nested(1_000_000)).hasSuffix("values are nested deeper than \(limit)"))
  }

  /// Keys that only look alike are two keys.
  @Test func keysThatDifferInBytes_shouldBothBeTaken() {
    #expect(error("{\"\u{e9}\":1,\"e\u{301}\":2}") == "accepted")
  }

  @Test func wholeNumbers_shouldBeTakenAsDigitsOnly() throws {
    func whole(_ text: String) throws -> Int? {
      try JSONDocument(parsing: Array(text.utf8)).whole()
    }
    #expect(try whole("0") == 0 && whole("-7") == -7 && whole("9223372036854775807") == Int.max)
    for text in ["-0", "1.0", "1e3", "9223372036854775808", "\"1\"", "true", "null", "[]"] {
      #expect(try whole(text) == nil, "\(text)")
    }
  }

  /// What is taken is what Foundation takes too, with the same content.
  @Test(arguments: 1...4 as ClosedRange<UInt64>)
  func reader_shouldTakeNothing_thatFoundationRefuses(seed: UInt64) throws {
    let original = Array(
      #"{"a": [1, -2.5e3, true, null, "x\n\u00e9\ud83d\ude00"], "b": {"c": ""}, "": []}"#.utf8)
    var random = SeededGenerator(seed: seed)
    var accepted = 0
    for _ in 0..<5_000 {
      let bytes = random.mutated(original)
      guard let mine = try? JSONDocument(parsing: bytes) else { continue }
      accepted += 1
      let other = try? JSONSerialization.jsonObject(
        with: Data(bytes), options: .fragmentsAllowed)
      #expect(other != nil, "seed \(seed): \(String(decoding: bytes, as: UTF8.self))")
      if case .object(let members) = mine.content {
        #expect((other as? [String: Any])?.count == members.count)
      }
    }
    #expect(accepted > 50)
  }
}
