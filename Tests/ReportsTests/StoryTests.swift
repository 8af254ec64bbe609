import EventLog
import LiveSync
import Node
import Peers
import Primitives
import Reports
import TestSupport
import Testing

/// A log of made-up records, in the order in which they are added.
struct MadeLog {
  private(set) var records: [EventRecord] = []

  init() {
    add(
      .run(
        .start(
          schema: 1, seed: 1, commit: "c", toolchain: "t", mode: "release", clock: .simulated,
          scenario: "made", parameters: "")), node: "-")
  }

  /// Adds a record a millisecond after the one before it, and gives its number.
  @discardableResult
  mutating func add(
    _ event: Event, node: String = "s0", cause: UInt64? = nil, request: UInt64? = nil
  ) -> UInt64 {
    let sequence = UInt64(records.count)
    records.append(
      EventRecord(
        sequence: sequence, time: Int64(sequence) * 1_000_000,
        context: EventContext(node: node, actor: "queue"), event: event, cause: cause,
        request: request))
    return sequence
  }

  static func facts(_ peer: UInt32, _ start: UInt8, block: UInt32 = 5) -> Event.ChunkFacts {
    Event.ChunkFacts(
      peer: peer, block: block, hash: hash(block), startKey: KeyNibbles(bytes: [start]),
      endKey: KeyNibbles(bytes: [start + 1]), items: 7, bytes: 900)
  }

  static func hash(_ block: UInt32) -> Hash256 {
    Hash256(hex: String(repeating: "0", count: 56) + Hex.string(block.bigEndianBytes))!
  }

  /// A chunk is asked for; gives the number of the question.
  mutating func ask(_ peer: UInt32, _ start: UInt8) -> UInt64 {
    add(
      .chunk(
        .requested(
          peer: peer, startKey: KeyNibbles(bytes: [start]),
          endKey: KeyNibbles(bytes: [start + 1]), limit: 10)))
  }

  /// A request goes out and is answered.
  mutating func exchange(_ peer: UInt32, request: UInt64, bytes: Int = 1_000) {
    let sent = add(.request(.sent(type: "chunk", peer: peer, bytes: 60)), request: request)
    add(
      .request(
        .ended(
          type: "chunk", peer: peer, outcome: .answered, bytes: bytes, durationNs: 1_000_000)),
      cause: sent, request: request)
  }

  func story(_ kind: StorySubject.Kind, _ id: String, node: String? = nil) throws -> Story {
    let subject = try #require(StorySubject(kind, id))
    var finder = StoryFinder(subject, node: node)
    for record in records { finder.add(record) }
    var story = Story(try finder.target())
    for record in records { story.add(record) }
    return story
  }
}

extension UInt32 {
  fileprivate var bigEndianBytes: [UInt8] {
    (0..<4).map { UInt8(truncatingIfNeeded: self >> (24 - 8 * $0)) }
  }
}

@Suite struct StoryTests {
  /// Two chunks of one peer at a time: the first is right and waits, the second is a lie.
  private static let log: MadeLog = {
    var log = MadeLog()
    log.add(.node(.started(block: 4, hash: MadeLog.hash(4), missingRanges: 1)))
    _ = log.ask(3, 0x10)
    _ = log.ask(3, 0x20)
    // The second question goes out first, and has the first answer.
    log.exchange(3, request: 7)
    log.add(.chunk(.received(MadeLog.facts(3, 0x20))))
    log.exchange(3, request: 8)
    log.add(.chunk(.received(MadeLog.facts(3, 0x10))))
    log.add(.chunk(.buffered(MadeLog.facts(3, 0x10))))
    log.add(.chunk(.rejected(MadeLog.facts(3, 0x20), reason: "proof_root_mismatch")))
    log.add(.peer(.demoted(peer: 3, reason: "proof_root_mismatch")))
    log.add(.block(.accepted(source: .announced, block: 5, hash: MadeLog.hash(5), peer: 2)))
    log.add(.chunk(.accepted(MadeLog.facts(3, 0x10))))
    log.add(.chunk(.accepted(MadeLog.facts(2, 0x20))))
    return log
  }()

  @Test func refusedChunk_shouldTellWhyWhoPaidAndWhatItCost() throws {
    let text = try Self.log.story(.chunk, "20..").text
    #expect(
      text.contains("outcome   at 0.011 s the chunk from p3 with the keys 20 to 21 is refused"))
    #expect(text.contains("the proof does not lead to the state root of the block"))
    #expect(text.contains("paid      at 0.012 s p3 is asked after the others"))
    #expect(text.contains("cost      1.00 kB, all of it wasted"))
    #expect(text.contains("then      at 0.015 s the chunk from p2 is proven"))
    // The other chunk of the same peer has no part in it.
    #expect(!text.contains("10 to 11"))
    #expect(text.contains("request   number 7"))
  }

  @Test func chunk_shouldBeFoundByAnyOfItsRecords() throws {
    // All after the identity is the same.
    let stories = try ["3", "6", "11"].map { number in
      try Self.log.story(.chunk, number).text.split(separator: "\n").dropFirst()
    }
    #expect(stories[0].count > 8 && stories[0] == stories[1] && stories[1] == stories[2])
  }

  @Test func waitingChunk_shouldTellForWhatItWaited() throws {
    let text = try Self.log.story(.chunk, "10..").text
    #expect(
      text.contains("waited    4.00 ms: the chunk with the keys 10 to 11 waits until block 5"))
    #expect(text.contains("block 5 (00000000) joins the chain (announced) from p2 at 0.013 s"))
    #expect(!text.contains("paid"))
  }

  @Test func request_shouldTellWhatItWasFor() throws {
    let text = try Self.log.story(.request, "7").text
    #expect(text.contains("asked     at 0.003 s p3 is asked for the keys 20 to 21"))
    #expect(text.contains("is refused"))
  }

  /// After a restart requests are counted from 0 again.
  @Test func requestsOfOneNumber_shouldNotBeMixedUp() throws {
    var log = Self.log
    log.add(.node(.crashed(reason: "killed")))
    _ = log.ask(2, 0x50)
    log.exchange(2, request: 7)
    log.add(.chunk(.accepted(MadeLog.facts(2, 0x50))))
    let text = try log.story(.chunk, "20..").text
    #expect(text.contains("request   number 7: the request to p3"))
    #expect(!text.contains("the request to p2"))
    // Both are told of to who asks for the number.
    let both = try log.story(.request, "7").text
    #expect(both.contains("keys 20 to 21") && both.contains("keys 50 to 51"))
  }

  @Test func punishment_shouldBelongToAllThatWasWrongForItsReason() throws {
    var log = MadeLog()
    log.add(.node(.started(block: 4, hash: MadeLog.hash(4), missingRanges: 1)))
    for start in [0x10, 0x20] as [UInt8] {
      log.add(.chunk(.rejected(MadeLog.facts(3, start), reason: "items_mismatch")))
    }
    log.add(.chunk(.rejected(MadeLog.facts(3, 0x30), reason: "range_empty")))
    log.add(.peer(.demoted(peer: 3, reason: "items_mismatch")))
    for start in ["10..", "20.."] {
      #expect(try log.story(.chunk, start).text.contains("paid      at 0.005 s"))
    }
    #expect(try log.story(.chunk, "30..").text.contains("paid      nobody"))
  }

  @Test func block_shouldTellWhatWaitedForIt() throws {
    let text = try Self.log.story(.block, "5").text
    #expect(text.contains("came"))
    #expect(text.contains("for it    1 chunk waited for it"))
    // Chunks of its state that waited for nothing are not part of its story.
    #expect(!text.contains("keys 20"))
  }

  @Test func peer_shouldTellWhatItWasWorth() throws {
    let text = try Self.log.story(.peer, "p3").text
    #expect(text.contains("requests  2 answered; 2.00 kB came"))
    #expect(text.contains("chunks    1 of use (900 bytes), 1 refused (900 bytes)"))
  }

  @Test func snapshot_shouldTellOfItsPieces() throws {
    var log = Self.log
    log.add(.node(.started(block: 4, hash: MadeLog.hash(4), missingRanges: 1)))
    let event = EventSchema.livesync.samples { min($0 - 1, 5) }
      .first { $0.name == "joining.offered" }
    log.add(try #require(event))
    let text = try log.story(.snapshot, "5").text
    #expect(text.contains("offered") && text.contains("pieces") && text.contains("refused"))
  }

  @Test func unknownIdentity_shouldNameWhatIsNear_andHowToListAll() throws {
    func refusal(_ kind: StorySubject.Kind, _ id: String, node: String? = nil) -> String {
      do {
        _ = try Self.log.story(kind, id, node: node)
        return ""
      } catch {
        return "\(error)"
      }
    }
    #expect(
      refusal(.request, "9")
        == "s0 has no request '9'; near it are 8, 7; --list request shows all")
    #expect(refusal(.peer, "p9").contains("near it are p3, p2"))
    #expect(refusal(.chunk, "2f..").contains("20..21"))
    #expect(
      refusal(.peer, "p3", node: "x") == "the log says nothing of a node 'x', it has s0")
  }

  @Test(arguments: [
    (StorySubject.Kind.chunk, "0x12"), (.chunk, "G..1"), (.chunk, ".."), (.block, "-1"),
    (.block, "0x12"), (.block, "0xZZZZ"), (.peer, "3"), (.peer, "p03"), (.peer, ""),
    (.request, "1.0"), (.request, "18446744073709551616"), (.snapshot, "abc"),
  ])
  func identity_shouldBeRefused_whenItIsNone(kind: StorySubject.Kind, text: String) {
    // Two dots alone name the chunk of all keys.
    #expect((StorySubject(kind, text) == nil) == (text != ".."))
  }

  @Test func everyEvent_shouldHaveASentenceOfItsFields() {
    let known = Set(EventSchema.livesync.entries.map(\.name))
    let rows = Dictionary(uniqueKeysWithValues: StoryTable.sentences.map { ($0.name, $0.sentence) })
    #expect(Set(rows.keys) == known)
    for entry in EventSchema.livesync.entries {
      let fields = Set(entry.fields.map(\.field.name))
      for match in (rows[entry.name] ?? "").matches(of: /\{([a-z_]+)\}/) {
        let name = String(match.1)
        let isThere = fields.contains(name) || (name == "keys" && fields.contains("start_key"))
        #expect(isThere, "\(entry.name) has no field \(name)")
      }
    }
  }

  @Test(arguments: 1...20 as ClosedRange<UInt64>)
  func stories_shouldBeTold_whateverTheLogSays(seed: UInt64) throws {
    var random = SeededGenerator(seed: seed)
    var log = MadeLog()
    for _ in 0..<3 {
      for event in EventSchema.livesync.samples(choosing: { random.next() % $0 }) {
        let cause = random.chance(50) ? UInt64(random.below(log.records.count)) : nil
        log.add(event, cause: cause, request: random.chance(50) ? random.next() % 5 : nil)
      }
    }
    for (kind, id) in [(StorySubject.Kind.request, "1"), (.request, "2")] {
      let story = try log.story(kind, id)
      #expect(throws: Never.self, "seed \(seed)") {
        _ = try JSONDocument(parsing: Array(story.json.utf8))
      }
      // No text of the log makes a line of its own.
      #expect(!story.text.contains("\u{1}") && !story.text.contains("\u{1f}"))
    }
    var list = StoryList(.peer, node: nil)
    for record in log.records { list.add(record) }
    _ = try JSONDocument(parsing: Array(list.json.utf8))
  }
}
