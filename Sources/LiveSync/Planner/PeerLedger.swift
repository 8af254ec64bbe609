import Networking
import Peers
import Runtime

/// A record of each peer, and what follows from comparing them.
///
/// A peer is judged by verified useful bytes. "Does not have it" is no offence; lateness and short
/// answers demote it for a while; only a proven lie bans it, which is not decided here.
public struct PeerLedger: Sendable {
  private var records: [PeerID: PeerRecord] = [:]
  /// How many requests of all kinds are lost, as far as it is known.
  package var losses = LossShare()
  /// Answering times of verified chunks, of all peers.
  private var latencies = AnswerTimes()
  /// Slower than this (in bytes a second) is slow; nil while too few peers are measured.
  private var slowBelow: Double?
  /// True once an answer of anybody was verified.
  private var hasVerified = false
  /// Peers that never answered, while others do: what they are asked for will hardly come. Nobody
  /// as long as no answer was verified: those that came may be lies.
  private(set) var silent: Set<PeerID> = []

  public init() {}

  /// The record of a peer.
  public subscript(peer: PeerID) -> PeerRecord { records[peer] ?? PeerRecord() }

  /// Changes the record of a peer. Above `LiveSyncLimits.peerRecordsMax` records, those of peers
  /// that nothing was asked of give way.
  package mutating func update(_ peer: PeerID, _ change: (inout PeerRecord) -> Void) {
    if records[peer] == nil, records.count >= LiveSyncLimits.peerRecordsMax {
      let idle = records.filter { $0.value.inFlight == 0 }.keys.min()
      if let idle { records[idle] = nil }
    }
    change(&records[peer, default: PeerRecord()])
  }

  /// An answer was verified.
  package mutating func verified(_ peer: PeerID, _ delivery: Delivery, items: Int, at now: Moment) {
    let lostPerAnswer = Double(losses.percentPerAnswer) / 100
    update(peer) {
      $0.verified(delivery, items: items, lostPerAnswer: lostPerAnswer, at: now)
    }
    hasVerified = true
    latencies.add(delivery.time)
    let rates = records.values.compactMap(\.bytesPerSecond).sorted()
    slowBelow =
      rates.count >= LiveSyncLimits.ratedPeersMin
      ? rates[rates.count / 2] * LiveSyncLimits.slowShare : nil
  }

  /// True if the peer's verified throughput is far below that of the others.
  public func isSlow(_ peer: PeerID) -> Bool {
    guard let slowBelow, let rate = records[peer]?.bytesPerSecond else { return false }
    return rate < slowBelow
  }

  /// Takes over from the peers' standing who is silent.
  mutating func look(_ silent: Set<PeerID>) { self.silent = hasVerified ? silent : [] }

  /// Why the peer is asked after the others; nil if it is not.
  public func demotion(of peer: PeerID) -> PeerDemotion? {
    silent.contains(peer) ? .late : records[peer]?.demotion ?? (isSlow(peer) ? .slow : nil)
  }

  /// The time in which 95 of 100 verified answers came; nil while there are too few of them.
  public var latency95: Duration? { latencies.percentile95 }

  /// The peers in the order in which they are asked, each for `bytes`: those in good standing
  /// first, and of these the one that can answer soonest; last those that never answered. Peers
  /// that pause are left out.
  package mutating func ranking(
    of peers: [(peer: PeerID, bytes: Int)], at now: Moment
  ) -> [(peer: PeerID, spare: Int)] {
    var ranked: [(peer: PeerID, spare: Int, rank: Int, time: Double)] = []
    for (peer, _) in peers where records[peer] != nil {
      update(peer) { $0.settleStrikes(at: now) }
    }
    let isLineLate = peers.allSatisfy {
      silent.contains($0.peer) || records[$0.peer]?.demotion == .late
    }
    for (peer, bytes) in peers {
      let record = self[peer]
      let isSlow = isSlow(peer) || silent.contains(peer)
      let window = record.window(bytes: bytes, isSlow: isSlow, isLineLate: isLineLate)
      let spare = window - record.inFlight
      guard record.pausedUntil <= now, spare > 0 else { continue }
      let first = Double(LiveSyncLimits.answerTimeFirst.wholeNanoseconds)
      ranked.append(
        (
          peer, spare, silent.contains(peer) ? 2 : record.demotion != nil || isSlow ? 1 : 0,
          record.answerTime(bytes: bytes) ?? first * Double(record.inFlight + 1)
        ))
    }
    ranked.sort {
      ($0.rank, $0.time, $0.peer) < ($1.rank, $1.time, $1.peer)
    }
    return ranked.map { ($0.peer, $0.spare) }
  }

  /// How many of `peers` pause since they do not have what is asked for.
  package func pausing(of peers: [PeerID], at now: Moment) -> Int {
    peers.count { self[$0].pausedUntil > now }
  }
}
