import EventLog
import Ledger
import LiveSync
import Monitoring
import Networking
import Node
import Primitives
import Runtime
import Snapshot
import StateTrie

/// A node that exists only as numbers, in the middle of a sync: for the page and for tests.
public struct SampleNode: MonitoredNode {
  public let sample: NodeStatus
  private let runtime: (any Runtime)?

  /// - Parameters:
  ///   - sample: what the node says of itself.
  ///   - runtime: bytes come and go by its clock; if nil, none do.
  public init(_ sample: NodeStatus = SampleNode.syncing, moving runtime: (any Runtime)? = nil) {
    self.sample = sample
    self.runtime = runtime
  }

  public func status() async -> NodeStatus {
    var status = sample
    let tenths = UInt64(clamping: (runtime?.now.nanoseconds ?? 0) / 100_000_000)
    status.transport.bytesReceived += tenths * 120_000 + (tenths / 7 % 5) * 90_000
    status.transport.bytesSent += tenths * 6_400
    return status
  }

  public func account(_ address: Address) async -> AccountAnswer {
    .unavailable("this range of the state is not held yet")
  }

  public func submit(_ transaction: Transaction) async -> SubmissionOutcome {
    switch transaction.fee {
    case 0: .invalid("signature_invalid")
    case 1: .conflict("wrong_nonce")
    case 2: .unavailable("this node makes no blocks and forwards no transactions")
    default: .accepted
    }
  }

  public static func key(_ number: UInt8) -> PublicKey {
    KeyPair(seed: Blake2b256.hash([number])).publicKey
  }

  /// A node that holds some of its state, has five peers and troubles of all kinds.
  public static var syncing: NodeStatus {
    var status = NodeStatus(
      identity: NodeIdentityStatus(
        name: "s0 \"harbour\"", key: key(0), version: "0.3.0", commit: "00b44d0",
        genesis: Blake2b256.hash([7])),
      head: BlockStatus(number: 184_231, hash: Blake2b256.hash([1])))
    status.at = Moment(nanoseconds: 5_000_000_000_000)
    status.uptime = .seconds(4_213)
    status.phase = .stateSync
    status.finalNumber = 184_200
    status.networkHead = 184_233
    status.state = state
    status.forecast = forecast
    status.bufferedBlocks = 2
    status.requestsInFlight = 7
    status.peers = peers
    status.peerCount = peers.count
    status.peersInSync = 4
    status.transport = TransportStatus(
      peers: peers.map(\.transport), bytesReceived: 3_812_443_120, bytesSent: 192_334_002,
      bannedPeers: 1, refusedConnections: 14, knownAddresses: 318)
    status.receivedBytesPerSecond = 1_204_000
    status.sentBytesPerSecond = 64_300
    status.snapshots = SnapshotsStatus(kept: 2, newest: 183_960)
    status.tally = tally(at: status.at)
    return status
  }

  /// The same node at the end of its sync.
  public static var following: NodeStatus {
    var status = syncing
    status.phase = .following
    status.networkHead = status.head.number
    status.state.isComplete = true
    status.state.heldPpm = 1_000_000
    status.state.missing = []
    status.state.missingRangeCount = 0
    status.state.inFlight = []
    status.isConsensusEstablished = true
    status.tally.stall = nil
    return status
  }

  private static var forecast: SyncForecast {
    var core = ForecastCore()
    var forecast = core.add(SyncSample())
    forecast.verdict = .converges
    forecast.eta = .seconds(272)
    forecast.progressPpm = 612_400
    forecast.hasBytesPerSecond = 1_132_000
    forecast.needsBytesPerSecond = 71_500
    forecast.expected = ExpectedBytes(
      snapshot: ExpectedBytes.Snapshot(block: 184_020, hash: Blake2b256.hash([3])),
      pieceBytes: 93_400_000, chunkBytes: 12_700_000)
    return forecast
  }

  private static var state: StateStatus {
    var state = StateStatus()
    state.heldPpm = 618_311
    state.missingRangeCount = 9
    state.accounts = 618_402
    state.missing = [
      KeySpaceSpan(start: 0.055, end: 0.0625), KeySpaceSpan(start: 0.11, end: 0.141),
      KeySpaceSpan(start: 0.2, end: 0.25), KeySpaceSpan(start: 0.331, end: 0.3333),
      KeySpaceSpan(start: 0.4, end: 0.47), KeySpaceSpan(start: 0.58, end: 0.625),
      KeySpaceSpan(start: 0.7, end: 0.78), KeySpaceSpan(start: 0.86, end: 0.91),
      KeySpaceSpan(start: 0.954, end: 1),
    ]
    state.inFlight = [
      PeerSpan(span: KeySpaceSpan(start: 0.055, end: 0.0625), peer: 1),
      PeerSpan(span: KeySpaceSpan(start: 0.11, end: 0.125), peer: 2),
      PeerSpan(span: KeySpaceSpan(start: 0.2, end: 0.215), peer: 3),
      PeerSpan(span: KeySpaceSpan(start: 0.4, end: 0.42), peer: 4),
      PeerSpan(span: KeySpaceSpan(start: 0.58, end: 0.594), peer: 1),
      PeerSpan(span: KeySpaceSpan(start: 0.7, end: 0.72), peer: 3),
      PeerSpan(span: KeySpaceSpan(start: 0.86, end: 0.874), peer: 2),
    ]
    let order: [UInt32] = [1, 3, 2, 4, 1, 2, 3, 4, 4, 2, 1, 3, 2, 1, 4, 3]
    state.origins = order.enumerated().map { index, peer in
      PeerSpan(
        span: KeySpaceSpan(start: Double(index) / 16, end: (Double(index) + 0.93) / 16),
        peer: peer)
    }
    state.bufferedChunks = 3
    state.verifiedBytes = 171_204_332
    state.unusedBytes = 1_203_400
    state.refusedBytes = 40_112
    return state
  }

  private static var peers: [PeerStatus] {
    let rows: [(String, PeerDirection, UInt32, UInt64, UInt64, Int)] = [
      ("192.0.2.17:8443", .outbound, 184_233, 1_204_331_002, 40_221_811, 2),
      ("[2001:db8:40::7]:8443", .outbound, 184_233, 1_018_440_911, 31_207_644, 2),
      ("198.51.100.4:51822", .inbound, 184_231, 903_112_004, 88_100_212, 2),
      ("203.0.113.90:8443", .outbound, 184_232, 686_443_190, 28_804_113, 1),
      ("203.0.113.151:40112", .inbound, 121_007, 116_013, 4_000_222, 0),
    ]
    return rows.enumerated().map { index, row in
      let number = UInt32(index + 1)
      var status = PeerStatus(
        TransportPeer(
          peer: PeerID(identity: NodeIdentity(key: key(UInt8(number))), number: number),
          address: row.0, direction: row.1, bytesReceived: row.3, bytesSent: row.4,
          connected: .seconds(4_100 / Int64(number)),
          roundTrip: index == 4 ? nil : .milliseconds(18 + 21 * Int64(index))))
      status.isInSync = index < 4
      status.height = row.2
      status.rangesInFlight = row.5
      return status
    }
  }

  /// Made by the events of a node, as it would be.
  private static func tally(at now: Moment) -> TallyStatus {
    var tally = EventTally()
    let hash = Blake2b256.hash([3])
    func ago(_ seconds: Int) -> Moment { now.advanced(by: .seconds(-Int64(seconds))) }
    for second in [810, 640, 95, 12] {
      tally.add(
        .block(.rejected(block: 184_100, hash: hash, peer: 3, reason: "invalid_seed")),
        request: nil, now: ago(second))
    }
    tally.add(
      .diff(.rejected(peer: 2, block: 184_009, hash: hash, reason: "wrong_root")),
      request: nil, now: ago(1_804))
    tally.add(
      .macroSync(.rejected(peer: 5, reason: "not_increasing")), request: nil, now: ago(4_000))
    tally.add(
      .stall(.detected(blocker: .noPeers, sinceNs: ago(4_190).nanoseconds, detail: "at 0 %")),
      request: nil, now: ago(4_175))
    tally.add(.stall(.resolved(blocker: .noPeers, durationNs: 1)), request: nil, now: ago(4_120))
    tally.add(
      .stall(
        .detected(
          blocker: .timeouts, sinceNs: ago(19).nanoseconds,
          detail: "at 61 %, 4 peers, 7 requests, 3 chunks waiting; late: chunk 5; 1132000 B/s")),
      request: nil, now: ago(4))
    for (index, outcome) in [Event.RequestOutcome.answered, .answered, .timeout].enumerated() {
      tally.add(
        .request(
          .ended(
            type: "chunk", peer: 1, outcome: outcome, bytes: 180_000, durationNs: 310_000_000)),
        request: UInt64(index), now: ago(60))
    }
    tally.add(
      .request(.served(type: "trie_diff", peer: 2, bytes: 900)), request: nil, now: ago(9))
    tally.add(
      .joining(.chosen(block: 184_020, hash: hash, pieces: 412, hosts: 4, detail: "")),
      request: nil, now: ago(3_900))
    let range = Event.ChunkFacts(
      peer: 1, block: 184_020, hash: hash, startKey: .empty, endKey: nil, items: 0, bytes: 0)
    for _ in 0..<251 { tally.add(.chunk(.accepted(range)), request: nil, now: ago(8)) }
    tally.add(
      .chain(.rebranched(block: 9, hash: hash, ancestor: 7, depth: 1, adopted: 2)),
      request: nil, now: ago(9))
    return tally.status
  }
}
