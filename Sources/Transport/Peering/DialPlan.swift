import Networking
import Primitives
import Runtime

/// Whom to dial, and when: the peers that the node was told to keep, and addresses of the book as
/// long as it has fewer connections than it wants. A value without a clock or randomness.
struct DialPlan: Sendable {
  /// Why an address is dialled.
  enum Purpose: Sendable, Hashable {
    /// The node was told to keep this peer.
    case keep
    /// The node wants more connections.
    case fill
    /// Somebody else wants its place in the book: whether it can be reached is to be seen.
    case test
  }

  private struct Kept: Sendable {
    var failures = 0
    var due = Moment.start
  }

  private(set) var book: AddressBook
  private var kept: [PeerAddress: Kept] = [:]
  /// Whose places are to be tested.
  private var tests: [PeerAddress] = []
  private(set) var dialling: [PeerAddress: Purpose] = [:]
  private let outboundMax: Int

  /// - Parameter kept: peers to keep a connection to.
  init(book: AddressBook, kept: [PeerAddress], outboundMax: Int) {
    self.book = book
    self.outboundMax = outboundMax
    for address in kept { self.kept[address] = Kept() }
  }

  /// Where the node was told to find peers.
  var keptAddresses: [PeerAddress] { kept.keys.sorted { "\($0)" < "\($1)" } }

  /// Adds an address that somebody told.
  mutating func heard(_ address: PeerAddress, from source: PeerAddress) {
    _ = book.add(address, from: source)
  }

  /// What to dial now; each is being dialled from then on, until `succeeded` or `failed`.
  /// - Parameters:
  ///   - connected: identities that a connection exists to.
  ///   - groups: groups of addresses that this end has made connections to.
  ///   - outbound: connections that this end has made, or makes, to others than kept peers.
  mutating func next(
    at now: Moment, connected: Set<PublicKey>, groups: Set<UInt64>, outbound: Int,
    random: inout RandomStream
  ) -> [(address: PeerAddress, purpose: Purpose)] {
    var chosen: [(PeerAddress, Purpose)] = []
    var (groups, outbound) = (groups, outbound)
    func isFree(_ address: PeerAddress) -> Bool {
      dialling[address] == nil && !connected.contains(address.identity)
        && !chosen.contains { $0.0.identity == address.identity }
    }
    for address in keptAddresses where isFree(address) && (kept[address]?.due ?? now) <= now {
      chosen.append((address, .keep))
    }
    for address in tests where isFree(address) { chosen.append((address, .test)) }
    tests = []
    while outbound < outboundMax, chosen.count < TransportLimits.dialsMax,
      let address = book.choose(
        at: now, excluding: { !isFree($0) || groups.contains($0.group) || kept[$0] != nil },
        random: &random)
    {
      chosen.append((address, .fill))
      if address.isRoutable { groups.insert(address.group) }
      outbound += 1
    }
    for (address, purpose) in chosen {
      dialling[address] = purpose
      book.attempted(address, at: now)
    }
    return chosen.map { (address: $0.0, purpose: $0.1) }
  }

  /// The dialled address answered with its identity.
  mutating func succeeded(_ address: PeerAddress) {
    dialling[address] = nil
    kept[address]?.failures = 0
    if case .test(let holder) = book.succeeded(address),
      tests.count < TransportLimits.dialsMax, !tests.contains(holder)
    {
      tests.append(holder)
    }
  }

  /// The dialled address did not answer, or with another identity.
  mutating func failed(_ address: PeerAddress, at now: Moment, random: inout RandomStream) {
    dialling[address] = nil
    book.failed(address)
    kept[address]?.failures += 1
    pause(address, at: now, random: &random)
  }

  /// The connection to a kept peer is over.
  mutating func lost(_ identity: PublicKey, at now: Moment, random: inout RandomStream) {
    for address in keptAddresses where address.identity == identity {
      pause(address, at: now, random: &random)
    }
  }

  /// A pause drawn from 0 to a limit that doubles with each failure ("full jitter"), so that those
  /// who lost a peer at one moment do not come back at one moment.
  private mutating func pause(
    _ address: PeerAddress, at now: Moment, random: inout RandomStream
  ) {
    guard let failures = kept[address]?.failures else { return }
    let doublings = min(failures, TransportLimits.keptPauseDoublings)
    let most = TransportLimits.keptPauseFirst * (1 << doublings)
    kept[address]?.due = now.advanced(by: random.duration(in: .zero...most))
  }
}
