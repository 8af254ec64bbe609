import EventLog
import Foundation
import LiveSync
import Node
import Peers
import Primitives
import Reports
import TestSupport
import Testing

@Suite struct LogSummaryTests {
  private static let key = KeyNibbles("0a")!

  private static let records: [EventRecord] = {
    let events: [(Int64, String, Event)] = [
      (
        0, "-",
        .run(
          .start(
            schema: 1, seed: 48, commit: "3f9c2ab", toolchain: "6.3.1", mode: "release",
            clock: .simulated, scenario: "rebranch", parameters: ""))
      ),
      (1, "s0", .block(.accepted(source: .announced, block: 1, hash: .zero, peer: 3))),
      (2, "s0", .block(.accepted(source: .buffered, block: 2, hash: .zero, peer: nil))),
      (3, "s0", .block(.accepted(source: .announced, block: 3, hash: .zero, peer: 3))),
      (3, "s0", .block(.rejected(block: 4, hash: .zero, peer: 4, reason: "bad_signature"))),
      (4, "s0", .request(.sent(type: "chunk", peer: 3, bytes: 10))),
      (
        5, "s0",
        .request(
          .ended(type: "chunk", peer: 3, outcome: .answered, bytes: 700, durationNs: 1))
      ),
      (5, "s0", .request(.sent(type: "chunk", peer: 4, bytes: 12))),
      (
        6, "s0",
        .request(.ended(type: "chunk", peer: 4, outcome: .timeout, bytes: 0, durationNs: 1))
      ),
      (
        7, "s0",
        .chunk(
          .accepted(
            .init(
              peer: 3, block: 3, hash: .zero, startKey: .empty, endKey: key, items: 5, bytes: 600)))
      ),
      (
        8, "s0",
        .chunk(
          .rejected(
            .init(
              peer: 4, block: 3, hash: .zero, startKey: key, endKey: nil, items: 2, bytes: 90),
            reason: "proof_root_mismatch"))
      ),
      (
        9, "s0",
        .chain(.rebranched(block: 4, hash: .zero, ancestor: 1, depth: 2, adopted: 3))
      ),
      (9, "s1", .chain(.rebranched(block: 4, hash: .zero, ancestor: 3, depth: 1, adopted: 1))),
      (10, "s0", .state(.complete(block: 4, hash: .zero, items: 5))),
      (12, "s0", .state(.complete(block: 5, hash: .zero, items: 5))),
      (20, "-", .run(.end(verdict: .pass, steps: 9, detail: ""))),
    ]
    return events.enumerated().map { index, entry in
      EventRecord(
        sequence: UInt64(index), time: entry.0 * 1_000_000,
        context: EventContext(node: entry.1, actor: "a"), event: entry.2)
    }
  }()

  @Test func summary_shouldAnswerTheQuestions() {
    let summary = LogSummary(Self.records, node: "s0")
    #expect(summary.verdict == .pass)
    #expect(summary.duration == 20_000_000)
    #expect(summary.timeToComplete == 10_000_000)
    #expect(summary.blockCount("accepted") == 3)
    #expect(summary.blockCount("rejected") == 1)
    #expect(summary.chunkCount("accepted") == 1)
    #expect(summary.chunkCount("rejected") == 1)
    #expect(summary.revertDepths == [2: 1])
    #expect(summary.revertedBlocks == 2)
    #expect(summary.recordCount == 15)
    #expect(LogSummary(Self.records).revertedBlocks == 3)
  }

  @Test func refusals_shouldCountForTheirPeer_whateverWasRefused() throws {
    let facts = Event.ChunkFacts(
      peer: 4, block: 3, hash: .zero, startKey: .empty, endKey: nil, items: 2, bytes: 90)
    let refusals: [Event] = [
      .chunk(.rejected(facts, reason: "items_mismatch")),
      .diff(.rejected(peer: 4, block: 3, hash: .zero, reason: "diff_root_mismatch")),
      .diff(.rejected(peer: 5, block: 3, hash: .zero, reason: "diff_root_mismatch")),
    ]
    let records = refusals.enumerated().map { index, event in
      EventRecord(
        sequence: UInt64(index), time: 0, context: EventContext(node: "s0", actor: "a"),
        event: event)
    }
    let json = try JSONValue(parsing: Data(LogSummary(records, node: "s0").json.utf8))
    #expect(json["peers"].array.map { $0["peer"].text } == ["p4", "p5"])
    #expect(json["peers"].array.map { $0["rejected"].integer } == [2, 1])
  }

  @Test func text_shouldBeAligned() {
    let text = LogSummary(Self.records, node: "s0").text
    #expect(
      text.contains(
        """
        chunks
          outcome  reason              chunks items bytes
          accepted -                        1     5   600
          rejected proof_root_mismatch      1     2    90

        """))
    #expect(text.contains("state_complete_ns     10000000\n"))
    #expect(text.split(separator: "\n").allSatisfy { $0.last != " " })
  }

  @Test func json_shouldHoldTheSameFacts() throws {
    let json = try JSONValue(parsing: Data(LogSummary(Self.records, node: "s0").json.utf8))
    #expect(json["run"]["verdict"].text == "pass")
    #expect(json["run"]["seed"].text == "48")
    #expect(json["run"]["state_complete_ns"].integer == 10_000_000)
    #expect(json["blocks"].array.map { $0["blocks"].integer } == [2, 1, 1])
    #expect(json["requests"][0]["sent_bytes"].integer == 22)
    #expect(json["requests"][0]["received_bytes"].integer == 700)
    #expect(json["peers"].array.map { $0["peer"].text } == ["p3", "p4"])
    #expect(json["peers"][0]["items"].integer == 5)
    #expect(json["peers"][1]["timeout"].integer == 1)
    #expect(json["peers"][1]["rejected"].integer == 1)
    #expect(json["reverts"][0]["depth"].integer == 2)
  }

  @Test func summary_shouldNotTrap_whateverTheNumbers() {
    var summary = LogSummary()
    for seed in 1...20 as ClosedRange<UInt64> {
      var random = SeededGenerator(seed: seed)
      for event in EventSchema.livesync.samples(choosing: { random.next() % $0 }) {
        summary.add(EventRecord(sequence: 0, time: .max, context: .run, event: event))
      }
    }
    #expect(!summary.text.isEmpty && !summary.json.isEmpty)
    #expect(LogSummary().verdict == nil)
    #expect(LogSummary().text.contains("cut_off"))
  }
}
