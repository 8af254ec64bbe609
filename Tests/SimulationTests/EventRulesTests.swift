import EventLog
import LiveSync
import Node
import Peers
import Primitives
import Simulation
import Testing

@Suite struct EventRulesTests {
  static let hash = Blake2b256.hash([1])

  /// The checks that a story breaks; requests are numbered.
  static func broken(
    _ story: [(event: Event, request: UInt64?)], liars: Set<UInt32> = []
  ) -> [String] {
    var rules = EventRules(liars: liars, bufferedBlocksMax: 3)
    return story.compactMap { rules.take(WatchedEvent($0.event), request: $0.request)?.check }
  }

  static func chunk(
    _ make: (Event.ChunkFacts) -> Event.Chunk, peer: UInt32 = 2
  ) -> (event: Event, request: UInt64?) {
    (.chunk(make(facts(peer))), nil)
  }

  static func facts(_ peer: UInt32) -> Event.ChunkFacts {
    Event.ChunkFacts(
      peer: peer, block: 5, hash: hash, startKey: .empty, endKey: nil, items: 10, bytes: 100)
  }

  static func refused(peer: UInt32) -> (event: Event, request: UInt64?) {
    (.chunk(.rejected(facts(peer), reason: "items_mismatch")), nil)
  }

  static let complete: (event: Event, request: UInt64?) = (
    .state(.complete(block: 5, hash: hash, items: 10)), nil
  )
  static let incomplete: (event: Event, request: UInt64?) = (
    .state(.incomplete(block: 5, hash: hash, missingRanges: 1, reason: "x")), nil
  )

  static func request(_ number: UInt64, ended: Bool) -> (event: Event, request: UInt64?) {
    let event: Event.Request =
      ended
      ? .ended(type: "chunk", peer: 1, outcome: .answered, bytes: 1, durationNs: 1)
      : .sent(type: "chunk", peer: 1, bytes: 1)
    return (.request(event), number)
  }

  @Test func aLegalStory_shouldPass() {
    let story = [
      Self.request(1, ended: false), Self.request(2, ended: false), Self.request(2, ended: true),
      Self.request(1, ended: true), Self.chunk(Event.Chunk.received),
      Self.chunk(Event.Chunk.buffered), Self.chunk(Event.Chunk.accepted), Self.complete,
      Self.incomplete, Self.chunk(Event.Chunk.received), Self.chunk(Event.Chunk.accepted),
      Self.complete,
    ]
    #expect(Self.broken(story) == [])
  }

  @Test func requests_shouldEndOnce() {
    let sent = Self.request(1, ended: false)
    let ended = Self.request(1, ended: true)
    #expect(Self.broken([ended]) == ["S8"])
    #expect(Self.broken([sent, ended, ended]) == ["S8"])
    #expect(Self.broken([sent, sent]) == ["S8"])
  }

  @Test func chunks_shouldBeJudgedOnce() {
    let received = Self.chunk(Event.Chunk.received)
    let accepted = Self.chunk(Event.Chunk.accepted)
    #expect(Self.broken([accepted]) == ["S9"])
    #expect(Self.broken([received, accepted, accepted]) == ["S9"])
    #expect(Self.broken([received, received, accepted, accepted]) == [])
    #expect(Self.broken([received, Self.chunk(Event.Chunk.accepted, peer: 3)]) == ["S9"])
  }

  @Test func aCompleteState_shouldTakeNoChunksAndBecomeIncompleteFirst() {
    let received = Self.chunk(Event.Chunk.received)
    let accepted = Self.chunk(Event.Chunk.accepted)
    #expect(Self.broken([received, Self.complete, accepted]) == ["S9"])
    #expect(Self.broken([Self.complete, Self.complete]) == ["S9"])
    #expect(Self.broken([Self.incomplete]) == ["S9"])
  }

  @Test func onlyLiarsChunks_shouldBeRefused() {
    let story = [Self.chunk(Event.Chunk.received), Self.refused(peer: 2)]
    #expect(Self.broken(story) == ["S10"])
    #expect(Self.broken(story, liars: [2]) == [])
  }

  @Test func consensus_shouldBeEstablishedAndLostInTurn() {
    let established: (event: Event, request: UInt64?) = (
      .consensus(.established(block: 1, hash: Self.hash, peers: 3)), nil
    )
    let lost: (event: Event, request: UInt64?) = (
      .consensus(.lost(block: 1, hash: Self.hash, reason: "x")), nil
    )
    #expect(Self.broken([established, lost, established]) == [])
    #expect(Self.broken([lost]) == ["S9"])
    #expect(Self.broken([established, established]) == ["S9"])
  }

  @Test func buffers_shouldStayWithinTheirLimits() {
    func block(_ count: Int) -> (event: Event, request: UInt64?) {
      (.block(.buffered(block: 1, hash: Self.hash, peer: 1, buffered: count)), nil)
    }
    func progress(_ count: Int) -> (event: Event, request: UInt64?) {
      let event = Event.State.progress(
        block: 1, items: 1, missingRanges: 1, heldPpm: 1, inFlight: 1, buffered: count)
      return (.state(event), nil)
    }
    #expect(Self.broken([block(3), block(4)]) == ["S7"])
    let limit = LiveSyncLimits.bufferedChunksMax
    #expect(Self.broken([progress(limit), progress(limit + 1)]) == ["S7"])
  }
}
