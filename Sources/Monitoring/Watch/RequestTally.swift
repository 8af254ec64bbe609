import EventLog
import Messages
import Peers
import Primitives
import StateTrie

/// Counts requests, and knows which ranges of the state peers are asked for at present.
///
/// A range is asked for, then the request for it is sent under a number, then it ends under the
/// same number.
struct RequestTally: Sendable {
  private struct Kind: Hashable, Sendable {
    let type: String
    let outcome: String
  }

  private struct Sum: Sendable {
    var count: UInt64 = 0
    var nanoseconds: UInt64 = 0
    var bytes: UInt64 = 0
  }

  private struct Asked: Sendable {
    let peer: UInt32
    let range: KeyRange
    /// Nil until the request is sent.
    var number: UInt64?
  }

  private static let chunk = RequestChunk.type.name

  private var sums: [Kind: Sum] = [:]
  private(set) var served: [String: UInt64] = [:]
  /// In the order they were asked for.
  private var asked: [Asked] = []

  mutating func asked(_ peer: UInt32, _ range: KeyRange) {
    if asked.count >= MonitoringLimits.requestsTrackedMax { asked.removeFirst() }
    asked.append(Asked(peer: peer, range: range))
  }

  mutating func add(_ event: Event.Request, number: UInt64?) {
    switch event {
    case .sent(Self.chunk, let peer, _):
      if let index = asked.firstIndex(where: { $0.peer == peer && $0.number == nil }) {
        asked[index].number = number
      }
    case .ended(let type, _, let outcome, let bytes, let duration):
      var kind = Kind(type: type, outcome: outcome.rawValue)
      if sums[kind] == nil, sums.count >= MonitoringLimits.namesCountedMax - 1 {
        kind = Kind(type: "other", outcome: "other")
      }
      sums[kind, default: Sum()].count += 1
      sums[kind, default: Sum()].nanoseconds &+= UInt64(clamping: duration)
      sums[kind, default: Sum()].bytes &+= UInt64(clamping: bytes)
      if let number { asked.removeAll { $0.number == number } }
    case .served(let type, _, _): served.count(type)
    case .sent, .refused: break
    }
  }

  var inFlight: [PeerSpan] {
    asked.map { PeerSpan(span: KeySpaceSpan($0.range), peer: $0.peer) }
  }

  var counts: [RequestCount] {
    sums.map { kind, sum in
      RequestCount(
        type: kind.type, outcome: kind.outcome, count: sum.count,
        seconds: Double(sum.nanoseconds) / 1e9, bytes: sum.bytes)
    }.sorted { ($0.type, $0.outcome) < ($1.type, $1.outcome) }
  }
}
