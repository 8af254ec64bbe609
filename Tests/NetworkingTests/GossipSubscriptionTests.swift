import Locking
import Networking
import Primitives
import SimulatedNetworking
import TestSupport
import Testing

@Suite struct GossipSubscriptionTests {
  static func message(_ number: Int, from peer: UInt32, bytes: Int = 8) -> GossipMessage {
    var payload = [UInt8](repeating: 0, count: max(8, bytes))
    for index in 0..<8 { payload[index] = UInt8(number >> (8 * index) & 255) }
    // Hashing all of it would be most of the work.
    let id = GossipID(topic: .blockBody, payload: Array(payload[..<8]))
    return GossipMessage(id: id, from: PeerID(peer), topic: .blockBody, payload: payload)
  }

  @Test func messages_shouldBeReadInOrder_andTheRestAfterTheEnd() async {
    let subscription = GossipSubscription()
    let messages = (0..<5).map { Self.message($0, from: 1) }
    for message in messages { #expect(subscription.offer(message) == .taken(lost: [])) }
    #expect(subscription.withdraw(messages[1].id) && !subscription.withdraw(messages[1].id))
    var read = [await subscription.next()]
    subscription.finish()
    #expect(subscription.offer(Self.message(9, from: 1)) == .refused)
    for await message in subscription { read.append(message) }
    #expect(read == [0, 2, 3, 4].map { messages[$0] })
  }

  @Test func subscription_shouldStayBelowItsBytes_whoeverFillsIt() {
    let limits = NetworkingLimits.gossipBytes
    let largest = Topic.blockBody.payloadBytesMax
    for (peers, bytes) in [(1, largest), (1, 8), (40, largest), (40, 8), (300, 100_000)] {
      let subscription = GossipSubscription()
      for number in 0..<(bytes == largest ? 40 : 2_500) {
        _ = subscription.offer(
          Self.message(number, from: UInt32(number % peers), bytes: bytes))
        #expect(subscription.bytes <= limits.total)
        #expect(subscription.count <= NetworkingLimits.gossipMessagesMax)
      }
      let least = peers == 1 ? limits.perHolder - largest - 1_000 : limits.total / 2
      #expect(subscription.bytes >= least, "\(peers) peers, \(bytes) bytes")
    }
  }

  @Test func onePeer_shouldNotCrowdOutTheOthers_andTheLossBeToldOnce() {
    let subscription = GossipSubscription()
    let told = Lock(0)
    subscription.whenFull { told.withLock { $0 += 1 } }
    for number in 0..<3_000 {
      _ = subscription.offer(Self.message(number, from: UInt32(number % 2), bytes: 60_000))
    }
    #expect(told.withLock { $0 } == 1)
    let honest = Self.message(3_000, from: 7, bytes: 4 << 20)
    guard case .taken(let lost) = subscription.offer(honest) else {
      Issue.record("an honest message was refused")
      return
    }
    #expect(!lost.isEmpty)
  }
}
