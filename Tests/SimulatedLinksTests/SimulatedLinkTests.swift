import Primitives
import Runtime
import SimulatedLinks
import TestSupport
import Testing
import Transport

/// Sends what it is given over one link, and keeps what comes. `@unchecked Sendable`: used on the
/// simulation's thread only.
final class LinkEnd: ByteLinkUser, @unchecked Sendable {
  let runtime: SimulatedRuntime
  let link: any ByteLink
  var unsent: ArraySlice<UInt8> = []
  private(set) var takenAt: [Moment] = []
  private(set) var taken = 0
  private(set) var received: [UInt8] = []
  private(set) var pieces: [Int] = []
  private(set) var receivedAt = Moment.start
  private(set) var end: LinkFailure?
  private(set) var endedAt = Moment.start

  init(_ link: any ByteLink, _ runtime: SimulatedRuntime) {
    self.link = link
    self.runtime = runtime
    link.start(self)
  }

  func send(_ bytes: [UInt8]) {
    unsent += bytes
    link.flush()
  }

  func received(_ bytes: ArraySlice<UInt8>) {
    received += bytes
    pieces.append(bytes.count)
    receivedAt = runtime.now
  }

  func nextBytes(max: Int) -> [UInt8] {
    let bytes = Array(unsent.prefix(max))
    unsent = unsent.dropFirst(bytes.count)
    taken += bytes.count
    return bytes
  }

  func ended(_ reason: LinkFailure) {
    end = reason
    endedAt = runtime.now
  }
}

/// Two hosts with a link.
final class LinkPair {
  let runtime: SimulatedRuntime
  let internet: SimulatedInternet
  let hosts: [SimulatedHost]
  let makers: [SimulatedMaker]
  private(set) var accepted: LinkEnd?
  private(set) var dialled: LinkEnd?
  private(set) var failure: LinkFailure?
  private(set) var toldAt = Moment.start

  static let address = SocketAddress("8.1.0.1:30303")!

  init(
    seed: UInt64 = 1, _ conditions: LineConditions = LineConditions(),
    upload: Int? = nil, download: Int? = nil, fault: LinkFault? = nil
  ) {
    runtime = SimulatedRuntime(seed: seed)
    internet = SimulatedInternet(runtime: runtime, conditions: conditions)
    if let fault { internet.fault = { _ in fault } }
    hosts = [
      internet.host(at: .v4(0x0800_0001), HostCapacity(uploadBytesPerSecond: upload)),
      internet.host(at: .v4(0x0801_0001), HostCapacity(downloadBytesPerSecond: download)),
    ]
    makers = hosts.map { $0.process() }
  }

  func listen() throws {
    _ = try makers[1].listen(at: Self.address) { [unowned self] result, from in
      guard case .success(let link) = result else { return }
      accepted = LinkEnd(link, runtime)
    }
  }

  func dial() {
    makers[0].dial(Self.address) { [unowned self] result in
      toldAt = runtime.now
      switch result {
      case .success(let link): dialled = LinkEnd(link, runtime)
      case .failure(let failure): self.failure = failure
      }
    }
  }

  func connect() throws -> (LinkEnd, LinkEnd) {
    try listen()
    dial()
    runtime.advance(by: .seconds(1))
    return (try #require(dialled), try #require(accepted))
  }
}

@Suite struct SimulatedLinkTests {
  private static func bytes(_ count: Int) -> [UInt8] {
    (0..<count).map { UInt8(truncatingIfNeeded: $0 &* 31 ^ $0 >> 8) }
  }

  @Test(arguments: 1...5 as ClosedRange<UInt64>)
  func bytes_shouldArriveInOrder_inPiecesOfAllLengths(seed: UInt64) throws {
    let pair = LinkPair(
      seed: seed,
      LineConditions(
        latency: .milliseconds(30), jitterMean: .milliseconds(20), lossPerMillion: 50_000))
    let (a, b) = try pair.connect()
    let (there, back) = (Self.bytes(300_000), Self.bytes(100_001))
    a.send(there)
    b.send(back)
    pair.runtime.advance(by: .seconds(60))
    #expect(b.received == there && a.received == back)
    // At first one by one, later of all lengths.
    let single = SimulatedLinksLimits.singleBytesFirst
    #expect(b.pieces.prefix(single).allSatisfy { $0 == 1 })
    #expect((b.pieces.max() ?? 0) > 1_000 && b.pieces.dropFirst(single).contains(1))
    #expect(pair.internet.deliveredBytes(from: pair.hosts[0], to: pair.hosts[1]) == there.count)
  }

  @Test func line_shouldCarryItsRate_andTheSlowerOneDecide() throws {
    for (upload, download) in [(100_000, 1_000_000), (1_000_000, 100_000)] {
      let pair = LinkPair(
        LineConditions(latency: .milliseconds(10)), upload: upload, download: download)
      let (a, b) = try pair.connect()
      let start = pair.runtime.now
      a.send(Self.bytes(1_000_000))
      pair.runtime.advance(by: .seconds(60))
      let taken = start.duration(to: b.receivedAt)
      #expect(b.received.count == 1_000_000)
      #expect(taken > .seconds(9.9) && taken < .seconds(11.5), "\(taken)")
    }
  }

  @Test func sender_shouldBeAskedForNothing_whileAWindowIsOnItsWay() throws {
    let pair = LinkPair()
    let (a, b) = try pair.connect()
    pair.internet.block(from: pair.hosts[0], to: pair.hosts[1])
    a.send(Self.bytes(2 << 20))
    pair.runtime.advance(by: .seconds(10))
    #expect(a.taken <= SimulatedLinksLimits.windowBytesMax && a.taken > 200_000)
    #expect(b.received.isEmpty)
    // A short partition loses nothing.
    pair.internet.heal()
    pair.runtime.advance(by: .seconds(60))
    #expect(b.received == Self.bytes(2 << 20))
  }

  @Test func window_shouldBeSmall_onASlowLine() throws {
    let pair = LinkPair(upload: 10_000_000, download: 10_000)
    let (a, b) = try pair.connect()
    a.send(Self.bytes(1 << 20))
    pair.runtime.advance(by: .seconds(5))
    let most = SimulatedLinksLimits.windowBytesMin + SimulatedLinksLimits.segmentBytesMax
    #expect(a.taken - b.received.count <= most, "\(a.taken) \(b.received.count)")
    #expect(a.taken - b.received.count >= SimulatedLinksLimits.windowBytesMin / 2)
  }

  @Test func links_shouldTakeTurns_onTheLineOut() throws {
    let pair = LinkPair(LineConditions(latency: .milliseconds(1)), upload: 100_000)
    let (a, _) = try pair.connect()
    a.send(Self.bytes(1 << 20))
    pair.runtime.advance(by: .seconds(1))
    pair.dial()
    pair.runtime.advance(by: .seconds(1))
    let (second, there) = (try #require(pair.dialled), try #require(pair.accepted))
    let start = pair.runtime.now
    second.send([1])
    pair.runtime.advance(by: .seconds(1))
    #expect(there.received == [1])
    let share = SimulatedLinksLimits.segmentBytesMin
    #expect(start.duration(to: there.receivedAt) < .milliseconds(10 * share / 1_000 + 30))
  }

  @Test func dial_shouldBeRefused_whereNobodyListens_andWaitWhereNobodyIs() throws {
    let nobody = LinkPair()
    nobody.dial()
    nobody.runtime.advance(by: .seconds(1))
    #expect(nobody.failure == .system(call: "connect", code: 111))
    let unlucky = LinkPair(LineConditions(refusedPerMillion: 1_000_000))
    try unlucky.listen()
    unlucky.dial()
    unlucky.runtime.advance(by: .seconds(1))
    #expect(unlucky.failure == .system(call: "connect", code: 111) && unlucky.accepted == nil)
    let away = LinkPair()
    try away.listen()
    away.hosts[1].goDown(isTold: false)
    away.dial()
    away.runtime.advance(by: .seconds(60))
    #expect(away.failure == .noAnswer)
    #expect(away.toldAt == Moment.start.advanced(by: TransportLimits.dialTimeout))
  }

  @Test func hostThatTakesNoLinks_shouldDial_andBeDialledInVain() throws {
    let closed = LinkPair()
    try closed.listen()
    closed.hosts[1].takesLinks = false
    closed.dial()
    closed.runtime.advance(by: .seconds(60))
    #expect(closed.failure == .noAnswer && closed.accepted == nil)
    let open = LinkPair()
    open.hosts[0].takesLinks = false
    let (a, b) = try open.connect()
    a.send([1])
    b.send([2])
    open.runtime.advance(by: .seconds(1))
    #expect(b.received == [1] && a.received == [2])
  }

  @Test func port_shouldBeTakenOnce() throws {
    let pair = LinkPair()
    try pair.listen()
    #expect(throws: LinkFailure.self) { try pair.listen() }
    let other = pair.hosts[1].process()
    #expect(throws: LinkFailure.self) { _ = try other.listen(at: LinkPair.address) { _, _ in } }
    pair.makers[1].close()
    _ = try other.listen(at: LinkPair.address) { _, _ in }
    let free = try other.listen(at: SocketAddress("8.1.0.1:0")!) { _, _ in }
    #expect(free.port >= SimulatedLinksLimits.dialPortFirst)
  }

  @Test func dials_shouldBeSoManyAtMost() throws {
    let pair = LinkPair()
    pair.hosts[1].goDown(isTold: false)
    for _ in 0..<SimulatedLinksLimits.dialsMax { pair.dial() }
    pair.runtime.advance(by: .milliseconds(1))
    #expect(pair.failure == nil)
    pair.dial()
    pair.runtime.advance(by: .milliseconds(1))
    #expect(pair.failure == .noAnswer)
  }

  @Test func endedLink_shouldBringItsLastBytes_andTellTheOtherEnd() throws {
    let pair = LinkPair()
    let (a, b) = try pair.connect()
    a.send(Self.bytes(5_000))
    pair.runtime.advance(by: .milliseconds(1))
    a.link.finish(with: [1, 2, 3])
    pair.runtime.advance(by: .seconds(5))
    #expect(b.received == Self.bytes(5_000) + [1, 2, 3])
    #expect(b.end == .closedByPeer && a.end == nil)
  }

  /// At every byte of a short exchange.
  @Test(arguments: [0, 1, 2, 99, 100, 101, 150, 199])
  func link_shouldBreak_atTheByteThatIsDrawn(place: Int) throws {
    let pair = LinkPair(fault: .breaks(afterBytes: place))
    let (a, b) = try pair.connect()
    a.send(Self.bytes(100))
    pair.runtime.advance(by: .seconds(1))
    if a.end == nil { a.send(Self.bytes(100)) }
    pair.runtime.advance(by: .seconds(1))
    #expect(b.received.count == place)
    #expect(a.end == .system(call: "recv", code: 104))
    #expect(b.end == .system(call: "recv", code: 104))
  }

  @Test func silentLink_shouldEndForWhoSends_andForNobodyElse() throws {
    let pair = LinkPair(fault: .fallsSilent(afterBytes: 50))
    let (a, b) = try pair.connect()
    let start = pair.runtime.now
    a.send(Self.bytes(100))
    pair.runtime.advance(by: .seconds(60))
    #expect(b.received == Array(Self.bytes(100).prefix(50)) && b.end == nil)
    #expect(a.end == .system(call: "send", code: 110))
    #expect(start.duration(to: a.endedAt) >= TransportLimits.writeStallMax)
  }

  @Test func killedProcess_shouldEndItsLinks_andAnswerForThem() throws {
    let pair = LinkPair()
    let (a, b) = try pair.connect()
    pair.makers[1].kill()
    pair.runtime.advance(by: .seconds(1))
    #expect(a.end == .closedByPeer && b.end == nil)
    pair.dial()
    pair.runtime.advance(by: .seconds(1))
    #expect(pair.failure == .system(call: "connect", code: 111))
  }

  @Test func movedHost_shouldBeFoundAtItsNewAddress_andItsLinksBeDead() throws {
    let pair = LinkPair()
    let (a, b) = try pair.connect()
    pair.hosts[1].move(to: .v4(0x0807_0001))
    a.send([1])
    pair.runtime.advance(by: .seconds(30))
    #expect(b.received.isEmpty && a.end == .system(call: "send", code: 110))
    pair.dial()
    pair.runtime.advance(by: .seconds(10))
    #expect(pair.failure == .noAnswer)
    var isMade = false
    pair.makers[0].dial(SocketAddress("8.7.0.1:30303")!) { result in
      if case .success = result { isMade = true }
    }
    pair.runtime.advance(by: .seconds(1))
    #expect(isMade)
  }

  @Test func sameSeed_shouldGiveTheSamePieces() throws {
    func run(_ seed: UInt64) throws -> ([Int], Moment) {
      let pair = LinkPair(
        seed: seed, LineConditions(jitterMean: .milliseconds(5), lossPerMillion: 100_000),
        upload: 50_000)
      let (a, b) = try pair.connect()
      a.send(Self.bytes(100_000))
      pair.runtime.advance(by: .seconds(60))
      return (b.pieces, b.receivedAt)
    }
    let (first, again, other) = (try run(1), try run(1), try run(2))
    #expect(first == again && first.0 != other.0)
  }
}
