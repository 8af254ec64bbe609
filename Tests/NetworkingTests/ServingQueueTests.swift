import Networking
import Primitives
import TestSupport
import Testing

@Suite struct ServingQueueTests {
  private typealias Queue = ServingQueue<Int>

  private static func peer(_ number: Int) -> PeerID {
    let key = PublicKey(raw: Hash256(words: (UInt64(number), 0, 0, 0)))
    return PeerID(identity: NodeIdentity(key: key), number: UInt32(number))
  }

  private static func request(_ peer: Int, _ ticket: Int, bytes: Int = 10) -> WaitingRequest<Int> {
    WaitingRequest(
      from: Self.peer(peer), type: .plain, payload: [UInt8](repeating: 0, count: bytes),
      ticket: ticket)
  }

  private static func tickets(_ queue: inout Queue, finish: Bool = true) -> [Int] {
    var tickets: [Int] = []
    while let next = queue.next(where: { _ in true }) {
      tickets.append(next.ticket)
      if finish { queue.finished(next.from) }
    }
    return tickets
  }

  @Test func peers_shouldTakeTurns_howeverMuchOneAsks() {
    var queue = Queue()
    for ticket in 0..<20 { #expect(queue.arrive(Self.request(1, ticket)).isEmpty) }
    for peer in 2...4 { #expect(queue.arrive(Self.request(peer, peer * 100)).isEmpty) }
    #expect(Self.tickets(&queue).prefix(5) == [0, 200, 300, 400, 1])
    #expect(queue.waitingCount == 0 && queue.servingCount == 0)
  }

  @Test func requestsOfOnePeer_shouldBeAnsweredSoManyAtATime() {
    var queue = Queue()
    for ticket in 0..<40 { _ = queue.arrive(Self.request(1, ticket)) }
    let most = NetworkingLimits.servedPerPeerMax
    #expect(Self.tickets(&queue, finish: false).count == most && queue.servingCount == most)
    for ticket in 100..<140 { _ = queue.arrive(Self.request(2, ticket)) }
    for ticket in 200..<240 { _ = queue.arrive(Self.request(3, ticket)) }
    let rest = Self.tickets(&queue, finish: false)
    #expect(queue.servingCount == NetworkingLimits.servedConcurrentlyMax)
    #expect(rest.contains { $0 >= 200 } && !rest.contains { $0 < 100 })
    queue.finished(Self.peer(1))
    #expect(Self.tickets(&queue, finish: false).count == 1)
  }

  @Test func manySmallRequests_shouldNotKeepOthersOut() {
    var queue = Queue()
    let most = NetworkingLimits.servedWaitingMax
    for ticket in 0..<most { #expect(queue.arrive(Self.request(1, ticket)).isEmpty) }
    #expect(queue.arrive(Self.request(1, 7777)).map(\.ticket) == [7777])
    // The newest of who has most gives way, until the others have as many.
    #expect(queue.arrive(Self.request(2, 9000)).map(\.ticket) == [most - 1])
    #expect(queue.waitingCount == most)
    for ticket in 1..<most { _ = queue.arrive(Self.request(2, 9000 + ticket)) }
    var counts: [Bool: Int] = [:]
    for ticket in Self.tickets(&queue) { counts[ticket >= 9000, default: 0] += 1 }
    #expect(counts == [true: most / 2, false: most / 2])
  }

  @Test func requestsOfOnePeer_shouldStayBelowTheirBytes_andBePassedOverWhileItTakesNothing() {
    var queue = Queue()
    let share = NetworkingLimits.servedWaitingBytes.perHolder
    #expect(queue.arrive(Self.request(1, 1, bytes: share / 2)).isEmpty)
    #expect(queue.arrive(Self.request(1, 2, bytes: share)).map(\.ticket) == [2])
    #expect(queue.arrive(Self.request(2, 3)).isEmpty)
    let next = queue.next { $0 != Self.peer(1) }
    #expect(next?.ticket == 3 && queue.next { $0 != Self.peer(1) } == nil)
    #expect(queue.next { _ in true }?.ticket == 1)
  }

  @Test func withdrawnRequests_shouldLeaveNothing() {
    var queue = Queue()
    for ticket in 0..<6 { _ = queue.arrive(Self.request(1, ticket)) }
    queue.withdraw(of: Self.peer(1)) { $0 % 2 == 0 }
    #expect(queue.waitingCount == 3)
    queue.withdraw(of: Self.peer(2)) { _ in true }
    #expect(Self.tickets(&queue) == [1, 3, 5])
    _ = queue.arrive(Self.request(1, 8))
    queue.withdraw(of: Self.peer(1)) { _ in true }
    #expect(queue.waitingCount == 0 && queue.next { _ in true } == nil)
  }

  /// Against a list for each peer, with random arrivals, turns, ends and withdrawals.
  @Test func queue_shouldAgreeWithAPlainModel() {
    for seed in 0..<Campaign.seeds("LIVESYNC_SERVING_SEEDS", default: 100) {
      var random = SeededGenerator(seed: seed)
      var queue = Queue()
      var waiting: [Int: [Int]] = [:]
      var serving: [Int: Int] = [:]
      var turns: [Int] = []
      for ticket in 0..<600 {
        let peer = random.below(5)
        switch random.below(seed.isMultiple(of: 2) ? 3 : 6) {
        case 0, 1, 4, 5:
          waiting[peer, default: []].append(ticket)
          if !turns.contains(peer) { turns.append(peer) }
          for refused in queue.arrive(Self.request(peer, ticket)) {
            let from = Int(refused.from.number)
            // The newest of one that has most, or the newcomer itself.
            let most = waiting.values.map(\.count).max() ?? 0
            guard waiting[from]?.last == refused.ticket,
              (waiting[from]?.count ?? 0) + 1 >= most
            else {
              Issue.record("seed \(seed): \(refused.ticket) is refused")
              return
            }
            waiting[from]?.removeLast()
            if waiting[from] == [] { turns.removeAll { $0 == from } }
          }
        case 2:
          let expected = turns.first { (serving[$0] ?? 0) < NetworkingLimits.servedPerPeerMax }
          let isFull = serving.values.reduce(0, +) >= NetworkingLimits.servedConcurrentlyMax
          let next = queue.next { _ in true }
          let wanted = isFull ? nil : expected.flatMap { waiting[$0]?.first }
          guard next?.ticket == wanted else {
            Issue.record("seed \(seed): \(String(describing: next?.ticket)), not \(wanted ?? -1)")
            return
          }
          guard let next else { continue }
          let from = Int(next.from.number)
          waiting[from]?.removeFirst()
          turns.removeAll { $0 == from }
          if waiting[from] != [] { turns.append(from) }
          serving[from, default: 0] += 1
          if random.chance(70) {
            queue.finished(next.from)
            serving[from, default: 1] -= 1
          }
        default:
          queue.withdraw(of: Self.peer(peer)) { $0 % 3 == 0 }
          waiting[peer]?.removeAll { $0 % 3 == 0 }
          if waiting[peer] == [] { turns.removeAll { $0 == peer } }
        }
        #expect(
          queue.waitingCount == waiting.values.reduce(0) { $0 + $1.count }
            && queue.servingCount == serving.values.reduce(0, +)
            && queue.waitingCount <= NetworkingLimits.servedWaitingMax, "seed \(seed)")
      }
    }
  }
}
