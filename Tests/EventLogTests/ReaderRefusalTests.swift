import EventLog
import Primitives
import Reports
import TestSupport
import Testing

@Suite struct ReaderRefusalTests {
  static let start =
    #"{"seq":0,"t_ns":5,"node":"-","actor":"run","event":"run.start","level":"info","#
    + #""schema":1,"seed":7,"commit":"c","toolchain":"t","mode":"m","clock":"simulated","#
    + #""scenario":"s","parameters":""}"#
  static let promoted =
    #"{"seq":1,"t_ns":6,"node":"s0","actor":"a","event":"peer.promoted","level":"info","#
    + #""peer":"p3"}"#
  static let end =
    #"{"seq":2,"t_ns":6,"node":"-","actor":"run","event":"run.end","level":"info","#
    + #""verdict":"pass","steps":1,"detail":""}"#

  private func error(_ lines: [String], terminator: String = "\n") -> String {
    do {
      let text = lines.joined(separator: "\n") + terminator
      _ = try EventLogReader.records(of: text.utf8, schema: .livesync)
      return "accepted"
    } catch {
      return error.description
    }
  }

  @Test func log_shouldBeAccepted_whenItIsRight() {
    #expect(error([Self.start, Self.promoted, Self.end]) == "accepted")
    #expect(error([Self.start]) == "accepted")
    #expect(error([], terminator: "") == "accepted")
  }

  @Test(arguments: [
    (#""seq":1"#, #""seq":2"#, "line 2, column 1: seq is 2 instead of 1"),
    (#""seq":1"#, #""seq":01"#, "line 2, column 8: seq has a needless zero"),
    (#""seq":1"#, #""seq":-1"#, "line 2, column 8: expected an unsigned integer"),
    (#""seq":1"#, #""seq":1.0"#, "line 2, column 9: expected the field t_ns"),
    (
      #""seq":1"#, #""seq":18446744073709551616"#,
      "line 2, column 8: seq is above 18446744073709551615"
    ),
    (
      #""t_ns":6"#, #""t_ns":9223372036854775808"#,
      "line 2, column 17: t_ns is above 9223372036854775807"
    ),
    (#""t_ns":6"#, #""t_ns":4"#, "line 2, column 1: the time goes back"),
    (#"{"seq""#, #"["seq""#, "line 2, column 1: expected `{`"),
    (#"{"seq""#, #"{ "seq""#, "line 2, column 2: expected the field seq"),
    (#","actor":"a""#, "", "line 2, column 30: expected the field actor"),
    (#""peer.promoted""#, #""peer.liked""#, "line 2, column 51: schema 1 has no event peer.liked"),
    (#""info""#, #""warn""#, "line 2, column 75: level is info for peer.promoted"),
    (
      #""info""#, #""loud""#,
      "line 2, column 75: level is none of debug, info, warn, error"
    ),
    (#""p3""#, #""p03""#, "line 2, column 89: peer is not `p` and a decimal number"),
    (#""p3""#, #""p4294967296""#, "line 2, column 89: peer is not `p` and a decimal number"),
    (#""p3""#, #""x3""#, "line 2, column 89: peer is not `p` and a decimal number"),
    (#""p3""#, "3", "line 2, column 89: expected `\"`"),
    (#""p3"}"#, #""p3","note":"x"}"#, "line 2, column 93: expected `}` after the last field"),
    (#""p3"}"#, #""p3"} "#, "line 2, column 94: expected the end of the line"),
    (#""p3"}"#, #""p3""#, "line 2, column 93: expected `}` after the last field"),
    (#""p3"}"#, #""p3"#, "line 2, column 92: expected the end of a text"),
    (#""p3"}"#, #""p3\"#, "line 2, column 92: expected an escape"),
    (#""a""#, #""\q""#, "line 2, column 40: expected an escape that the writer uses"),
    (
      #""a""#, #""\u000a""#,
      "line 2, column 40: expected a control character without a short escape"
    ),
    (
      #""a""#, #""\u001F""#,
      "line 2, column 40: expected a control character without a short escape"
    ),
    (#""a""#, "\"\t\"", "line 2, column 40: expected no control character"),
    (
      #""level":"info""#, #""level":"info","cause":1"#,
      "line 2, column 1: the cause 1 does not come first"
    ),
    (
      #""level":"info""#, #""level":"info","req":1,"cause":0"#,
      "line 2, column 89: expected the field peer"
    ),
  ])
  func line_shouldBeRefused(_ part: String, _ replacement: String, _ expected: String) {
    #expect(Self.promoted.contains(part))
    let line = Self.promoted.replacing(part, with: replacement, maxReplacements: 1)
    #expect(error([Self.start, line]) == expected)
  }

  @Test func log_shouldBeRefused_whenRecordsStandWrong() {
    #expect(
      error([Self.promoted])
        == "line 1, column 1: `run.start` must be the first record and only that"
    )
    let again = Self.start.replacing(#""seq":0"#, with: #""seq":1"#)
    #expect(
      error([Self.start, again])
        == "line 2, column 1: `run.start` must be the first record and only that")
    let after = Self.promoted.replacing(#""seq":1"#, with: #""seq":3"#)
    #expect(
      error([Self.start, Self.promoted, Self.end, after])
        == "line 4, column 1: a record follows `run.end`")
    #expect(error([Self.start, ""]) == "line 2, column 1: expected `{`")
    #expect(
      error([Self.start, Self.promoted], terminator: "")
        == "line 2, column \(Self.promoted.utf8.count + 1): the log ends without a line feed")
    #expect(error([Self.start, Self.promoted + "\r"]).hasSuffix("expected the end of the line"))
  }

  @Test func log_shouldBeRefusedClearly_whenItsSchemaIsNewer() {
    let newer = Self.start.replacing(#""schema":1,"#, with: #""schema":2,"colour":"red","#)
    #expect(
      error([newer])
        == "line 1, column 1: the log has schema 2, this program knows schemas up to 1")
  }

  @Test func line_shouldBeRefused_whenItIsTooLong() {
    let long = [UInt8](repeating: UInt8(ascii: "x"), count: EventLogLimits.lineBytesMax + 1)
    #expect(throws: EventLogError.self) { try EventLogReader.records(of: long, schema: .livesync) }
    let text = String(repeating: "a", count: EventLogLimits.textBytesMax + 1)
    let line = Self.promoted.replacing(#""a""#, with: "\"\(text)\"")
    #expect(error([Self.start, line]).hasSuffix("actor is longer than 4096 bytes"))
  }

  @Test func text_shouldBeRefused_whenItIsNoUTF8() {
    var bytes = Array((Self.start + "\n" + Self.promoted + "\n").utf8)
    bytes[bytes.count - 30] = 0xff
    #expect(throws: EventLogError.self) { try EventLogReader.records(of: bytes, schema: .livesync) }
  }

  @Test(arguments: 1...8 as ClosedRange<UInt64>)
  func reader_shouldAcceptOnlyWhatTheWriterWrites(seed: UInt64) {
    var random = SeededGenerator(seed: seed)
    let lines = randomLog(seed: seed).map(\.jsonLine)
    var accepted = 0
    for _ in 0..<1_500 {
      let index = random.below(lines.count)
      let first = index == 0 ? [] : lines[0]
      let rest = index == 0 ? lines[0] : renumbered(lines[index])
      let bytes = first + random.mutated(rest)
      guard let records = try? EventLogReader.records(of: bytes, schema: .livesync) else {
        continue
      }
      accepted += 1
      if records.flatMap(\.jsonLine) != bytes {
        Issue.record("seed \(seed): accepted \(String(decoding: bytes, as: UTF8.self))")
      }
    }
    #expect(accepted > 10, "the damage is too great to test anything")
  }

  /// The line as second line of a log, without cause.
  private func renumbered(_ line: [UInt8]) -> [UInt8] {
    let text = String(decoding: line, as: UTF8.self)
      .replacing(/"seq":[0-9]+,"t_ns":[0-9]+/, with: #""seq":1,"t_ns":99999999"#)
      .replacing(/"cause":[0-9]+,/, with: "")
    return Array(text.utf8)
  }
}
