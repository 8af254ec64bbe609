import EventLog
import Ledger
import Networking
import Runtime

#if MUTANTS
  import Primitives
#endif

/// What every part of a live sync is given: the chain, the network, time, the shared peers and
/// where to write what happens.
public struct SyncContext: Sendable {
  public let chain: Blockchain
  public let network: RecordingNetwork
  public let runtime: any Runtime
  /// The peers of live sync; removing one here removes it for every part.
  public let peers: PeerList
  public let recorder: EventRecorder
  /// Requests that chunks must not hold up; one list for all parts of the node.
  package let urgent: UrgentRequestList
  /// Makes the changes of the chain: they hash, check signatures and wait for the disk.
  package let writer: any Worker
  /// Lets requests of others through to whoever answers them.
  package let gate: AnswerGate
  /// Writes down what proves a peer's lie; one for all parts of the node.
  private let evidence: EvidenceLog

  public init(
    chain: Blockchain, network: any Network, runtime: any Runtime, peers: PeerList = PeerList(),
    recorder: EventRecorder, rateLimits: RateLimits = RateLimits()
  ) {
    gate = AnswerGate(limits: rateLimits)
    self.chain = chain
    self.network = RecordingNetwork(network, runtime: runtime, recorder: recorder)
    self.runtime = runtime
    self.peers = peers
    self.recorder = recorder
    evidence = EvidenceLog()
    urgent = UrgentRequestList()
    writer = runtime.worker("chain")
  }

  private init(_ other: SyncContext, recorder: EventRecorder) {
    chain = other.chain
    network = other.network
    runtime = other.runtime
    peers = other.peers
    evidence = other.evidence
    urgent = other.urgent
    writer = other.writer
    gate = other.gate
    self.recorder = recorder
  }

  /// The same, with another part of the node speaking in the log.
  public func actor(_ name: String) -> SyncContext {
    SyncContext(self, recorder: recorder.actor(name))
  }

  /// The peer lied, which is proven: it leaves every peer set for good and is disconnected. What
  /// proves it, if it does so by itself, goes to the log.
  public func ban(_ peer: PeerID, reason: String, evidence: Evidence? = nil) {
    #if MUTANTS
      if Mutant.isOn(.liarNotBanned) { return }
    #endif
    guard peers.ban(peer) else { return }
    let ban = recorder.record(.peer(.banned(peer: peer, reason: reason)))
    if let evidence {
      self.evidence.write(
        evidence, of: network.local.identity, against: peer, to: recorder, cause: ban)
    }
    network.disconnect(peer, reason: reason)
  }

  /// Blocks that the chain makes in the time that an answer usually takes; 0 while none is
  /// measured.
  package var blocksInRoundTrip: Int { blocks(in: network.pace { $0.usualTime }) }

  /// Blocks that the chain makes in the time that nearly all answers take.
  package var blocksInLongTime: Int { blocks(in: network.pace { $0.longTime }) }

  /// Blocks that the chain makes in this time; 0 for nil.
  package func blocks(in time: Duration?) -> Int {
    let interval = max(1, chain.configuration.blockIntervalMilliseconds)
    return Int(clamping: UInt64(max(0, time?.wholeNanoseconds ?? 0)) / 1_000_000 / interval)
  }

  /// Writes down and passes on that the peer is too far below us: it leaves the peers of live sync.
  package func leave(_ peer: PeerID, reason: String) {
    recorder.record(.peer(.behind(peer: peer.number, reason: reason)))
    _ = peers.note(.behind(peer))
  }

  /// Passes on that the peer is too far above us.
  package func noteAhead(_ peer: PeerID, reason: String) {
    guard peers.note(.ahead(peer)) else { return }
    recorder.record(.peer(.ahead(peer: peer.number, reason: reason)))
  }

  /// A bounded queue dropped what came in addition.
  package func overflow(_ queue: String, limit: Int) {
    recorder.record(.queue(.limitReached(queue: queue, limit: limit)))
  }
}
