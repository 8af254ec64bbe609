import LiveSync
import Networking
import Primitives
import Runtime
import Testing

@Suite struct HeaderBodyAssemblerTests {
  /// A body fits the header of its own number.
  typealias Assembler = HeaderBodyAssembler<Int, Int>

  static func hash(_ number: Int) -> Hash256 { Blake2b256.hash([UInt8(number & 255)]) }
  static func gossip(_ tag: Int) -> GossipID {
    GossipID(topic: .blockHeader, payload: [UInt8(tag & 255), UInt8(tag >> 8)])
  }
  static func at(_ seconds: Int64) -> Moment { Moment(nanoseconds: seconds * 1_000_000_000) }

  @Test func halves_shouldBeJoined_inEitherOrder() {
    for headerFirst in [true, false] {
      var assembler = Assembler { $0 == $1 }
      let header = { (assembler: inout Assembler) in
        assembler.add(
          header: 1, of: Self.hash(1), from: PeerID(1), gossip: Self.gossip(1), at: .start)
      }
      let body = { (assembler: inout Assembler) in
        assembler.add(
          body: 1, of: Self.hash(1), from: PeerID(2), gossip: Self.gossip(2), at: .start)
      }
      #expect((headerFirst ? header : body)(&assembler).isEmpty)
      let actions = (headerFirst ? body : header)(&assembler)
      guard case .assembled(1, 1, PeerID(1), let gossip)? = actions.first else {
        Issue.record("not assembled: \(actions)")
        return
      }
      #expect(gossip == [Self.gossip(1), Self.gossip(2)])
      #expect(assembler.count == 0)
    }
  }

  @Test func wrongBody_shouldBeRejected_andTheRightOneUsed() {
    var assembler = Assembler { $0 == $1 }
    _ = assembler.add(
      body: 9, of: Self.hash(1), from: PeerID(9), gossip: Self.gossip(9), at: .start)
    _ = assembler.add(
      header: 1, of: Self.hash(1), from: PeerID(1), gossip: Self.gossip(1), at: .start)
    let late = assembler.add(
      body: 8, of: Self.hash(1), from: PeerID(8), gossip: Self.gossip(8), at: .start)
    guard case .drop(_, PeerID(8), _, .bodyMismatch, .reject)? = late.first else {
      Issue.record("not rejected: \(late)")
      return
    }
    let good = assembler.add(
      body: 1, of: Self.hash(1), from: PeerID(2), gossip: Self.gossip(2), at: .start)
    guard case .assembled? = good.first else {
      Issue.record("not assembled: \(good)")
      return
    }
  }

  @Test(arguments: [true, false])
  func mismatch_shouldBeBlamedOnWhoSentTheBody_whicheverCameFirst(headerFirst: Bool) {
    // The header is what the hash commits to, so it is the body that is wrong.
    var assembler = Assembler { $0 == $1 }
    var actions: [HeaderBodyAssembler<Int, Int>.Action] = []
    func addHeader() {
      actions += assembler.add(
        header: 1, of: Self.hash(1), from: PeerID(1), gossip: Self.gossip(1), at: .start)
    }
    func addBody() {
      actions += assembler.add(
        body: 9, of: Self.hash(1), from: PeerID(9), gossip: Self.gossip(9), at: .start)
    }
    if headerFirst { addHeader() } else { addBody() }
    if headerFirst { addBody() } else { addHeader() }
    guard
      case .drop(Self.hash(1), PeerID(9), Self.gossip(9), .bodyMismatch, .reject)? = actions.last,
      actions.count == 1
    else {
      Issue.record("blamed otherwise: \(actions)")
      return
    }
    #expect(assembler.count == 1)
  }

  @Test func half_shouldBeDropped_whenTheOtherDoesNotCome() {
    var assembler = Assembler { $0 == $1 }
    _ = assembler.add(
      header: 1, of: Self.hash(1), from: PeerID(1), gossip: Self.gossip(1), at: Self.at(0))
    #expect(assembler.sweep(at: Self.at(9)).isEmpty)
    guard case .drop(_, _, _, .expired, .ignore)? = assembler.sweep(at: Self.at(10)).first else {
      Issue.record("a half waits too long")
      return
    }
    #expect(assembler.count == 0)
  }

  @Test func onePeer_shouldNotCrowdOutTheOthers() {
    var assembler = Assembler { $0 == $1 }
    for tag in 0..<LiveSyncLimits.halvesPerPeerMax {
      #expect(
        assembler.add(
          body: tag, of: Self.hash(tag), from: PeerID(6), gossip: Self.gossip(tag), at: .start
        ).isEmpty)
    }
    let more = assembler.add(
      body: 99, of: Self.hash(99), from: PeerID(6), gossip: Self.gossip(99), at: .start)
    guard case .drop(_, _, _, .peerLimit, .ignore)? = more.first else {
      Issue.record("no limit for one peer")
      return
    }
    let other = assembler.add(
      body: 100, of: Self.hash(100), from: PeerID(7), gossip: Self.gossip(100), at: .start)
    #expect(other.isEmpty)
  }
}
