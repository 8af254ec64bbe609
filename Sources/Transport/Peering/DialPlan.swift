import Networking
import Primitives
import Runtime

/// Whom to dial, and when: the peers that the node was told to keep, and addresses of the book as
/// long as it has fewer connections than it wants. A value without a clock or randomness.
package struct DialPlan: Sendable {
  /// Why an address is dialled.
  package enum Purpose: Sendable, Hashable {
    /// The node was told to keep this peer.
    case keep
    /// The node wants more connections.
    case fill
    /// Whether it can be reached is to be seen, since somebody else wants its place in the book, or
    /// nobody has made a connection to it yet.
    case test
  }

  private struct Kept: Sendable {
    var failures = 0
    var due = Moment.start
  }

  package private(set) var book: AddressBook
  private var kept: [PeerAddress: Kept] = [:]
  /// What is to be tested.
  private var tests: [PeerAddress] = []
  /// The last connections before the restart, which come first.
  private var anchors: [PeerAddress]
  package private(set) var dialling: [PeerAddress: Purpose] = [:]
  private let outboundMax: Int

  /// - Parameter kept: peers to keep a connection to.
  package init(book: AddressBook, kept: [PeerAddress], outboundMax: Int) {
    self.book = book
    anchors = book.anchors
    self.outboundMax = outboundMax
    for address in kept { self.kept[address] = Kept() }
  }

  /// Where the node was told to find peers.
  package var keptAddresses: [PeerAddress] { kept.keys.sorted { "\($0)" < "\($1)" } }

  /// Adds an address that somebody told.
  package mutating func heard(_ address: PeerAddress, from source: PeerAddress) {
    _ = book.add(address, from: source)
  }

  /// Adds where a peer that made a connection says that it takes some. It is tested, so that others
  /// can be told of it.
  package mutating func met(_ address: PeerAddress) {
    _ = book.add(address, from: address)
    if book.contains(address), !book.isTried(address) { test(address) }
  }

  private mutating func test(_ address: PeerAddress) {
    guard tests.count < TransportLimits.dialsMax, !tests.contains(address) else { return }
    tests.append(address)
  }

  /// What to dial now; each is being dialled from then on, until `succeeded` or `failed`.
  /// - Parameters:
  ///   - connected: identities that a connection exists to, or is not wanted to.
  ///   - groups: groups of addresses that this end has made connections to.
  ///   - outbound: connections that this end has made, or makes, to others than kept peers.
  package mutating func next(
    at now: Moment, connected: Set<PublicKey>, groups: Set<UInt64>, outbound: Int,
    random: inout RandomStream
  ) -> [(address: PeerAddress, purpose: Purpose)] {
    var chosen: [(PeerAddress, Purpose)] = []
    var (groups, outbound, anchors) = (groups, outbound, anchors)
    func isFree(_ address: PeerAddress) -> Bool {
      dialling[address] == nil && !connected.contains(address.identity)
        && !chosen.contains { $0.0.identity == address.identity }
    }
    for address in keptAddresses where isFree(address) && (kept[address]?.due ?? now) <= now {
      chosen.append((address, .keep))
    }
    // Who is connected is tested all the same: that it made a connection shows nothing of this.
    for address in tests where dialling[address] == nil { chosen.append((address, .test)) }
    tests = []
    while outbound < outboundMax, chosen.count < TransportLimits.dialsMax,
      let address = choose(
        &anchors, at: now,
        excluding: { !isFree($0) || groups.contains($0.group) || kept[$0] != nil },
        random: &random)
    {
      chosen.append((address, .fill))
      if address.isRoutable { groups.insert(address.group) }
      outbound += 1
    }
    self.anchors = anchors
    for (address, purpose) in chosen {
      dialling[address] = purpose
      book.attempted(address, at: now)
    }
    return chosen.map { (address: $0.0, purpose: $0.1) }
  }

  private func choose(
    _ anchors: inout [PeerAddress], at now: Moment, excluding excluded: (PeerAddress) -> Bool,
    random: inout RandomStream
  ) -> PeerAddress? {
    while !anchors.isEmpty {
      let anchor = anchors.removeLast()
      if !excluded(anchor) { return anchor }
    }
    return book.choose(at: now, excluding: excluded, random: &random)
  }

  /// The dialled address answered with its identity.
  package mutating func succeeded(_ address: PeerAddress) {
    dialling[address] = nil
    if case .test(let holder) = book.succeeded(address) { test(holder) }
  }

  /// The dialled address did not answer, or with another identity.
  package mutating func failed(_ address: PeerAddress, at now: Moment, random: inout RandomStream) {
    dialling[address] = nil
    book.failed(address)
    kept[address]?.failures += 1
    pause(address, at: now, random: &random)
  }

  /// The connection to a peer is over that began at `opened`. One that ended soon is a failure of a
  /// kept peer: it may have no room for this node.
  package mutating func lost(
    _ identity: PublicKey, opened: Moment, at now: Moment, random: inout RandomStream
  ) {
    let wasSteady = opened.duration(to: now) >= TransportLimits.keptSteady
    for address in keptAddresses where address.identity == identity {
      let failures = kept[address]?.failures ?? 0
      kept[address]?.failures = wasSteady ? 0 : failures + 1
      pause(address, at: now, random: &random)
    }
  }

  /// A pause drawn from 0 to a limit that doubles with each failure ("full jitter"), so that those
  /// who lost a peer at one moment do not come back at one moment.
  private mutating func pause(
    _ address: PeerAddress, at now: Moment, random: inout RandomStream
  ) {
    guard let failures = kept[address]?.failures else { return }
    let doublings = min(max(0, failures - 1), TransportLimits.keptPauseDoublings)
    let most = TransportLimits.keptPauseFirst * (1 << doublings)
    kept[address]?.due = now.advanced(by: random.duration(in: .zero...most))
  }
}
