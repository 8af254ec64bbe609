import Networking
import Runtime
import TestSupport
import Testing
import Transport

@Suite struct SharedPoolTests {
  private static let own = TransportLimits.connectionPoolBytes

  @Test func room_shouldBeGivenAsLongAsThereIsSome_andComeBack() {
    var pool = SharedPool(total: 1000)
    #expect(pool.update(1, used: 0, wanted: 600) == Self.own + 600)
    #expect(pool.update(2, used: 0, wanted: 500) == Self.own && pool.isShort)
    // Who needs little waits behind who needs much: nobody is overtaken for ever.
    #expect(pool.update(3, used: 0, wanted: 10) == Self.own && pool.next == 2)
    // What is in use is not taken back.
    #expect(pool.update(1, used: Self.own + 600, wanted: 0) == Self.own + 600)
    #expect(pool.update(1, used: Self.own + 100, wanted: 0) == Self.own + 100)
    #expect(pool.update(2, used: 0, wanted: 500) == Self.own + 500 && pool.next == 3)
    pool.ended(2)
    #expect(pool.givenBytes == 100)
    #expect(pool.update(3, used: 0, wanted: 10) == Self.own + 10 && !pool.isShort)
  }

  /// Connections that each have messages to get, one after another, at random moments.
  @Test func pool_shouldNeverGiveMoreThanItHas_andLetNobodyStarve() {
    for seed in 0..<Campaign.seeds("LIVESYNC_POOL_SEEDS", default: 200) {
      var random = SeededGenerator(seed: seed)
      let total = 1000
      var pool = SharedPool(total: total)
      var messages: [UInt64: [Int]] = [:]
      for number in 1...UInt64(8) {
        messages[number] = (0..<20).map { _ in Self.own + 1 + random.below(total) }
      }
      var running: Set<UInt64> = []
      var steps = 0
      while !messages.isEmpty {
        steps += 1
        guard steps < 100_000 else {
          Issue.record("seed \(seed): \(messages.count) connections starve")
          return
        }
        let number = UInt64(1 + random.below(8))
        guard let first = messages[number]?.first else { continue }
        if running.contains(number) {
          // Its message has come and is taken.
          running.remove(number)
          messages[number]?.removeFirst()
          if messages[number] == [] { messages[number] = nil }
          _ = pool.update(number, used: 0, wanted: 0)
          if random.chance(5) { pool.ended(number) }
        } else {
          let has = Self.own + (pool.given[number] ?? 0)
          let room = pool.update(number, used: 0, wanted: max(0, first - has))
          if room >= first { running.insert(number) }
        }
        guard 0...total ~= pool.givenBytes else {
          Issue.record("seed \(seed): \(pool.givenBytes) of \(total) are given")
          return
        }
      }
      #expect(pool.givenBytes == 0 && !pool.isShort, "seed \(seed)")
    }
  }

  @Test func manyMessagesOfOnePeer_shouldNotAskForMoreThanOneAtATime() throws {
    var mux = Mux.responder(MuxSettings(inboundPoolBytes: Self.own))
    for index in 0..<UInt64(TransportLimits.streamsMax) {
      let id = StreamID(2 * index + 1)
      _ = try mux.take(
        .open(id, MuxTests.info(.blocks)),
        .begin(id, length: TransportLimits.messageBytesMax, piece: []))
    }
    let wanted = mux.inboundBytesWanted
    #expect(wanted > 0 && wanted <= TransportLimits.inboundPoolBytes)
    var pool = SharedPool()
    #expect(pool.update(1, used: mux.inboundPoolUsed, wanted: wanted) == Self.own + wanted)
    // There is room for one of somebody else.
    #expect(TransportLimits.sharedPoolBytes >= 2 * wanted)
    #expect(pool.update(2, used: 0, wanted: wanted) == Self.own + wanted)
  }

  @Test func whoHoldsRoomAndMovesNothing_shouldBeFound_andOthersNot() {
    var holders = SlowHolders()
    func at(_ windows: Double) -> Moment {
      Moment.start.advanced(by: TransportLimits.holderWindow * windows)
    }
    let enough = TransportLimits.holderBytesMin
    #expect(holders.look([1: 0, 2: 0, 3: 50], at: at(0)) == [])
    #expect(holders.look([1: 9, 2: enough, 3: 50 + enough], at: at(0.9)) == [])
    #expect(holders.look([1: enough - 1, 2: enough, 3: 50 + enough], at: at(1)) == [1])
    // A new window begins; who holds nothing meanwhile is looked at anew.
    #expect(holders.look([2: enough], at: at(1.5)) == [])
    #expect(holders.look([2: enough, 3: 50 + enough], at: at(2)) == [2])
    #expect(holders.look([:], at: at(9)) == [])
    #expect(holders.look([2: enough], at: at(10)) == [])
  }
}
