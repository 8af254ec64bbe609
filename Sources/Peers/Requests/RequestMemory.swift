import Networking
import Runtime

/// What the requests of one kind have in common: whose turn it is, how long answers take, and how
/// many second requests they may make.
///
/// Second requests help against a late peer, and harm on a full line, where everything is late and
/// each of them makes it fuller. So there is a stock of them: it is refilled by a tenth of a
/// request with each good answer, and a second request that is answered first costs nothing. Nor
/// does one for what was never answered: where messages are lost, it is all that helps. There each
/// try brings as much of one beforehand as the share of the lost is (`losses`).
package struct RequestMemory: Sendable {
  package var rotation = PeerRotation()
  private var times = AnswerTimes()
  /// How many requests of all kinds are lost, as far as it is known.
  package var losses = LossShare()
  /// Second requests in stock, in shares of which `sharesPerHedge` are one.
  private var stock = PeerLimits.hedgesMax * sharesPerHedge
  private static let sharesPerHedge = 100 * PeerLimits.answersPerHedge
  /// When peers answered last, whatever they said.
  private var heard: [PeerID: Moment] = [:]

  package init() {}

  /// Time after which an answer is overdue: 95 of 100 came in less, or fewer where messages are
  /// lost (`LossShare.overduePercent`).
  package var hedgeDelay: Duration {
    max(
      times.percentile(losses.overduePercent) ?? PeerLimits.hedgeDelayFirst,
      PeerLimits.hedgeDelayMin)
  }

  /// True if, with so many tries of one request on their way, one more may be: if less than
  /// `PeerLimits.openTriesMax` of them may still be answered. Each but the newest is overdue
  /// one time more than the one after it, so that it is the likelier lost.
  package func mayAwait(oneMoreThan tries: Int) -> Bool {
    let late = Double(100 - losses.overduePercent) / 100 * (1 - losses.share)
    let share = late / (losses.share + late)
    var (awaited, next) = (0.0, 1.0)
    for _ in 0..<tries { (awaited, next) = (awaited + next, next * share) }
    return awaited < Double(PeerLimits.openTriesMax) && tries < PeerLimits.requestTriesMax
  }

  /// How often nobody else could be asked before a request is sent again: once, where what is
  /// overdue is rather lost than late.
  package var looksBeforeResend: Int {
    losses.isRatherLost ? 1 : PeerLimits.looksBeforeResend
  }

  /// The time in which 95 of 100 answers of the kind came; nil while few did.
  package var longTime: Duration? { times.percentile95 }

  /// Takes a second request from the stock; false if it is empty.
  package mutating func takeHedge() -> Bool {
    guard stock >= Self.sharesPerHedge else { return false }
    stock -= Self.sharesPerHedge
    return true
  }

  /// A try goes out. Not more than every second one brings another: on a full line all are late.
  package mutating func asked() {
    restock(Int(min(0.5, losses.share) * Double(Self.sharesPerHedge)))
  }

  /// A good answer came after `time`.
  /// - Parameter isHedge: true if it answers a second request.
  package mutating func answered(after time: Duration, isHedge: Bool) {
    times.add(time)
    restock(isHedge ? Self.sharesPerHedge : Self.sharesPerHedge / PeerLimits.answersPerHedge)
  }

  /// A try was not answered in time.
  package mutating func timedOut() { restock(Self.sharesPerHedge) }

  private mutating func restock(_ shares: Int) {
    stock = min(stock + shares, PeerLimits.hedgesMax * Self.sharesPerHedge)
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
