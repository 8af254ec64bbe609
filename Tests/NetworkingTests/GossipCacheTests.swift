import Networking
import Primitives
import SimulatedNetworking
import TestSupport
import Testing

private func message(_ number: Int, from peer: UInt32) -> GossipMessage {
  let payload = Array("\(number)".utf8)
  let id = GossipID(topic: .blockHeader, payload: payload)
  return GossipMessage(id: id, from: PeerID(peer), topic: .blockHeader, payload: payload)
}

@Suite struct GossipCacheTests {
  @Test func id_shouldDependOnTopicAndPayload() {
    let id = GossipID(topic: .blockHeader, payload: [1, 2])
    #expect(id == GossipID(topic: .blockHeader, payload: [1, 2]))
    #expect(id != GossipID(topic: .blockBody, payload: [1, 2]))
    #expect(id != GossipID(topic: .blockHeader, payload: [1]))
    // BLAKE2b-256 of 00 01 01 02.
    let expected = "ac82415362bb491838cf4373a08013c41c6efe3a0305bd1068e3520563946849"
    #expect(id.hash.hex == expected)
  }

  @Test func acceptedMessage_shouldGoToThoseWhoDoNotHaveIt() {
    var cache = GossipCache()
    let first = message(1, from: 5)
    #expect(cache.receive(first) == .first())
    #expect(cache.receive(message(1, from: 3)) == .repeated)
    #expect(cache.receive(message(1, from: 3)) == .repeated)
    #expect(
      cache.report(first.id, .accept) == .forward(first, knownBy: [PeerID(3), PeerID(5)]))
    #expect(cache.report(first.id, .accept) == .unknown)
    #expect(cache.receive(message(1, from: 4)) == .repeated)
    #expect(cache.pendingCount == 0)
  }

  @Test func ignoredAndRejectedMessages_shouldGoNowhere() {
    var cache = GossipCache()
    let (ignored, rejected) = (message(1, from: 5), message(2, from: 6))
    _ = cache.receive(ignored)
    _ = cache.receive(rejected)
    #expect(cache.report(ignored.id, .ignore) == .drop(PeerID(5)))
    #expect(cache.report(rejected.id, .reject) == .blame(PeerID(6)))
    #expect(cache.report(rejected.id, .accept) == .unknown)
  }

  @Test func publishedMessage_shouldNotComeBack() {
    var cache = GossipCache()
    let own = message(1, from: 5)
    #expect(cache.publish(own.id) == true)
    #expect(cache.publish(own.id) == false)
    #expect(cache.receive(own) == .repeated)
    #expect(cache.report(own.id, .accept) == .unknown)
  }

  /// Room for four small messages, two of one peer.
  private static let fourMessages = {
    let bytes = message(1, from: 1).memoryBytes
    return ByteLimits(total: 4 * bytes + bytes / 2, perHolder: 2 * bytes + bytes / 2)
  }()

  @Test func cache_shouldForgetTheOldestNames_whenItIsFull() {
    var cache = GossipCache(seenMax: 10)
    let messages = (0..<30).map { message($0, from: 1) }
    for message in messages {
      #expect(cache.receive(message) == .first())
      _ = cache.report(message.id, .ignore)
      #expect(cache.seenCount <= 10)
    }
    #expect(cache.receive(messages[20]) == .repeated)
    #expect(cache.receive(messages[19]) == .first())
  }

  @Test func messagesWithoutRoom_shouldBeRefused_andComeAgainFromOthers() {
    var cache = GossipCache(pendingLimits: Self.fourMessages)
    #expect(cache.receive(message(1, from: 1)) == .first())
    #expect(cache.receive(message(2, from: 1)) == .first())
    #expect(cache.receive(message(3, from: 1)) == .refused)
    #expect(cache.receive(message(3, from: 2)) == .first())
    #expect(cache.receive(message(4, from: 2)) == .first())
    // The newest of those who have most give way, and are not remembered either.
    let newest = message(4, from: 2)
    #expect(cache.receive(message(5, from: 3)) == .first(givingWay: [newest.id]))
    #expect(cache.report(newest.id, .accept) == .unknown)
    cache.giveUp(message(5, from: 3).id)
    #expect(cache.receive(message(4, from: 4)) == .first())
    #expect(cache.pendingBytes <= Self.fourMessages.total)
  }

  @Test func cache_shouldStayBounded_whateverHappens() {
    for seed: UInt64 in 0..<20 {
      var random = SeededGenerator(seed: seed)
      var cache = GossipCache(seenMax: 16, pendingLimits: Self.fourMessages)
      for _ in 0..<2000 {
        let message = message(random.below(40), from: UInt32(random.below(4)))
        switch random.below(4) {
        case 0: _ = cache.publish(message.id)
        case 1: _ = cache.report(message.id, Acceptance.allCases[random.below(3)])
        default: _ = cache.receive(message)
        }
        #expect(cache.seenCount <= 16 && cache.pendingCount <= 4, "seed \(seed)")
      }
    }
  }
}
