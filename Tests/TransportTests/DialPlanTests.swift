import Networking
import Primitives
import Runtime
import TestSupport
import Testing
import Transport

@Suite struct DialPlanTests {
  private static func book(secret: UInt64 = 1) -> AddressBook {
    AddressBook(own: Somebody.key(1000), secret: Hash256(words: (secret, 0, 0, 0)))
  }

  private static func plan(kept: [PeerAddress] = [], outboundMax: Int = 0) -> DialPlan {
    DialPlan(book: book(), kept: kept.map { KeptPeer($0) }, outboundMax: outboundMax)
  }

  private static func at(_ duration: Duration) -> Moment { Moment.start.advanced(by: duration) }

  private static let kept = AddressBookTests.address(0x0808_0808)

  /// When the plan dials its only kept peer, looked at in steps; nil: not within a minute.
  private static func pause(of plan: DialPlan, from moment: Moment) -> Duration? {
    var random = RandomStream(seed: 1)
    for step in 0..<6000 {
      var copy = plan
      let pause = Duration.milliseconds(10 * step)
      let dials = copy.next(
        at: moment.advanced(by: pause), connected: [], groups: [], outbound: 0, random: &random)
      if !dials.isEmpty { return pause }
    }
    return nil
  }

  @Test func keptPeer_shouldBeDialledAtOnce_andOnlyOnceAtATime() {
    var plan = Self.plan(kept: [Self.kept])
    var random = RandomStream(seed: 1)
    for expected in [[Self.kept], []] {
      let dials = plan.next(
        at: .start, connected: [], groups: [], outbound: 99, random: &random)
      #expect(dials.map(\.address) == expected && dials.allSatisfy { $0.purpose == .keep })
    }
    plan.succeeded(Self.kept)
    let none = plan.next(
      at: .start, connected: [Self.kept.identity], groups: [], outbound: 0, random: &random)
    #expect(none.isEmpty)
  }

  /// Full jitter: any pause from none to the limit, which doubles.
  @Test func pauses_shouldBeDrawnFromNoneToALimitThatDoubles() throws {
    for failures in 1...8 {
      let doublings = min(failures - 1, TransportLimits.keptPauseDoublings)
      let limit = TransportLimits.keptPauseFirst * (1 << doublings)
      var pauses: [Duration] = []
      for seed in 0..<UInt64(60) {
        var plan = Self.plan(kept: [Self.kept])
        var random = RandomStream(seed: seed)
        for _ in 0..<failures { plan.failed(Self.kept, at: .start, random: &random) }
        pauses.append(try #require(Self.pause(of: plan, from: .start)))
      }
      let (least, most) = (pauses.min() ?? .zero, pauses.max() ?? .zero)
      #expect(most <= limit + .milliseconds(10) && most > limit * 0.8, "\(failures): \(most)")
      #expect(least < limit * 0.2, "\(failures): \(least)")
    }
  }

  @Test func everybody_shouldNotComeBackAtOnce_whenOnePeerWasLost() {
    var perTenth = [Int](repeating: 0, count: 11)
    for seed in 0..<UInt64(1000) {
      var plan = Self.plan(kept: [Self.kept])
      var random = RandomStream(seed: seed)
      plan.lost(
        Self.kept.identity, opened: .start, at: Self.at(.seconds(100)), random: &random)
      guard let pause = Self.pause(of: plan, from: Self.at(.seconds(100))) else { continue }
      perTenth[Int(pause / (TransportLimits.keptPauseFirst / 10))] += 1
    }
    #expect(perTenth.reduce(0, +) == 1000 && (perTenth.max() ?? 0) < 200, "\(perTenth)")
  }

  @Test func connectionThatEndsSoon_shouldBeAFailure_andASteadyOneNot() {
    var plan = Self.plan(kept: [Self.kept])
    var random = RandomStream(seed: 3)
    var longest = Duration.zero
    for _ in 0..<40 {
      plan.succeeded(Self.kept)
      plan.lost(Self.kept.identity, opened: .start, at: .start, random: &random)
      longest = max(longest, Self.pause(of: plan, from: .start) ?? .zero)
    }
    #expect(longest > TransportLimits.keptPauseFirst * 8)
    let later = Self.at(TransportLimits.keptSteady)
    plan.lost(Self.kept.identity, opened: .start, at: later, random: &random)
    let pause = Self.pause(of: plan, from: later)
    #expect((pause ?? .seconds(99)) <= TransportLimits.keptPauseFirst)
  }

  @Test func dials_shouldFillUp_inDistinctGroups_soManyAtATime() {
    var plan = Self.plan(outboundMax: 20)
    var random = RandomStream(seed: 4)
    for group in 0..<UInt32(40) {
      for host in 0..<UInt32(4) {
        let address = AddressBookTests.address(0x0900_0000 + group << 16 + host)
        plan.heard(address, from: AddressBookTests.address(0x5000_0001 + (group * 4 + host) << 16))
      }
    }
    let connected = AddressBookTests.address(0x0900_0000)
    var groups: Set<UInt64> = [connected.group]
    var all: [PeerAddress] = []
    for _ in 0..<4 {
      let dials = plan.next(
        at: .start, connected: [connected.identity], groups: groups, outbound: all.count + 1,
        random: &random)
      #expect(dials.count <= TransportLimits.dialsMax)
      #expect(dials.allSatisfy { $0.purpose == .fill && !groups.contains($0.address.group) })
      groups.formUnion(dials.map(\.address.group))
      all += dials.map(\.address)
    }
    #expect(all.count == 19 && Set(all.map(\.group)).count == 19)
  }

  @Test func holderOfAPlace_shouldBeTested_connectedOrNot_beforeItGivesWay() throws {
    var plan = Self.plan()
    var random = RandomStream(seed: 5)
    var found: (rival: PeerAddress, holder: PeerAddress)?
    for host in 0..<UInt32(400) where found == nil {
      let address = AddressBookTests.address(0x0909_0001 + host)
      plan.heard(address, from: AddressBookTests.address(0x5000_0001 + host << 16))
      guard plan.book.contains(address) else { continue }
      plan.succeeded(address)
      guard !plan.book.isTried(address) else { continue }
      let everybody = Set(
        (0..<UInt32(400)).map { AddressBookTests.address(0x0909_0001 + $0).identity })
      let dials = plan.next(
        at: .start, connected: everybody, groups: [], outbound: 0, random: &random)
      #expect(dials.map(\.purpose) == [.test])
      found = dials.first.map { (address, $0.address) }
    }
    let (rival, holder) = try #require(found)
    var reached = plan
    reached.succeeded(holder)
    #expect(reached.book.isTried(holder) && !reached.book.isTried(rival))
    plan.failed(holder, at: .start, random: &random)
    #expect(!plan.book.contains(holder) && plan.book.isTried(rival))
  }

  @Test func whoMadeAConnection_shouldBeTested_soThatOthersCanBeToldOfIt() {
    var plan = Self.plan()
    var random = RandomStream(seed: 6)
    let address = AddressBookTests.address(0x0a0a_0000 + 0x0100_0000)
    plan.met(address)
    #expect(plan.book.told(random: &random) == [])
    let dials = plan.next(
      at: .start, connected: [address.identity], groups: [], outbound: 0, random: &random)
    #expect(dials.map(\.address) == [address] && dials.map(\.purpose) == [.test])
    plan.succeeded(address)
    #expect(plan.book.told(random: &random) == [address])
    plan.met(address)
    let again = plan.next(
      at: .start, connected: [], groups: [], outbound: 0, random: &random)
    #expect(again.isEmpty)
    // Private addresses are of no use to anybody.
    plan.met(AddressBookTests.address(0x0a00_0001))
    #expect(plan.book.count == 1)
  }

  private static let named = KeptPeer(text: "\(Self.kept.identity)@seed.example.org:7")!

  /// A host's address, and that of the peer there.
  private static func host(_ number: UInt32) -> (SocketAddress.Host, PeerAddress) {
    (
      .v4(0x0c00_0001 + number),
      PeerAddress(.v4(0x0c00_0001 + number), port: 7, identity: kept.identity)
    )
  }

  @Test func name_shouldBeLookedUpForEachDial_andItsAddressesTakenInTurn() {
    var plan = DialPlan(book: Self.book(), kept: [Self.named], outboundMax: 0)
    var random = RandomStream(seed: 8)
    var now = Moment.start
    let hosts = (0..<UInt32(3)).map { Self.host($0) }
    func next() -> [PeerAddress] {
      plan.next(at: now, connected: [], groups: [], outbound: 0, random: &random).map(\.address)
    }
    for turn in 0..<7 {
      #expect(next() == [] && plan.lookUps(at: now, connected: [Self.kept.identity]) == [])
      #expect(plan.lookUps(at: now, connected: []) == [Self.named])
      #expect(plan.lookUps(at: now, connected: []) == [] && next() == [])
      guard turn != 4 else {
        plan.unresolved(Self.named, at: now, random: &random)
        now = now.advanced(by: .seconds(60))
        continue
      }
      plan.found(Self.named, at: hosts.map(\.0))
      #expect(plan.lookUps(at: now, connected: []) == [])
      let address = hosts[(turn > 4 ? turn - 1 : turn) % 3].1
      #expect(next() == [address] && next() == [])
      #expect(plan.lookUps(at: now, connected: []) == [])
      plan.failed(address, at: now, random: &random)
      #expect(!plan.book.contains(address))
      now = now.advanced(by: .seconds(60))
    }
    _ = plan.lookUps(at: now, connected: [])
    plan.found(Self.named, at: hosts.map(\.0))
    #expect(next() == [hosts[0].1])
    plan.succeeded(hosts[0].1)
    #expect(plan.book.isTried(hosts[0].1) && plan.book.anchors == [hosts[0].1])
    // It has moved meanwhile.
    plan.lost(Self.kept.identity, opened: .start, at: now, random: &random)
    now = now.advanced(by: .seconds(60))
    #expect(next() == [] && plan.lookUps(at: now, connected: []) == [Self.named])
    plan.found(Self.named, at: [Self.host(9).0])
    #expect(next() == [Self.host(9).1])
  }

  @Test func namesThatDoNotResolve_shouldBeTriedLikePeersThatDoNotAnswer() throws {
    var pauses: [Duration] = []
    for seed in 0..<UInt64(60) {
      var plan = DialPlan(book: Self.book(), kept: [Self.named], outboundMax: 0)
      var random = RandomStream(seed: seed)
      for _ in 0..<3 { plan.unresolved(Self.named, at: .start, random: &random) }
      var pause = Duration.zero
      while plan.lookUps(at: Self.at(pause), connected: []).isEmpty { pause += .milliseconds(10) }
      pauses.append(pause)
    }
    let limit = TransportLimits.keptPauseFirst * 4
    #expect((pauses.max() ?? .zero) <= limit + .milliseconds(10), "\(pauses)")
    #expect((pauses.max() ?? .zero) > limit * 0.8 && (pauses.min() ?? limit) < limit * 0.2)
  }

  @Test func lookUps_shouldBeSoManyAtATime() {
    let names = (0..<20).map { KeptPeer(text: "\(Somebody.key($0))@h\($0).example:1")! }
    var plan = DialPlan(book: Self.book(), kept: names, outboundMax: 0)
    var random = RandomStream(seed: 9)
    var all: [KeptPeer] = []
    for _ in 0..<5 {
      let some = plan.lookUps(at: .start, connected: [])
      #expect(some.count == TransportLimits.lookUpsMax)
      #expect(plan.lookUps(at: .start, connected: []) == [])
      for peer in some { plan.unresolved(peer, at: Self.at(.seconds(5)), random: &random) }
      all += some
    }
    #expect(Set(all) == Set(names) && all.count == names.count)
  }

  @Test func keptPeer_shouldBeInTheBook_andBeDialledWithoutBeingNamedAgain() throws {
    var plan = Self.plan(kept: [Self.kept])
    var random = RandomStream(seed: 10)
    #expect(plan.book.contains(Self.kept) && !plan.book.isTried(Self.kept))
    // It leaves the book as long as it does not answer, but not the plan.
    for attempt in 0..<TransportLimits.addressFailuresMax {
      _ = plan.next(
        at: Self.at(.seconds(60 * attempt)), connected: [], groups: [], outbound: 0,
        random: &random)
      plan.failed(Self.kept, at: Self.at(.seconds(60 * attempt)), random: &random)
    }
    #expect(!plan.book.contains(Self.kept))
    plan.succeeded(Self.kept)
    #expect(plan.book.isTried(Self.kept))
    let saved = try SavedAddressBook(wireBytes: plan.book.saved.wireBytes)
    let book = AddressBook(own: Somebody.key(1000), saved: saved)
    var again = DialPlan(book: book, kept: [], outboundMax: 1)
    let dials = again.next(at: .start, connected: [], groups: [], outbound: 0, random: &random)
    #expect(dials.map(\.address) == [Self.kept] && dials.map(\.purpose) == [.fill])
  }

  @Test func anchors_shouldBeDialledFirst_afterARestart() throws {
    var book = Self.book()
    for host in 0..<UInt32(200) {
      let address = AddressBookTests.address(0x0b00_0001 + host << 16)
      _ = book.add(address, from: AddressBookTests.address(0x5000_0001 + host << 16))
    }
    let known = (0..<UInt32(200)).map { AddressBookTests.address(0x0b00_0001 + $0 << 16) }
      .filter(book.contains)
    let last = Array(known.suffix(TransportLimits.anchorsMax))
    for address in known { _ = book.succeeded(address) }
    let saved = try SavedAddressBook(wireBytes: book.saved.wireBytes)
    let again = AddressBook(own: Somebody.key(1000), saved: saved)
    var plan = DialPlan(book: again, kept: [], outboundMax: TransportLimits.anchorsMax)
    var random = RandomStream(seed: 7)
    let dials = plan.next(at: .start, connected: [], groups: [], outbound: 0, random: &random)
    #expect(Set(dials.map(\.address)) == Set(last))
  }
}

@Suite struct BanListTests {
  private static func address(_ host: Int) -> SocketAddress {
    Somebody.address(subnet: 1, host: host)
  }

  @Test func ban_shouldEnd_andHoldForTheIdentityWhereverItComesFrom() {
    var bans = BanList()
    let peer = Somebody.identity(1)
    bans.ban(peer, from: nil, at: 100)
    #expect(bans.contains(peer, at: 100) && bans.banned(at: 100) == [peer])
    #expect(bans.contains(peer, at: 99 + TransportLimits.banSeconds))
    #expect(!bans.contains(peer, at: 100 + TransportLimits.banSeconds))
    #expect(!bans.contains(Somebody.identity(2), at: 100))
  }

  @Test func address_shouldBeBanned_onceSeveralCameFromIt_andNeverThisHost() throws {
    var bans = BanList()
    let local = try #require(SocketAddress("127.0.0.1:5"))
    for number in 0..<TransportLimits.bansPerAddress {
      #expect(!bans.contains(Self.address(1), at: 0))
      bans.ban(Somebody.identity(number), from: Self.address(1), at: 0)
      bans.ban(Somebody.identity(100 + number), from: local, at: 0)
    }
    #expect(bans.contains(Self.address(1), at: 0) && !bans.contains(Self.address(2), at: 0))
    #expect(!bans.contains(local, at: 0))
    let mapped = SocketAddress(.v6(0, 0xffff_0800_0101), port: 77)
    #expect(bans.contains(mapped, at: 0))
    #expect(!bans.contains(mapped, at: TransportLimits.banSeconds))
  }

  @Test func bans_shouldBeSoManyAtMost_andTheFirstToEndBeForgotten() {
    var bans = BanList()
    for number in 0...TransportLimits.bansMax {
      bans.ban(Somebody.identity(number), from: nil, at: UInt64(number / 2))
    }
    #expect(bans.count == TransportLimits.bansMax)
    #expect(!bans.contains(Somebody.identity(0), at: 600))
    #expect(bans.contains(Somebody.identity(TransportLimits.bansMax), at: 600))
    bans.ban(Somebody.identity(5000), from: nil, at: 1 << 40)
    #expect(bans.count == 1)
  }
}
