import Networking
import Runtime

/// What the requests of one kind have in common: whose turn it is, how long answers take, and how
/// many second requests they may make.
///
/// Second requests help against a late peer, and harm on a full line, where everything is late and
/// each of them makes it fuller. So there is a stock of them: it is refilled by a tenth of a
/// request with each good answer, and a second request that is answered first costs nothing. Nor
/// does one for what was never answered: where messages are lost, it is all that helps.
package struct RequestMemory: Sendable {
  package var rotation = PeerRotation()
  private var times = AnswerTimes()
  /// Second requests in stock, in shares of which each good answer brings one.
  private var stock = PeerLimits.hedgesMax * PeerLimits.answersPerHedge
  /// When peers answered last, whatever they said.
  private var heard: [PeerID: Moment] = [:]
  /// Tries so far, of all requests.
  private var tryCount: UInt64 = 0
  /// The latest of them that each peer has answered, whatever it said.
  private var answeredTries: [PeerID: UInt64] = [:]

  package init() {}

  /// Time after which an answer is overdue: 95 of 100 came in less.
  package var hedgeDelay: Duration {
    max(times.percentile95 ?? PeerLimits.hedgeDelayFirst, PeerLimits.hedgeDelayMin)
  }

  /// How long an answer of the kind is waited for at least: twice the time in which 95 of 100 came,
  /// or `PeerLimits.patienceFirst` while few did.
  package var patience: Duration {
    times.percentile95.map { $0 * 2 } ?? PeerLimits.patienceFirst
  }

  /// Takes a second request from the stock; false if it is empty.
  package mutating func takeHedge() -> Bool {
    guard stock >= PeerLimits.answersPerHedge else { return false }
    stock -= PeerLimits.answersPerHedge
    return true
  }

  /// A good answer came after `time`.
  /// - Parameter isHedge: true if it answers a second request.
  package mutating func answered(after time: Duration, isHedge: Bool) {
    times.add(time)
    restock(isHedge ? PeerLimits.answersPerHedge : 1)
  }

  /// A try was not answered in time.
  package mutating func timedOut() { restock(PeerLimits.answersPerHedge) }

  private mutating func restock(_ shares: Int) {
    stock = min(stock + shares, PeerLimits.hedgesMax * PeerLimits.answersPerHedge)
  }

  /// A try goes out; its place among all tries.
  package mutating func sent() -> UInt64 {
    tryCount += 1
    return tryCount
  }

  /// True if the peer has answered a try that went out after this one. What comes over a line comes
  /// in turn, so a try that is overdue as well was lost, or its answer.
  package func isOvertaken(_ place: UInt64, at peer: PeerID) -> Bool {
    answeredTries[peer].map { $0 > place } ?? false
  }

  /// The peer answered the try at this place. Above `PeerLimits.peersMax` peers the one that
  /// did so longest ago is forgotten.
  package mutating func heard(_ peer: PeerID, place: UInt64 = 0, at now: Moment) {
    heard[peer] = now
    answeredTries[peer] = max(place, answeredTries[peer] ?? 0)
    guard heard.count > PeerLimits.peersMax else { return }
    let oldest = heard.min { ($0.value, $0.key) < ($1.value, $1.key) }
    if let oldest {
      heard[oldest.key] = nil
      answeredTries[oldest.key] = nil
    }
  }

  /// True if the peer has answered since `moment`.
  package func hasHeard(_ peer: PeerID, since moment: Moment) -> Bool {
    heard[peer].map { $0 > moment } ?? false
  }
}
