import Ledger
import Networking
import Peers

/// How macro sync with one peer ended.
public enum MacroOutcome: Sendable, Hashable {
  /// We are at the peer's latest macro block, or can catch up block by block. The peer named its
  /// head.
  case good(head: BlockID)
  /// The peer's chain is far below ours.
  case outdated
  /// The peer is on another chain.
  case incompatible
  /// The peer did not answer, or not usefully.
  case failed
  /// The peer lied and was banned.
  case banned
}

/// Decides which peer is in macro sync, which in live sync, and which waits to be looked at again.
public struct SyncerCore: Sendable {
  /// Where a peer stands.
  public enum PeerState: Sendable, Hashable {
    /// Macro sync with it is under way.
    case macroSyncing
    /// It is good for live sync.
    case live
    /// It is looked at again when its timer is due.
    case waiting(ticket: UInt64)
  }

  /// What the syncer wants done.
  public enum Action: Sendable, Hashable {
    /// The peer is new, ahead, or its time has come.
    case startMacroSync(PeerID)
    /// Macro sync with the peer ended well: it joins live sync. The head that it named is looked
    /// for if it is not known.
    case goLive(PeerID, head: BlockID)
    /// The peer was good for live sync when its connection ended: it is so again. Or it left live
    /// sync while macro sync with it goes on, which waits for what live sync gets from it.
    case rejoin(PeerID)
    /// The peer leaves live sync, if it is in it.
    case leave(PeerID)
    /// Tell the syncer (`due`) after the pause.
    case wait(PeerID, ticket: UInt64, Duration)
  }

  /// Every connected peer.
  public private(set) var peers: [PeerID: PeerState] = [:]
  /// Peers that were in live sync when they left, the latest last.
  private var gone: [PeerID] = []
  private var nextTicket: UInt64 = 1

  public init() {}

  /// Peers in live sync.
  public var liveCount: Int { peers.values.count { $0 == .live } }

  /// True if the peer is kept track of.
  public func isTracked(_ peer: PeerID) -> Bool { peers[peer] != nil }

  /// True if one more peer can be kept track of.
  public var hasRoom: Bool { peers.count < PeerLimits.peersMax }

  /// A peer connected. Without room nothing follows: it is to be named again once there is.
  public mutating func joined(_ peer: PeerID) -> [Action] {
    guard peers[peer] == nil, hasRoom else { return [] }
    if let place = gone.firstIndex(of: peer) {
      gone.remove(at: place)
      peers[peer] = .live
      return [.rejoin(peer)]
    }
    peers[peer] = .macroSyncing
    return [.startMacroSync(peer)]
  }

  /// A peer disconnected. If it was in live sync it needs no macro sync when it comes back: where
  /// connections are short, it would spend them on being looked at.
  public mutating func left(_ peer: PeerID) -> [Action] {
    guard let state = peers.removeValue(forKey: peer) else { return [] }
    if state == .live {
      gone.append(peer)
      if gone.count > PeerLimits.peersMax { gone.removeFirst() }
    }
    return [.leave(peer)]
  }

  /// Macro sync with the peer ended. It may have left meanwhile.
  public mutating func ended(_ peer: PeerID, _ outcome: MacroOutcome) -> [Action] {
    guard peers[peer] == .macroSyncing else { return [] }
    switch outcome {
    case .good(let head):
      peers[peer] = .live
      return [.goLive(peer, head: head)]
    case .outdated, .incompatible:
      return [.leave(peer)] + wait(peer, NodeLimits.peerRecheckInterval)
    case .failed:
      return wait(peer, NodeLimits.peerRetryInterval)
    case .banned:
      peers[peer] = nil
      return [.leave(peer)]
    }
  }

  /// Live sync found the peer too far below us, or its state incomplete, and no longer asks it.
  ///
  /// While macro sync with it is under way it is asked on: that may wait for a block whose body or
  /// diff nobody else has, and would wait for ever. How the peer stands is decided at its end.
  public mutating func behind(_ peer: PeerID) -> [Action] {
    switch peers[peer] {
    case .live: [.leave(peer)] + wait(peer, NodeLimits.peerRecheckInterval)
    case .macroSyncing: [.rejoin(peer)]
    case .waiting, nil: []
    }
  }

  /// Live sync found the peer too far above us: back to macro sync. Meanwhile it is asked as
  /// before: who is ahead has what brings us nearer. A peer that only claims to be ahead goes
  /// through macro sync each time, but not faster than its timer.
  public mutating func ahead(_ peer: PeerID) -> [Action] {
    guard peers[peer] == .live else { return [] }
    return wait(peer, PeerLimits.noPeerPause)
  }

  /// The pause of a waiting peer is over.
  public mutating func due(_ peer: PeerID, ticket: UInt64) -> [Action] {
    guard peers[peer] == .waiting(ticket: ticket) else { return [] }
    peers[peer] = .macroSyncing
    return [.startMacroSync(peer)]
  }

  private mutating func wait(_ peer: PeerID, _ pause: Duration) -> [Action] {
    let ticket = nextTicket
    nextTicket += 1
    peers[peer] = .waiting(ticket: ticket)
    return [.wait(peer, ticket: ticket, pause)]
  }
}
