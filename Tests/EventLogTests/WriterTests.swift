import EventLog
import Foundation
import Locking
import Peers
import Primitives
import Reports
import Synchronization
import TestSupport
import Testing

@Suite struct WriterTests {
  private final class Output: Sendable {
    let pieces = Lock<[[UInt8]]>([])
    var bytes: [UInt8] { pieces.withLock { $0.flatMap { $0 } } }
    func take(_ piece: [UInt8]) { pieces.withLock { $0.append(piece) } }
  }

  private func write(_ records: [EventRecord], to writer: JSONLinesWriter) {
    for record in records {
      writer.record(
        record.event, context: record.context, cause: record.cause, request: record.request)
    }
  }

  @Test func writer_shouldWriteWhatTheReaderReads() throws {
    let records = randomLog(seed: 11)
    for flushBytes in [0, 1_000, EventLogLimits.flushBytes] {
      let output = Output()
      let writer = JSONLinesWriter(
        now: { 42 }, flushBytes: flushBytes, digest: true, output: { output.take($0) })
      write(records, to: writer)
      #expect(writer.digest() == Sha256.hash(output.bytes))
      let read = try EventLogReader.records(of: output.bytes, schema: .livesync)
      #expect(read.map(\.event) == records.map(\.event))
      #expect(read.map(\.context) == records.map(\.context))
      #expect(read.allSatisfy { $0.time == 42 })
      #expect(writer.recordCount == UInt64(records.count))
      #expect(writer.counts.map(\.name) == EventSchema.livesync.entries.map(\.name).sorted())
      #expect(writer.counts.allSatisfy { $0.count == 1 })
      let pieces = output.pieces.withLock { $0 }
      #expect(pieces.allSatisfy { $0.last == UInt8(ascii: "\n") })
      #expect(flushBytes > 0 || pieces.count == records.count)
    }
  }

  @Test func writer_shouldNumberWithoutGaps_whenManyThreadsWrite() async throws {
    let output = Output()
    let ticks = Atomic<Int64>(0)
    let writer = JSONLinesWriter(
      now: { ticks.add(1, ordering: .relaxed).newValue }, flushBytes: 500,
      output: { output.take($0) })
    let recorder = EventRecorder(sink: writer, context: .run)
    recorder.record(randomLog(seed: 1)[0].event)
    await withTaskGroup(of: Void.self) { group in
      for number in 0..<8 {
        let own = recorder.actor("actor\(number)")
        group.addTask {
          var last: UInt64?
          for _ in 0..<500 {
            last = own.record(.peer(.promoted(peer: UInt32(number))), cause: last)
          }
        }
      }
    }
    writer.flush()
    let read = try EventLogReader.records(of: output.bytes, schema: .livesync)
    #expect(read.count == 4_001)
    #expect(Set(read.map(\.context.actor)).count == 9)
  }

  @Test func memorySink_shouldKeepWhatIsRecorded() {
    let sink = MemorySink(now: { 7 })
    let recorder = EventRecorder(sink: sink, context: EventContext(node: "s0", actor: "a"))
    let first = recorder.record(.peer(.left(peer: 1, reason: "r")))
    let second = recorder.actor("b").record(.peer(.promoted(peer: 1)), cause: first, request: 9)
    #expect(first == 0 && second == 1)
    #expect(sink.events == [.peer(.left(peer: 1, reason: "r")), .peer(.promoted(peer: 1))])
    #expect(
      sink.records[1]
        == EventRecord(
          sequence: 1, time: 7, context: EventContext(node: "s0", actor: "b"),
          event: .peer(.promoted(peer: 1)), cause: 0, request: 9))
    #expect(EventRecorder.none.record(.peer(.left(peer: 1, reason: "r"))) == 0)
  }

  @Test func jsonText_shouldBeReadAsTheWholeText_whateverIsInIt() throws {
    let long = String(repeating: "ä\n", count: EventLogLimits.textBytesMax)
    for text in ["", "plain", "a\"b\\c", "\n\r\t\0\u{1f}", "🌲", long] {
      let json = JSONText.quoted(text)
      #expect(!json.utf8.contains { $0 < 0x20 }, "\(json.prefix(40))")
      #expect(try JSONValue(parsing: Data(json.utf8)).text == text, "\(json.prefix(40))")
    }
  }
}
