import Primitives
import Runtime
import TestSupport
import Testing
import Transport

@Suite struct AddressBookTests {
  static func address(_ host: UInt32, identity: UInt64? = nil) -> PeerAddress {
    let words = (identity ?? UInt64(host), UInt64(1), UInt64(1), UInt64(1))
    return PeerAddress(.v4(host), port: 7, identity: PublicKey(raw: Hash256(words: words)))
  }

  private static let own = PublicKey(raw: Hash256(words: (9, 9, 9, 9)))
  /// Who tells addresses, one of a group for each number.
  private static func source(_ number: UInt32) -> PeerAddress {
    address(0x5000_0001 + number << 16)
  }

  private static func book(secret: UInt64 = 1) -> AddressBook {
    AddressBook(own: own, secret: Hash256(words: (secret, 0, 0, 0)))
  }

  private static func moment(_ seconds: Int) -> Moment {
    Moment.start.advanced(by: .seconds(seconds))
  }

  @Test func address_shouldBeAdded_onceAndIfItIsOfUse() {
    var book = Self.book()
    let address = Self.address(0x0808_0808)
    #expect(book.add(address, from: Self.source(1)) == .added)
    #expect(book.add(address, from: Self.source(2)) == .known)
    #expect(book.add(Self.address(0x0a00_0001), from: Self.source(1)) == .useless)
    let own = PeerAddress(.v4(0x0808_0809), port: 7, identity: Self.own)
    #expect(book.add(own, from: Self.source(1)) == .useless)
    #expect(book.count == 1 && book.triedCount == 0)
    var local = AddressBook(own: Self.own, secret: .zero, takesPrivate: true)
    #expect(local.add(Self.address(0x7f00_0001), from: Self.source(1)) == .added)
    let nowhere = PeerAddress(.v4(0x7f00_0001), port: 0, identity: address.identity)
    #expect(local.add(nowhere, from: Self.source(1)) == .useless)
  }

  @Test func wrongAddressOfAnIdentity_shouldNotDisplaceTheRightOne() {
    var book = Self.book()
    let (wrong, right) =
      (Self.address(0x0808_0808, identity: 5), Self.address(0x0909_0909, identity: 5))
    #expect(book.add(wrong, from: Self.source(1)) == .added)
    #expect(book.add(right, from: Self.source(2)) == .added)
    #expect(book.succeeded(right) == .tried && book.isTried(right) && !book.isTried(wrong))
  }

  @Test func oneGroupOfSources_shouldReachFewPlaces_howeverMuchItTells() {
    var random = SeededGenerator(seed: 1)
    var book = Self.book()
    let most = TransportLimits.newBucketsPerSource * TransportLimits.bucketPlaces
    for index in UInt32(0)..<40_000 {
      let address = Self.address(0x1000_0000 | UInt32(random.below(0x1000_0000)))
      _ = book.add(address, from: Self.address(0x5001_0000 + index % 60_000))
    }
    #expect(book.count > most * 8 / 10 && book.count <= most)
    for source in UInt32(0)..<200 {
      for _ in 0..<400 {
        let address = Self.address(0x1000_0000 | UInt32(random.below(0x1000_0000)))
        _ = book.add(address, from: Self.source(source))
      }
    }
    let all = TransportLimits.newBuckets * TransportLimits.bucketPlaces
    #expect(book.count > all * 8 / 10 && book.count <= all)
  }

  @Test func oneGroupOfAddresses_shouldReachFewTriedPlaces() {
    var random = SeededGenerator(seed: 2)
    func fill(_ book: inout AddressBook, groups: Int, count: Int) {
      for index in 0..<count {
        let host = 0x1000_0000 + UInt32(index % groups) << 16 + UInt32(random.below(65_536))
        let address = Self.address(host)
        _ = book.add(address, from: Self.source(UInt32(random.below(2_000))))
        _ = book.succeeded(address)
      }
    }
    var one = Self.book()
    fill(&one, groups: 1, count: 4_000)
    let few = TransportLimits.triedBucketsPerGroup * TransportLimits.bucketPlaces
    #expect(one.triedCount > few * 8 / 10 && one.triedCount <= few)
    var many = Self.book()
    fill(&many, groups: 200, count: 12_000)
    let all = TransportLimits.triedBuckets * TransportLimits.bucketPlaces
    #expect(many.triedCount > few * 4 && many.triedCount <= all)
  }

  /// A book, a tried address and another that is to have its place.
  private static func collision() throws -> (AddressBook, holder: PeerAddress, rival: PeerAddress) {
    var book = book()
    for number in UInt32(0)..<10_000 {
      let address = address(0x1000_0000 + number * 7)
      guard book.add(address, from: source(number % 50)) == .added else { continue }
      if case .test(let holder) = book.succeeded(address) { return (book, holder, address) }
    }
    throw MuxFailure(description: "no collision")
  }

  @Test func triedAddress_shouldGiveWay_onlyAfterATestInVain() throws {
    let (book, holder, rival) = try Self.collision()
    #expect(book.isTried(holder) && !book.isTried(rival))
    var kept = book
    kept.attempted(holder, at: Self.moment(1))
    #expect(kept.succeeded(holder) == .tried)
    // The test is over: a later failure hands the place to nobody.
    kept.attempted(holder, at: Self.moment(2))
    kept.failed(holder)
    #expect(kept.isTried(holder) && !kept.isTried(rival))
    var lost = book
    lost.attempted(holder, at: Self.moment(1))
    lost.failed(holder)
    #expect(!lost.isTried(holder) && lost.isTried(rival) && lost.triedCount == book.triedCount)
    #expect(lost.count == book.count - 1)
    #expect(lost.succeeded(holder) == .unknown)
  }

  @Test func newAddress_shouldLeave_afterSoManyFailures() {
    var book = Self.book()
    let address = Self.address(0x0808_0808)
    _ = book.add(address, from: Self.source(1))
    for attempt in 1...TransportLimits.addressFailuresMax {
      #expect(book.count == 1)
      book.attempted(address, at: Self.moment(attempt))
      book.failed(address)
    }
    #expect(book.count == 0)
    #expect(book.add(address, from: Self.source(1)) == .added)
  }

  @Test func heldPlace_shouldBeRefused_untilItsHolderFails() throws {
    var book = Self.book()
    var random = SeededGenerator(seed: 3)
    var refused: PeerAddress?
    var added: [PeerAddress] = []
    while refused == nil {
      let address = Self.address(0x1000_0000 | UInt32(random.below(0x1000_0000)))
      if book.add(address, from: Self.source(1)) == .refused {
        refused = address
      } else {
        added.append(address)
      }
    }
    let newcomer = try #require(refused)
    for address in added {
      for _ in 0..<TransportLimits.addressFailuresMax { book.attempted(address, at: .start) }
    }
    #expect(book.add(newcomer, from: Self.source(1)) == .added && book.count == added.count)
    // With another secret other addresses share a place.
    var other = Self.book(secret: 2)
    let outcomes = (added + [newcomer]).map { other.add($0, from: Self.source(1)) }
    #expect(outcomes.last == .added || outcomes.dropLast().contains(.refused))
  }

  @Test func givenAddress_shouldGoBeforeHearsay_butNotBeforeWhatWasReached() {
    var book = Self.book()
    for number in UInt32(0)..<60_000 {
      let address = Self.address(0x1000_0000 + number * 977)
      _ = book.add(address, from: Self.source(number % 5_000))
      if number % 50 == 0 { _ = book.succeeded(address) }
    }
    let (count, tried) = (book.count, book.triedCount)
    var displaced = 0
    for number in UInt32(0)..<200 {
      let address = Self.address(0x5a00_0001 + number << 12)
      let before = book.count
      #expect(book.add(given: address) == .added && book.contains(address))
      displaced += book.count == before ? 1 : 0
      #expect(book.add(given: address) == .known)
    }
    #expect(displaced > 100 && book.count == count + 200 - displaced && book.triedCount == tried)
    #expect(book.add(given: Self.address(0x0a00_0001)) == .useless)
  }

  @Test func choice_shouldKeepToWhatIsDue_andDoubleThePause() {
    var book = Self.book()
    var random = SeededGenerator(seed: 4)
    let address = Self.address(0x0808_0808)
    #expect(book.choose(at: .start, excluding: { _ in false }, random: &random) == nil)
    _ = book.add(address, from: Self.source(1))
    _ = book.succeeded(address)
    #expect(book.choose(at: .start, excluding: { _ in false }, random: &random) == address)
    #expect(book.choose(at: .start, excluding: { $0 == address }, random: &random) == nil)
    var now = Moment.start
    for failure in 0..<12 {
      book.attempted(address, at: now)
      book.failed(address)
      let doublings = min(failure, TransportLimits.redialDoublings)
      let pause = TransportLimits.redialPauseFirst * (1 << doublings)
      let early = now.advanced(by: pause - .nanoseconds(1))
      #expect(book.choose(at: early, excluding: { _ in false }, random: &random) == nil)
      now = now.advanced(by: pause)
      #expect(book.choose(at: now, excluding: { _ in false }, random: &random) == address)
    }
  }

  @Test func choice_shouldTakeNewAndTried_andWhatFailedLeast() {
    var book = Self.book()
    var random = SeededGenerator(seed: 5)
    let addresses = (0..<4).map { Self.address(0x0808_0808 + $0 << 16) }
    for address in addresses { #expect(book.add(address, from: Self.source(1)) == .added) }
    for address in addresses[0...1] { #expect(book.succeeded(address) == .tried) }
    for address in [addresses[0], addresses[2]] { book.attempted(address, at: .start) }
    var counts: [PeerAddress: Int] = [:]
    for _ in 0..<1_000 {
      let now = Self.moment(1_000)
      guard let chosen = book.choose(at: now, excluding: { _ in false }, random: &random) else {
        continue
      }
      counts[chosen, default: 0] += 1
    }
    #expect(Set(counts.keys) == [addresses[1], addresses[3]])
    #expect(counts.values.allSatisfy { $0 > 400 }, "\(counts)")
  }

  @Test func toldAddresses_shouldBeTried_andAQuarterAtMost() {
    var book = Self.book()
    var random = SeededGenerator(seed: 6)
    #expect(book.told(random: &random).isEmpty)
    for number in UInt32(0)..<3_000 {
      let address = Self.address(0x1000_0000 + number << 14)
      _ = book.add(address, from: Self.source(number % 100))
      _ = book.succeeded(address)
      guard number % 20 == 0 else { continue }
      let told = book.told(random: &random)
      #expect(told.count == min(max(1, book.triedCount / 4), TransportLimits.addressesToldMax))
      #expect(told.allSatisfy(book.isTried) && Set(told).count == told.count)
    }
    #expect(book.told(random: &random).count == TransportLimits.addressesToldMax)
  }

  @Test func anchors_shouldBeTheLastConnections() {
    var book = Self.book()
    let addresses = (0..<3).map { Self.address(0x0808_0808 + $0 << 16) }
    for address in addresses {
      _ = book.add(address, from: Self.source(1))
      _ = book.succeeded(address)
    }
    #expect(book.anchors == Array(addresses.suffix(TransportLimits.anchorsMax)))
    _ = book.succeeded(addresses[1])
    #expect(book.anchors == [addresses[2], addresses[1]])
    #expect(book.succeeded(Self.address(0x0909_0909)) == .unknown)
    #expect(book.anchors.count == TransportLimits.anchorsMax)
  }

  /// Random calls beside a plain model of what is in the book.
  @Test func book_shouldAgreeWithAPlainModel_overRandomCalls() {
    for seed in UInt64(0)..<10 {
      var random = SeededGenerator(seed: seed)
      var book = Self.book(secret: seed)
      var known: Set<PeerAddress> = []
      var tried: Set<PeerAddress> = []
      for _ in 0..<3_000 {
        let address = Self.address(0x1000_0000 + UInt32(random.below(3_000)))
        switch random.below(4) {
        case 0, 1:
          switch book.add(address, from: Self.source(UInt32(random.below(3)))) {
          case .added:
            #expect(known.insert(address).inserted)
            // It may have replaced one that was failing.
            if book.count < known.count {
              known = known.filter {
                var copy = book
                return copy.succeeded($0) != .unknown
              }
            }
          case .known: #expect(known.contains(address))
          case .refused: #expect(!known.contains(address))
          case .useless: Issue.record("seed \(seed): useless")
          }
        case 2:
          switch book.succeeded(address) {
          case .tried: tried.insert(address)
          case .test(let holder):
            #expect(tried.contains(holder) && !tried.contains(address))
            if random.chance(50) {
              book.attempted(holder, at: .start)
              book.failed(holder)
              known.remove(holder)
              tried.remove(holder)
              tried.formUnion(known.filter { book.isTried($0) })
            } else {
              #expect(book.succeeded(holder) == .tried)
            }
          case .unknown: #expect(!known.contains(address))
          }
        default: book.attempted(address, at: .start)
        }
        #expect(book.count == known.count && book.triedCount == tried.count, "seed \(seed)")
        guard book.count == known.count, book.triedCount == tried.count else { return }
      }
      #expect(tried.allSatisfy(book.isTried) && tried.isSubset(of: known))
    }
  }
}
