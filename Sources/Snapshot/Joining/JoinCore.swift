import LiveSync
import Networking
import Primitives
import Runtime

/// Which snapshot a node joins from, and who has it. A value: it is told what peers say and what
/// was found, and says what can be had.
public struct JoinCore: Sendable {
  /// A snapshot that somebody names.
  public struct Candidate: Sendable, Hashable {
    /// What its peers say of it; where they differ, the median.
    public var summary: SnapshotSummary
    /// In order.
    public var hosts: [PeerID]
  }

  /// The snapshot that is joined from.
  private struct Chosen: Sendable {
    var hash: Hash256
    var anchor: SnapshotAnchor
    var offer: RangeOffer
    /// True once our chain has its block.
    var isAdopted = false
  }

  private let discoveryTime: Duration
  private let piecesAtOnceMax: Int
  /// What each peer names.
  private var listings: [PeerID: [SnapshotSummary]] = [:]
  /// Peers that were asked and have not answered.
  private var asked: Set<PeerID> = []
  private var startedAt: Moment?
  /// Manifests that were found to be of no use.
  private var refused: [Hash256] = []
  private var chosen: Chosen?
  private var nextOffer: UInt64 = 1
  /// The network's last macro block as far as it was verified.
  private var target: UInt32 = 0
  /// Our head, and since when.
  private var head: (number: UInt32, since: Moment)?
  /// True once it was decided how to get the state.
  public private(set) var isDecided = false

  public init(discoveryTime: Duration, piecesAtOnceMax: Int = .max) {
    self.discoveryTime = discoveryTime
    self.piecesAtOnceMax = piecesAtOnceMax
  }

  // MARK: Discovery

  /// A peer is asked for its snapshots. False if too many are followed already.
  public mutating func willAsk(_ peer: PeerID, at now: Moment) -> Bool {
    let others = asked.union(listings.keys).subtracting([peer])
    guard others.count < SnapshotLimits.listedPeersMax else { return false }
    startedAt = startedAt ?? now
    asked.insert(peer)
    return true
  }

  /// A peer named its snapshots, or none.
  public mutating func listed(_ peer: PeerID, _ snapshots: [SnapshotSummary]) {
    asked.remove(peer)
    // A copy under another name is no second one.
    var seen: Set<Hash256> = []
    listings[peer] = snapshots.prefix(SnapshotLimits.listedMax).filter {
      seen.insert($0.hash).inserted
    }
    updateHosts()
  }

  /// A peer is gone.
  public mutating func left(_ peer: PeerID) {
    asked.remove(peer)
    listings[peer] = nil
    updateHosts()
  }

  /// A peer does not have a snapshot that it named. False if that is known already.
  @discardableResult
  public mutating func lost(_ hash: Hash256, by peer: PeerID) -> Bool {
    guard listings[peer]?.contains(where: { $0.hash == hash }) == true else { return false }
    listings[peer]?.removeAll { $0.hash == hash }
    updateHosts()
    return true
  }

  /// True once nobody is left to be heard, or the time for that is over.
  public func isSettled(at now: Moment) -> Bool {
    guard let startedAt else { return false }
    return asked.isEmpty || startedAt.duration(to: now) >= discoveryTime
  }

  /// The snapshots of blocks above `own` and up to `target`, in the order in which they are tried:
  /// the newest first, of these the one that most peers have.
  public func candidates(above own: UInt32, upTo target: UInt32) -> [Candidate] {
    var hosts: [Hash256: [(peer: PeerID, summary: SnapshotSummary)]] = [:]
    for (peer, listing) in listings {
      for summary in listing
      where summary.format == SnapshotName.provable && summary.height > own
        && summary.height <= target && summary.diffsFrom <= summary.height + 1
        && target - summary.height <= SnapshotLimits.ageBlocksMax
        && !refused.contains(summary.hash)
      {
        hosts[summary.hash, default: []].append((peer, summary))
      }
    }
    return hosts.values.map { claims in
      let peers = claims.map(\.peer).sorted()
      let heights = claims.map(\.summary.height).sorted()
      var summary = claims[0].summary
      // Only the manifest is hashed, so the rest may differ from peer to peer.
      summary.height = heights[heights.count / 2]
      summary.storedBytes = claims.map(\.summary.storedBytes).sorted()[claims.count / 2]
      summary.rawBytes = claims.map(\.summary.rawBytes).sorted()[claims.count / 2]
      summary.diffBytes = claims.map(\.summary.diffBytes).sorted()[claims.count / 2]
      return Candidate(summary: summary, hosts: peers)
    }.sorted {
      ($1.summary.height, $1.hosts.count, $0.summary.hash)
        < ($0.summary.height, $0.hosts.count, $1.summary.hash)
    }
  }

  // MARK: Choice

  /// The manifest is of no use: whoever names it is not asked for it again.
  public mutating func refuse(_ hash: Hash256) {
    if refused.count >= SnapshotLimits.refusedManifestsMax { refused.removeFirst() }
    refused.append(hash)
    if chosen?.hash == hash { chosen = nil }
  }

  /// The snapshot with this manifest is joined from.
  public mutating func choose(_ manifest: SnapshotManifest, _ hash: Hash256) {
    let pieces = manifest.chunks.flatMap(\.pieces)
    let block = manifest.anchor.block
    chosen = Chosen(
      hash: hash, anchor: manifest.anchor,
      offer: RangeOffer(
        id: nextOffer, name: hash, number: block.number, hash: block.hash,
        starts: pieces.map(\.start), bytes: pieces.map { Int($0.rawBytes) }, hosts: [],
        piecesAtOnceMax: piecesAtOnceMax))
    nextOffer += 1
    isDecided = true
    updateHosts()
  }

  /// No snapshot is joined from.
  public mutating func decline() { isDecided = true }

  /// The network's last macro block is at least this high.
  public mutating func reached(target number: UInt32) { target = max(target, number) }

  /// Our chain has this block: if it is the chosen snapshot's, its pieces are of use from now on.
  public mutating func has(_ block: Hash256) {
    if chosen?.offer.hash == block { chosen?.isAdopted = true }
  }

  /// Our chain jumped to this height: what is below it cannot be brought forward any more.
  public mutating func jumped(to number: UInt32) {
    if let block = chosen?.offer.number, block < number { chosen = nil }
  }

  /// The state is complete: nothing is needed any more.
  public mutating func completed() {
    chosen = nil
    isDecided = true
  }

  // MARK: What can be had

  /// What leads to the chosen snapshot's block; nil if none is chosen or our chain is there.
  public var chosenAnchor: SnapshotAnchor? {
    chosen.flatMap { $0.isAdopted ? nil : $0.anchor }
  }

  /// Hash of the chosen manifest, and its block.
  public var choice: (manifest: Hash256, block: UInt32, isAdopted: Bool)? {
    chosen.map { ($0.hash, $0.offer.number, $0.isAdopted) }
  }

  /// The chosen snapshot while our chain can bring it forward.
  /// - Parameter window: how far above our head chunks of other heads may be to be of use; without
  ///   it they always are.
  public func offer(head: UInt32, window: UInt32 = .max) -> RangeOffer? {
    guard var offer = chosen?.offer, chosen?.isAdopted == true, !offer.hosts.isEmpty,
      head >= offer.number, head - offer.number <= SnapshotLimits.ageBlocksMax
    else { return nil }
    offer.isLiveUseful = UInt64(head) + UInt64(window) >= UInt64(target)
    return offer
  }

  /// Looks at our head.
  public mutating func look(head number: UInt32, at now: Moment) {
    if head?.number != number { head = (number, now) }
  }

  /// True while the chain follows from the snapshot's block towards the network's.
  public func isHolding(at now: Moment, patience: Duration) -> Bool {
    guard let chosen, chosen.isAdopted, let head, head.number >= chosen.offer.number else {
      return false
    }
    return head.since.duration(to: now) < patience
  }

  private mutating func updateHosts() {
    guard let hash = chosen?.hash else { return }
    chosen?.offer.hosts = Set(
      listings.filter { $0.value.contains { $0.hash == hash } }.map(\.key))
  }
}
