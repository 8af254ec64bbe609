import EventLog
import LiveSync
import Peers
import Primitives
import Reports
import Simulation
import TestSupport
import Testing

/// A log of one event of each kind, with random fields and a proper first and last record.
func randomLog(seed: UInt64) -> [EventRecord] {
  var random = SeededGenerator(seed: seed)
  var events = EventSchema.livesync.samples { bound in random.next() % bound }.filter { event in
    !(event.group is Event.Run)
  }
  events.shuffle(using: &random)
  let start = Event.Run.start(
    schema: Event.schemaVersion, seed: random.next(), commit: "3f9c2ab", toolchain: "6.3.1",
    mode: "release", clock: .simulated, scenario: "quiet", parameters: "peers=7 blocks=1200")
  events.insert(.run(start), at: 0)
  events.append(.run(.end(verdict: .pass, steps: random.next(), detail: "")))
  var time: Int64 = 0
  return events.enumerated().map { index, event in
    time += Int64(random.below(1_000_000))
    return EventRecord(
      sequence: UInt64(index), time: time,
      context: EventContext(node: "s\(random.below(3))", actor: "state_queue"), event: event,
      cause: index > 0 && random.chance(50) ? UInt64(random.below(index)) : nil,
      request: random.chance(30) ? random.next() : nil)
  }
}

@Suite struct RoundTripTests {
  @Test(arguments: 1...40 as ClosedRange<UInt64>)
  func log_shouldReadBackEqual_forEveryEvent(seed: UInt64) throws {
    let records = randomLog(seed: seed)
    #expect(records.count == EventSchema.livesync.entries.count)
    let bytes = records.flatMap(\.jsonLine)
    #expect(try EventLogReader.records(of: bytes, schema: .livesync) == records, "seed \(seed)")
  }

  @Test func samples_shouldMatchTheTable() throws {
    for (event, entry) in zip(EventSchema.livesync.samples { _ in 1 }, EventSchema.livesync.entries)
    {
      #expect(event.name == entry.name)
      #expect(event.level == entry.level)
      let record = EventRecord(sequence: 0, time: 0, context: .run, event: event)
      let line = String(decoding: record.jsonLine, as: UTF8.self)
      // No sample value holds a quote and a colon, so these are the keys.
      let keys = line.matches(of: /"([a-z_]+)":/).map { String($0.1) }
      #expect(
        keys == ["seq", "t_ns", "node", "actor", "event", "level"]
          + entry.fields.map(\.field.name))
    }
  }

  @Test func reader_shouldGiveTheSame_whateverThePieces() throws {
    let records = randomLog(seed: 99)
    let bytes = records.flatMap(\.jsonLine)
    for size in [1, 7, 4096] {
      var reader = EventLogReader(.livesync)
      var read: [EventRecord] = []
      var start = 0
      while start < bytes.count {
        let end = min(start + size, bytes.count)
        try reader.read(bytes[start..<end]) { read.append($0) }
        start = end
      }
      try reader.finish()
      #expect(read == records)
    }
  }

  @Test func line_shouldBeExactlyThis() {
    let event = Event.chunk(
      .rejected(
        .init(
          peer: 3, block: 815, hash: Hash256(hex: String(repeating: "0a", count: 32))!,
          startKey: KeyNibbles("0a1f")!, endKey: nil, items: 2, bytes: 70),
        reason: "proof_root_mismatch"))
    let record = EventRecord(
      sequence: 5120, time: 3_004_000_000, context: EventContext(node: "s0", actor: "state_queue"),
      event: event, cause: 5093, request: 77)
    let expected =
      #"{"seq":5120,"t_ns":3004000000,"node":"s0","actor":"state_queue","#
      + #""event":"chunk.rejected","level":"warn","cause":5093,"req":77,"peer":"p3","block":815,"#
      + #""hash":"\#(String(repeating: "0a", count: 32))","start_key":"0a1f","items":2,"#
      + #""bytes":70,"reason":"proof_root_mismatch"}"# + "\n"
    #expect(String(decoding: record.jsonLine, as: UTF8.self) == expected)
  }

  @Test func text_shouldBeEscaped_andCutBetweenCharacters() throws {
    let every = String(String.UnicodeScalarView((0..<0x180).map { Unicode.Scalar($0)! })) + "🌲"
    let long = "a" + String(repeating: "🌲", count: EventLogLimits.textBytesMax)
    let cut = "a" + String(repeating: "🌲", count: EventLogLimits.textBytesMax / 4 - 1)
    for (text, expected) in [(every, every), (long, cut)] {
      func log(_ text: String) -> [EventRecord] {
        var log = randomLog(seed: 5)
        let event = Event.check(.violated(check: text, detail: text))
        log.replaceSubrange(
          1..., with: [EventRecord(sequence: 1, time: .max, context: .run, event: event)])
        return log
      }
      #expect(
        try EventLogReader.records(of: log(text).flatMap(\.jsonLine), schema: .livesync)
          == log(expected))
    }
  }

  @Test(arguments: ["a", "ä", "漢", "🌲"])
  func text_shouldFillItsLimit_andNotGoBeyond(character: String) throws {
    let width = character.utf8.count
    for length in [EventLogLimits.textBytesMax / width, EventLogLimits.textBytesMax / width + 1] {
      // What the character leaves free is filled first, so that the limit is met exactly.
      let filling = String(repeating: "x", count: EventLogLimits.textBytesMax % width)
      let text = filling + String(repeating: character, count: length)
      let fitting =
        filling + String(repeating: character, count: EventLogLimits.textBytesMax / width)
      #expect(fitting.utf8.count == EventLogLimits.textBytesMax)
      var log = randomLog(seed: 5)
      let event = Event.check(.violated(check: "S1", detail: text))
      log.replaceSubrange(
        1..., with: [EventRecord(sequence: 1, time: .max, context: .run, event: event)])
      let read = try EventLogReader.records(of: log.flatMap(\.jsonLine), schema: .livesync).last?
        .event
      #expect(read == .check(.violated(check: "S1", detail: fitting)), "\(length) of \(width)")
    }
  }

  @Test func longestLine_shouldBeReadable() throws {
    let part = Event.Peer.evidencePart(
      peer: .max, proof: .zero, part: 1,
      data: [UInt8](repeating: 0xa5, count: EventLogLimits.dataBytesMax))
    var log = randomLog(seed: 5)
    log.replaceSubrange(
      1..., with: [EventRecord(sequence: 1, time: .max, context: .run, event: .peer(part))])
    #expect(try EventLogReader.records(of: log.flatMap(\.jsonLine), schema: .livesync) == log)
    let text = String(repeating: "\u{1}", count: EventLogLimits.textBytesMax)
    let event = Event.run(
      .start(
        schema: 1, seed: .max, commit: text, toolchain: text, mode: text, clock: .system,
        scenario: text, parameters: text))
    let record = EventRecord(
      sequence: 0, time: .max, context: EventContext(node: text, actor: text), event: event)
    #expect(try EventLogReader.records(of: record.jsonLine, schema: .livesync) == [record])
  }
}
