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
    /// Where it is dialled, or was last; nil as long as its name was not looked up.
    var address: PeerAddress?
    /// Whether that is where it is now: a name is looked up for each dial.
    var isFound: Bool
    var isLookedUp = false
    /// Names that were found so far, to take their addresses in turn.
    var turn = 0
    var failures = 0
    var due = Moment.start
  }

  package private(set) var book: AddressBook
  private var kept: [KeptPeer: Kept] = [:]
  /// The same in an order that is always the same.
  private let keptPeers: [KeptPeer]
  /// What is to be tested.
  private var tests: [PeerAddress] = []
  /// The last connections before the restart, which come first.
  private var anchors: [PeerAddress]
  package private(set) var dialling: [PeerAddress: Purpose] = [:]
  private let outboundMax: Int

  /// - Parameter kept: peers to keep a connection to.
  package init(book: AddressBook, kept: [KeptPeer], outboundMax: Int) {
    self.book = book
    anchors = book.anchors
    self.outboundMax = outboundMax
    keptPeers = Set(kept).sorted { "\($0)" < "\($1)" }
    for peer in keptPeers {
      self.kept[peer] = Kept(address: peer.address, isFound: peer.address != nil)
      if let address = peer.address { _ = self.book.add(given: address) }
    }
  }

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
    for peer in keptPeers {
      guard let state = kept[peer], state.isFound, state.due <= now, let address = state.address,
        isFree(address)
      else { continue }
      chosen.append((address, .keep))
      kept[peer]?.isFound = peer.address != nil
    }
    // Who is connected is tested all the same: that it made a connection shows nothing of this.
    for address in tests
    where dialling[address] == nil && !chosen.contains(where: { $0.0 == address }) {
      chosen.append((address, .test))
    }
    tests = []
    let keptAddresses = Set(kept.values.compactMap(\.address))
    while outbound < outboundMax, chosen.count < TransportLimits.dialsMax,
      let address = choose(
        &anchors, at: now,
        excluding: { !isFree($0) || groups.contains($0.group) || keptAddresses.contains($0) },
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

  /// Kept peers whose names are to be looked up now, before they are dialled; each is being looked
  /// up from then on, until `found` or `unresolved`.
  /// - Parameter connected: identities that a connection exists to, or is not wanted to.
  package mutating func lookUps(at now: Moment, connected: Set<PublicKey>) -> [KeptPeer] {
    var chosen: [KeptPeer] = []
    var running = kept.values.count(where: \.isLookedUp)
    for peer in keptPeers where running < TransportLimits.lookUpsMax {
      guard let state = kept[peer], !state.isFound, !state.isLookedUp, state.due <= now,
        !connected.contains(peer.identity), state.address.map({ dialling[$0] == nil }) ?? true
      else { continue }
      kept[peer]?.isLookedUp = true
      running += 1
      chosen.append(peer)
    }
    return chosen
  }

  /// The name of a kept peer has these addresses, of which there is one at least. They are dialled
  /// in turn, one for each time that it is looked up.
  package mutating func found(_ peer: KeptPeer, at hosts: [SocketAddress.Host]) {
    guard var state = kept[peer], !hosts.isEmpty else { return }
    state.address = PeerAddress(
      hosts[state.turn % hosts.count], port: peer.place.port, identity: peer.identity)
    state.turn += 1
    (state.isFound, state.isLookedUp) = (true, false)
    kept[peer] = state
  }

  /// The name of a kept peer could not be looked up.
  package mutating func unresolved(
    _ peer: KeptPeer, at now: Moment, random: inout RandomStream
  ) {
    kept[peer]?.isLookedUp = false
    failed(peer, at: now, random: &random)
  }

  /// The dialled address answered with its identity.
  package mutating func succeeded(_ address: PeerAddress) {
    dialling[address] = nil
    // It may have left the book while it could not be reached, or have been unknown.
    if kept.values.contains(where: { $0.address == address }) { _ = book.add(given: address) }
    if case .test(let holder) = book.succeeded(address) { test(holder) }
  }

  /// The dialled address did not answer, or with another identity.
  package mutating func failed(_ address: PeerAddress, at now: Moment, random: inout RandomStream) {
    dialling[address] = nil
    book.failed(address)
    for peer in keptPeers where kept[peer]?.address == address {
      failed(peer, at: now, random: &random)
    }
  }

  private mutating func failed(_ peer: KeptPeer, at now: Moment, random: inout RandomStream) {
    kept[peer]?.failures += 1
    pause(peer, at: now, random: &random)
  }

  /// The connection to a peer is over that began at `opened`. One that ended soon is a failure of a
  /// kept peer: it may have no room for this node.
  package mutating func lost(
    _ identity: PublicKey, opened: Moment, at now: Moment, random: inout RandomStream
  ) {
    let wasSteady = opened.duration(to: now) >= TransportLimits.keptSteady
    for peer in keptPeers where peer.identity == identity {
      if wasSteady { kept[peer]?.failures = 0 } else { kept[peer]?.failures += 1 }
      // Where a name led before may be wrong by now.
      kept[peer]?.isFound = peer.address != nil
      pause(peer, at: now, random: &random)
    }
  }

  /// A pause drawn from 0 to a limit that doubles with each failure ("full jitter"), so that those
  /// who lost a peer at one moment do not come back at one moment.
  private mutating func pause(_ peer: KeptPeer, at now: Moment, random: inout RandomStream) {
    guard let failures = kept[peer]?.failures else { return }
    let doublings = min(max(0, failures - 1), TransportLimits.keptPauseDoublings)
    let most = TransportLimits.keptPauseFirst * (1 << doublings)
    kept[peer]?.due = now.advanced(by: random.duration(in: .zero...most))
  }
}
