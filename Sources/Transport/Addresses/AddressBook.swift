import Primitives
import Runtime

/// The addresses that a node knows, so that nobody can fill it with his own (after Heilman et al.,
/// "Eclipse Attacks on Bitcoin's Peer-to-Peer Network", 2015, and Bitcoin Core's use of it).
///
/// What was only heard of stands in *new* buckets, chosen by the groups of the address and of who
/// told it; what a connection was made to stands in *tried* buckets, chosen by the group of the
/// address. A keyed hash that nobody else can compute gives each address one place in its bucket.
/// An address in a tried place gives way only after it was dialled in vain. A value without a clock
/// or randomness of its own.
public struct AddressBook: Sendable {
  /// What became of an address that was told.
  public enum Addition: Sendable, Hashable {
    case added
    /// It is in the book already.
    case known
    /// It is this node's own, or nobody can dial it.
    case useless
    /// Another one, which is not failing, has its place.
    case refused
  }

  /// What becomes of an address that a connection was made to.
  public enum Promotion: Sendable, Hashable {
    /// It is tried now, or was before.
    case tried
    /// This one has its place: dial it, then tell by `succeeded` or `failed` how that went. The
    /// place belongs to whoever can be reached.
    case test(PeerAddress)
    /// It is not in the book.
    case unknown
  }

  struct Entry: Sendable {
    /// Index into `newPlaces`, or into `triedPlaces` if it is tried.
    var place: Int
    var isTried = false
    /// Attempts since the last success.
    var failures = 0
    var lastAttempt: Moment?
    /// Whether it waits for a tried place.
    var isWaiting = false

    var isFailing: Bool { failures >= TransportLimits.addressFailuresMax }

    /// Whether it may be dialled again: the pause doubles with each failure.
    func isDue(at now: Moment) -> Bool {
      guard let lastAttempt else { return true }
      let doublings = min(max(0, failures - 1), TransportLimits.redialDoublings)
      let pause = TransportLimits.redialPauseFirst * (1 << doublings)
      return lastAttempt.duration(to: now) >= pause
    }
  }

  private let own: PublicKey
  private let places: AddressPlaces
  /// Whether addresses of private networks are of use.
  private let takesPrivate: Bool
  private var entries: [PeerAddress: Entry] = [:]
  private var newPlaces: [PeerAddress?]
  private var triedPlaces: [PeerAddress?]
  /// Those that wait for a tried place, by place, in order of coming.
  private var rivals: [Int: [PeerAddress]] = [:]
  /// The last addresses that a connection was made to, the latest last, at most
  /// `TransportLimits.anchorsMax`: where to begin after a restart.
  public private(set) var anchors: [PeerAddress] = []

  /// - Parameters:
  ///   - own: this node's identity, which is never added.
  ///   - secret: 32 random bytes that stay the same as long as the book, and are told to nobody.
  ///   - takesPrivate: whether addresses that are not routable are taken, for tests and networks
  ///     of one's own.
  public init(own: PublicKey, secret: Hash256, takesPrivate: Bool = false) {
    self.own = own
    places = AddressPlaces(secret: secret)
    self.takesPrivate = takesPrivate
    newPlaces = Array(repeating: nil, count: AddressPlaces.newCount)
    triedPlaces = Array(repeating: nil, count: AddressPlaces.triedCount)
  }

  /// A book that was written down; what does not fit into it any longer is left out.
  public init(own: PublicKey, saved: SavedAddressBook, takesPrivate: Bool = false) {
    self.init(own: own, secret: saved.secret, takesPrivate: takesPrivate)
    for entry in saved.entries { restore(entry) }
    anchors = saved.anchors.filter { entries[$0] != nil }
  }

  /// What is worth remembering over a restart: failures are not, since the node may have been the
  /// one that was cut off.
  public var saved: SavedAddressBook {
    let kept = entries.map { address, entry in
      SavedAddressBook.Entry(address: address, place: entry.place, isTried: entry.isTried)
    }
    return SavedAddressBook(
      secret: places.secret,
      entries: kept.sorted { ($0.isTried ? 1 : 0, $0.place) < ($1.isTried ? 1 : 0, $1.place) },
      anchors: anchors)
  }

  private mutating func restore(_ saved: SavedAddressBook.Entry) {
    let address = saved.address
    guard isUseful(address), entries[address] == nil else { return }
    if saved.isTried {
      // Its place follows from the address alone.
      let place = places.tried(address)
      guard triedPlaces[place] == nil else { return }
      triedPlaces[place] = address
      triedCount += 1
      entries[address] = Entry(place: place, isTried: true)
    } else {
      guard newPlaces.indices.contains(saved.place), newPlaces[saved.place] == nil else { return }
      newPlaces[saved.place] = address
      entries[address] = Entry(place: saved.place)
    }
  }

  private func isUseful(_ address: PeerAddress) -> Bool {
    address.identity != own && address.port != 0 && (takesPrivate || address.isRoutable)
  }

  /// Addresses in the book.
  public var count: Int { entries.count }
  /// Those of them that a connection was made to.
  public private(set) var triedCount = 0
  /// Whether the address is in the book.
  public func contains(_ address: PeerAddress) -> Bool { entries[address] != nil }
  /// Whether a connection was made to the address.
  public func isTried(_ address: PeerAddress) -> Bool { entries[address]?.isTried ?? false }

  /// Adds an address that `source` told. One identity may have several addresses: who tells a wrong
  /// one does not displace the right one.
  public mutating func add(_ address: PeerAddress, from source: PeerAddress) -> Addition {
    add(address, from: source, gentle: true)
  }

  /// Adds an address that the operator gave, which goes before what was only heard of: it is never
  /// refused.
  public mutating func add(given address: PeerAddress) -> Addition {
    add(address, from: address, gentle: false)
  }

  private mutating func add(
    _ address: PeerAddress, from source: PeerAddress, gentle: Bool
  ) -> Addition {
    guard isUseful(address) else { return .useless }
    guard entries[address] == nil else { return .known }
    let place = places.new(address, from: source)
    if let holder = newPlaces[place] {
      guard !gentle || entries[holder]?.isFailing ?? true else { return .refused }
      remove(holder)
    }
    newPlaces[place] = address
    entries[address] = Entry(place: place)
    return .added
  }

  /// The address is dialled now.
  public mutating func attempted(_ address: PeerAddress, at now: Moment) {
    entries[address]?.lastAttempt = now
    entries[address]?.failures += 1
  }

  /// A connection was made, and the other end showed the identity of the address.
  public mutating func succeeded(_ address: PeerAddress) -> Promotion {
    guard let entry = entries[address] else { return .unknown }
    entries[address]?.failures = 0
    anchors = (anchors.filter { $0 != address } + [address]).suffix(TransportLimits.anchorsMax)
    guard !entry.isTried else {
      // It keeps its place against those that waited for it.
      for rival in rivals.removeValue(forKey: entry.place) ?? [] {
        entries[rival]?.isWaiting = false
      }
      return .tried
    }
    let place = places.tried(address)
    if let holder = triedPlaces[place] {
      if !entry.isWaiting { rivals[place, default: []].append(address) }
      entries[address]?.isWaiting = true
      return .test(holder)
    }
    promote(address)
    return .tried
  }

  /// The address was dialled in vain, or showed another identity. A new one leaves the book after
  /// `TransportLimits.addressFailuresMax` times; a tried one that others wait for leaves its
  /// place to the one that came first.
  public mutating func failed(_ address: PeerAddress) {
    guard let entry = entries[address] else { return }
    if entry.isTried {
      guard let successor = rivals[entry.place]?.first else { return }
      remove(address)
      promote(successor)
    } else if entry.isFailing {
      remove(address)
    }
  }

  /// An address to dial, nil if there is none. A new and a tried one are as likely as each other;
  /// within these, those that failed least often come first.
  /// - Parameters:
  ///   - excluded: what is not to be dialled, such as groups that are connected already.
  ///   - random: decides among equals.
  public func choose(
    at now: Moment, excluding excluded: (PeerAddress) -> Bool,
    random: inout some RandomNumberGenerator
  ) -> PeerAddress? {
    let first = Bool.random(using: &random)
    for places in first ? [triedPlaces, newPlaces] : [newPlaces, triedPlaces] {
      var candidates: [PeerAddress] = []
      var failures = Int.max
      for case let address? in places {
        guard let entry = entries[address], entry.failures <= failures, entry.isDue(at: now),
          !excluded(address)
        else { continue }
        if entry.failures < failures { candidates = [] }
        failures = entry.failures
        candidates.append(address)
      }
      if let chosen = candidates.randomElement(using: &random) { return chosen }
    }
    return nil
  }

  /// Addresses to tell somebody who asks, only such that a connection was made to: at most
  /// `TransportLimits.addressesToldMax`, and at most a quarter of the tried ones or one, so that
  /// nobody learns all of them at once.
  public func told(random: inout some RandomNumberGenerator) -> [PeerAddress] {
    var tried = triedPlaces.compactMap(\.self)
    let most = min(TransportLimits.addressesToldMax, max(1, tried.count / 4))
    tried.shuffle(using: &random)
    return Array(tried.prefix(most))
  }

  private mutating func promote(_ address: PeerAddress) {
    guard var entry = entries[address] else { return }
    newPlaces[entry.place] = nil
    stopWaiting(address)
    entry.place = places.tried(address)
    (entry.isTried, entry.isWaiting) = (true, false)
    entries[address] = entry
    triedPlaces[entry.place] = address
    triedCount += 1
  }

  private mutating func stopWaiting(_ address: PeerAddress) {
    guard entries[address]?.isWaiting ?? false else { return }
    let place = places.tried(address)
    let others = (rivals[place] ?? []).filter { $0 != address }
    rivals[place] = others.isEmpty ? nil : others
    entries[address]?.isWaiting = false
  }

  private mutating func remove(_ address: PeerAddress) {
    stopWaiting(address)
    guard let entry = entries.removeValue(forKey: address) else { return }
    if entry.isTried {
      triedPlaces[entry.place] = nil
      triedCount -= 1
    } else {
      newPlaces[entry.place] = nil
    }
  }
}
