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

  /// The peer answered. Above `PeerLimits.peersMax` peers the one that did so longest ago is
  /// forgotten.
  package mutating func heard(_ peer: PeerID, at now: Moment) {
    heard[peer] = now
    guard heard.count > PeerLimits.peersMax else { return }
    let oldest = heard.min { ($0.value, $0.key) < ($1.value, $1.key) }
    if let oldest { heard[oldest.key] = nil }
  }

  /// True if the peer has answered since `moment`.
  package func hasHeard(_ peer: PeerID, since moment: Moment) -> Bool {
    heard[peer].map { $0 > moment } ?? false
  }
}
