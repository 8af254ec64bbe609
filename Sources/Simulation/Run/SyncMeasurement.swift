import Networking
import Primitives
import SimulatedNetworking
import Snapshot

/// What it took a node to complete its state, and how that compares with the least it could take.
public struct SyncMeasurement: Sendable, Hashable {
  /// One full peer's part in it.
  public struct Peer: Sendable, Hashable {
    public var peer: UInt32
    public var uploadBytesPerSecond: Int
    /// Bytes on the wire from this peer to the node.
    public var deliveredBytes: Int
  }

  /// From joining to the complete state.
  public var nanoseconds: Int64
  public var limit: SyncLimit
  public var tally: SyncTally
  /// The node's messages until then.
  public var statistics: NodeStatistics
  public var peers: [Peer]

  public init(
    nanoseconds: Int64, limit: SyncLimit, tally: SyncTally, statistics: NodeStatistics,
    peers: [Peer]
  ) {
    self.nanoseconds = nanoseconds
    self.limit = limit
    self.tally = tally
    self.statistics = statistics
    self.peers = peers
  }

  /// Time taken in thousandths of the limit.
  public var ratioPerMille: Int {
    Int(clamping: (nanoseconds * 1_000 + limit.nanoseconds - 1) / max(1, limit.nanoseconds))
  }

  /// Bytes of all messages that reached the node.
  public var receivedBytes: Int { statistics.total.received.bytes }

  /// Bytes of chunk answers and pieces of snapshots that reached the node and brought nothing new:
  /// late ones, repeated ones, those not taken. Framing counts as useful.
  public var wastedBytes: Int {
    let answers = [MessageKind.response(.chunk), .response(RequestSnapshotPiece.type)]
      .compactMap { statistics.byKind[$0]?.received }
    let framing = answers.reduce(0) { $0 + $1.messages * SimulatedNetworkLimits.overheadBytes }
    return max(0, answers.reduce(0) { $0 + $1.bytes } - framing - tally.usefulChunkBytes)
  }
}

extension SyncMeasurement {
  /// Kinds of messages that stand in a line for people; `fields` has all.
  private static let shownKinds = 4

  /// The figures as names and JSON values, in fixed order.
  var fields: [(String, String)] {
    let kinds = statistics.byKind.sorted { $0.key < $1.key }.map { kind, traffic in
      "{\"type\":\"\(kind)\",\"received_messages\":\(traffic.received.messages),"
        + "\"received_bytes\":\(traffic.received.bytes),"
        + "\"sent_messages\":\(traffic.sent.messages),\"sent_bytes\":\(traffic.sent.bytes)}"
    }
    let shares = peers.map {
      "{\"peer\":\($0.peer),\"upload_bytes_per_s\":\($0.uploadBytesPerSecond),"
        + "\"bytes\":\($0.deliveredBytes)}"
    }
    return [
      ("limit_ns", "\(limit.nanoseconds)"), ("limit_ratio", thousandths(ratioPerMille)),
      (
        "limit",
        "{\"state_bytes\":\(limit.stateBytes),\"block_bytes\":\(limit.blockBytes),"
          + "\"diff_bytes\":\(limit.diffBytes),\"bytes_per_s\":\(limit.bytesPerSecond),"
          + "\"absence_ns\":\(limit.absenceNanoseconds),"
          + "\"round_trips\":\(SyncLimit.roundTrips),"
          + "\"round_trip_ns\":\(limit.roundTripNanoseconds)}"
      ),
      ("received_until_complete", "\(receivedBytes)"),
      ("useful_chunk_bytes", "\(tally.usefulChunkBytes)"), ("wasted_bytes", "\(wastedBytes)"),
      ("double_chunk_bytes", "\(tally.doubleChunkBytes)"),
      ("fetched_again_bytes", "\(tally.againChunkBytes)"),
      ("lost_since_rebranch_bytes", "\(tally.lostSinceRebranch)"),
      ("stalls", "\(tally.stalls)"), ("traffic", "[\(kinds.joined(separator: ","))]"),
      ("peers", "[\(shares.joined(separator: ","))]"),
    ]
  }

  /// The figures as a few lines.
  var text: String {
    let rate = limit.bytesPerSecond / 1_000
    var lines = [
      "limit     \(seconds(limit.nanoseconds)) = \(limit.bytes / 1_000) kB at \(rate) kB/s + "
        + "\(SyncLimit.roundTrips) round trips of \(limit.roundTripNanoseconds / 1_000_000) ms"
        + (limit.absenceNanoseconds > 0
          ? " + \(seconds(limit.absenceNanoseconds)) for absences; " : "; ")
        + "took \(seconds(nanoseconds)) = \(thousandths(ratioPerMille)) x",
      "needed    state \(limit.stateBytes / 1_000) kB, blocks \(limit.blockBytes / 1_000) kB, "
        + "diffs \(limit.diffBytes / 1_000) kB",
      "received  \(receivedBytes / 1_000) kB, of them wasted \(wastedBytes / 1_000) kB "
        + "(\(tally.doubleChunkBytes / 1_000) kB came twice, "
        + "\(tally.againChunkBytes / 1_000) kB had been held)",
    ]
    let kinds = statistics.byKind.sorted {
      ($1.value.received.bytes, $0.key) < ($0.value.received.bytes, $1.key)
    }
    lines.append(
      "          "
        + kinds.prefix(Self.shownKinds).map { "\($0.key) \($0.value.received.bytes / 1_000) kB" }
        .joined(separator: ", "))
    let total = max(1, peers.reduce(0) { $0 + $1.deliveredBytes })
    let shares = peers.map { "p\($0.peer) \(percent($0.deliveredBytes * 1_000_000 / total))" }
    lines.append("peers     " + shares.joined(separator: "  "))
    return lines.joined(separator: "\n")
  }
}

/// Thousandths as a decimal number.
func thousandths(_ value: Int) -> String {
  let rest = String(value % 1_000)
  return "\(value / 1_000)." + String(repeating: "0", count: 3 - rest.count) + rest
}
