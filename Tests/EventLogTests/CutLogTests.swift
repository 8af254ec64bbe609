import EventLog
import Reports
import TestSupport
import Testing

/// Logs that end in the middle of a line, as after a full disk or a crash of the writer.
@Suite struct CutLogTests {
  @Test func everyCut_shouldGiveTheWholeRecordsBeforeIt() throws {
    let records = Array(randomLog(seed: 3).prefix(12))
    let lines = records.map(\.jsonLine)
    let bytes = lines.flatMap { $0 }
    for end in lines[0].count..<bytes.count {
      var whole = 0
      var start = 0
      while start + lines[whole].count <= end {
        start += lines[whole].count
        whole += 1
      }
      let (found, cut) = try EventLogReader.wholeRecords(of: bytes[..<end], schema: .livesync)
      #expect(found == Array(records[..<whole]))
      #expect(cut?.line == (start == end ? nil : whole + 1))
      #expect(cut?.bytes == (start == end ? nil : end - start))
      if start != end {
        let error = #expect(throws: EventLogError.self) {
          try EventLogReader.records(of: bytes[..<end], schema: .livesync)
        }
        #expect(error?.isIncompleteLine == true)
      }
    }
  }

  @Test func aRest_shouldBeRefused_whenItIsNoBeginningOfTheNextRecord() throws {
    let start = ReaderRefusalTests.start + "\n"
    for rest in [#"{"seq":2,"#, #"{"seq":01"#, #"{"t_ns""#, "{ ", #"{"seq":1,"node""#] {
      #expect(throws: EventLogError.self, "\(rest)") {
        try EventLogReader.wholeRecords(of: (start + rest).utf8, schema: .livesync)
      }
    }
    for rest in ["", "{", #"{"seq":1"#, #"{"seq":1,"t_ns":6,"node":"s0"#] {
      let (records, cut) = try EventLogReader.wholeRecords(
        of: (start + rest).utf8, schema: .livesync)
      #expect(records.count == 1 && (cut == nil) == rest.isEmpty)
    }
  }

  @Test func aLog_shouldBeRefused_whenNotEvenItsFirstRecordIsWhole() {
    let first = ReaderRefusalTests.start
    #expect(throws: EventLogError.self) {
      try EventLogReader.wholeRecords(of: first.utf8, schema: .livesync)
    }
    #expect(throws: EventLogError.self) {
      try EventLogReader.wholeRecords(of: "{".utf8, schema: .livesync)
    }
    // After the last record there is nothing that could be cut.
    let whole = [first, ReaderRefusalTests.promoted, ReaderRefusalTests.end]
      .map { $0 + "\n" }.joined()
    #expect(throws: EventLogError.self) {
      try EventLogReader.wholeRecords(of: (whole + #"{"seq":3,"#).utf8, schema: .livesync)
    }
  }

  /// What is no log is said at the first byte of a line, not at the limit of its length.
  @Test func reading_shouldEndAtTheFirstByte_thatIsNoRecord() {
    var reader = EventLogReader(.livesync)
    #expect(throws: EventLogError.self) { try reader.read([0]) { _ in } }
  }

  @Test func namesFromALog_shouldNotReachATerminalAsTheyAre() {
    let line = ReaderRefusalTests.promoted.replacing("peer.promoted", with: #"peer.\u001b[31m\n"#)
    let error = #expect(throws: EventLogError.self) {
      try EventLogReader.records(
        of: (ReaderRefusalTests.start + "\n" + line + "\n").utf8, schema: .livesync)
    }
    #expect(error?.description.contains(#"peer.\u{1b}[31m\u{a}"#) == true)
  }
}
