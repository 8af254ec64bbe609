import Networking
import Runtime
import SimulatedNetworking
import TestSupport
import Testing

private let second: Int64 = 1_000_000_000

@Suite struct RateLimiterTests {
  @Test func defaults_shouldBeThoseOfTheTypes() {
    let limits = RateLimits()
    #expect(limits.window == .seconds(10))
    #expect(limits.limit(of: .chunk) == 5000)
    #expect(limits.limit(of: .rare) == 100)
    #expect(limits.limit(of: .plain) == NetworkingLimits.requestsPerWindowMax)
    #expect(RateLimits(perType: [.rare: 3]).limit(of: .rare) == 3)
  }

  @Test func request_shouldBeOneTooMany_untilTheWindowIsOver() {
    var limiter = RateLimiter()
    let start = Moment(nanoseconds: 3 * second)
    for _ in 0..<100 { #expect(limiter.allow(.rare, from: PeerID(1), at: start) == true) }
    let last = Moment(nanoseconds: 13 * second - 1)
    #expect(limiter.allow(.rare, from: PeerID(1), at: last) == false)
    #expect(limiter.allow(.rare, from: PeerID(1), at: Moment(nanoseconds: 13 * second)) == true)
  }

  @Test func peersAndTypes_shouldNotShareTheirLimits() {
    var limiter = RateLimiter(limits: RateLimits(perType: [.head: 1]))
    #expect(limiter.allow(.head, from: PeerID(1), at: .start) == true)
    #expect(limiter.allow(.head, from: PeerID(1), at: .start) == false)
    #expect(limiter.allow(.plain, from: PeerID(1), at: .start) == true)
    #expect(limiter.allow(.head, from: PeerID(2), at: .start) == true)
    #expect(limiter.windowCount == 3)
    #expect(limiter.allow(.head, from: PeerID(2), at: .start) == false)
  }

  @Test func requests_shouldCountForMore_whenTheyWereCharged() {
    var limiter = RateLimiter(limits: RateLimits(perType: [.head: 5]))
    limiter.charge(9, for: .head, of: PeerID(1))
    #expect(limiter.windowCount == 0, "nothing was allowed that could be charged")
    #expect(limiter.allow(.head, from: PeerID(1), at: .start) == true)
    limiter.charge(3, for: .head, of: PeerID(1))
    #expect(limiter.hasRoom(for: .head, from: PeerID(1)))
    #expect(limiter.allow(.head, from: PeerID(1), at: .start) == true)
    #expect(!limiter.hasRoom(for: .head, from: PeerID(1)))
    #expect(limiter.allow(.head, from: PeerID(1), at: .start) == false)
    limiter.charge(.max, for: .head, of: PeerID(1))
    #expect(limiter.allow(.head, from: PeerID(1), at: .start) == false)
    #expect(limiter.allow(.head, from: PeerID(2), at: .start) == true)
  }

  @Test func peer_shouldNotAskForMore_underAnotherNumber() {
    var limiter = RateLimiter(limits: RateLimits(perType: [.head: 1]))
    #expect(limiter.allow(.head, from: PeerID(1), at: .start) == true)
    let again = PeerID(identity: .simulated(1), number: 7)
    #expect(limiter.allow(.head, from: again, at: .start) == false)
    #expect(limiter.windowCount == 1)
  }

  @Test func limitOfZero_shouldLetNothingThrough() {
    var limiter = RateLimiter(limits: RateLimits(perType: [.chunk: 0]))
    #expect(limiter.allow(.chunk, from: PeerID(1), at: .start) == false)
    #expect(limiter.windowCount == 0)
  }

  @Test func limiter_shouldBeBounded_andMakeRoomForNewPairs() {
    var limiter = RateLimiter(windowsMax: 10)
    for number in 0..<UInt32(10) {
      #expect(limiter.allow(.head, from: PeerID(number), at: .start) == true)
    }
    #expect(limiter.allow(.head, from: PeerID(99), at: .start) == false)
    #expect(limiter.allow(.head, from: PeerID(5), at: .start) == true)
    #expect(limiter.allow(.head, from: PeerID(99), at: Moment(nanoseconds: 10 * second)) == true)
    #expect(limiter.windowCount == 1)
  }

  @Test func limiter_shouldAgreeWithALogOfAllRequests() {
    for seed: UInt64 in 0..<50 {
      var random = SeededGenerator(seed: seed)
      let limit = 1 + random.below(5)
      var limiter = RateLimiter(
        limits: RateLimits(window: .nanoseconds(100), perType: [.head: limit]))
      var now: Int64 = 0
      // The model keeps every request of the open window.
      var window: [Int64] = []
      for _ in 0..<500 {
        now += Int64(random.below(40))
        if let opened = window.first, now - opened >= 100 { window = [] }
        let expected = window.count < limit
        if expected { window.append(now) }
        let allowed = limiter.allow(.head, from: PeerID(1), at: Moment(nanoseconds: now))
        #expect(allowed == expected, "seed \(seed) at \(now)")
      }
    }
  }
}
