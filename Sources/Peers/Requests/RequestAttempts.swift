import Networking
import Runtime

/// The tries of one request, and what they tell whoever waits for it.
///
/// A try outlives the request: its answer is judged all the same. While the request is open it is
/// told; afterwards a lie is punished and a good answer forwarded as late.
final class RequestAttempts<R: Request, Value: Sendable>: Sendable {
  /// Something that a request waits for happened.
  enum Incident: Sendable {
    /// A peer answered, so long after it was asked. The claim is the answer's room until the value
    /// is taken.
    case judged(Int, PeerID, RequestClient.Verdict<Value>, after: Duration, claim: AnswerClaim)
    /// A try brought no answer.
    case failed(Int, HedgedRequest.Failure, String)
    case lookDue(Int)
    case againDue
    case pauseOver
  }

  let incidents = Mailbox<Incident>(capacity: PeerLimits.requestIncidentsMax)
  private let request: R
  private let client: RequestClient
  private let handling: RequestClient.Handling<R.Response, Value>

  init(
    _ request: R, client: RequestClient,
    handling: RequestClient.Handling<R.Response, Value>
  ) {
    self.request = request
    self.client = client
    self.handling = handling
  }

  /// Asks the peer and says what came of it.
  /// - Parameters:
  ///   - since: when it was decided to ask.
  ///   - patience: longest wait for the answer.
  func run(_ attempt: Int, at peer: PeerID, since: Moment, patience: Duration) async {
    let context = client.context
    let answer: HeldAnswer<R.Response>
    do throws(RequestError) {
      answer = try await context.network.ask(request, to: peer, timeout: patience)
    } catch {
      if error == .cancelled { return }
      if error.isMisbehaviour { context.ban(peer, reason: error.reason) }
      // Who has answered something else meanwhile is there: the message was lost.
      if error == .timeout, !client.hasHeard(peer, since: since) { client.demote(peer) }
      incidents.offer(.failed(attempt, HedgedRequest.Failure(error), error.reason))
      return
    }
    let verdict = handling.judge(answer.response, peer)
    client.noteAnswer(of: peer)
    client.punish(peer, verdict)
    if case .use = verdict {} else { handling.didFail(peer, verdict) }
    let time = since.duration(to: context.runtime.now)
    let isAwaited = incidents.offer(
      .judged(attempt, peer, verdict, after: time, claim: answer.claim))
    if !isAwaited, case .use(let value) = verdict {
      await handling.cameLate(value, peer)
      withExtendedLifetime(answer.claim) {}
    }
  }

  /// Nobody waits any more. What came in the last moment is not lost: a good answer takes the place
  /// of `answer` if that is a failure.
  func end(_ answer: RequestClient.Answer<Value>) -> RequestClient.Answer<Value> {
    incidents.finish()
    guard case .failed = answer else { return answer }
    while let incident = incidents.poll() {
      if case .judged(_, let peer, .use(let value), _, _) = incident {
        return .value(value, from: peer)
      }
    }
    return answer
  }
}

extension HedgedRequest.Failure {
  fileprivate init(_ error: RequestError) {
    switch error {
    case .tooManyPending: self = .notSent
    case .timeout: self = .late
    default: self = .noAnswer
    }
  }
}
