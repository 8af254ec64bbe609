import Networking
import Runtime

/// Comparisons of all records with a peer.
extension ReplicationShell {
  func startSession(with identity: NodeIdentity) {
    guard let peer = peers[identity] else { return ended(nil, with: identity) }
    let began = runtime.now
    runtime.spawn("kv session") { [weak self, sessions] in
      let outcome = await sessions?.session(with: peer)
      self?.ended(outcome, with: identity, after: began)
    }
  }

  private func ended(
    _ outcome: AntiEntropyOutcome?, with identity: NodeIdentity, after began: Moment? = nil
  ) {
    guard !isStopped else { return }
    let outcome = outcome ?? AntiEntropyOutcome(end: .incomplete(.disconnected))
    var failure: String?
    if case .incomplete(let reason) = outcome.end { failure = "\(reason)" }
    let result = SessionOutcome(
      ownClock: outcome.ownTicks, peerClock: nil, isComplete: outcome.isComplete,
      failure: failure, keysCompared: UInt64(outcome.keysCompared),
      keysReceived: UInt64(outcome.received.changed), keysSent: UInt64(outcome.keysSent))
    let (number, recorder) = (peers[identity]?.number ?? 0, plan.recorder)
    recorder.record(
      .keyValue(
        .round(
          peer: number,
          result: failure ?? outcome.strategies.map { "\($0)" }.joined(separator: " "),
          compared: outcome.keysCompared, bytes: outcome.sentBytes + outcome.receivedBytes,
          durationNs: began.map { $0.duration(to: runtime.now).wholeNanoseconds } ?? 0)))
    if outcome.keysRepaired > 0 {
      recorder.record(
        .keyValue(
          .repaired(peer: number, received: outcome.received.changed, sent: outcome.keysSent)))
    }
    enter { core, source, time in
      core.sessionEnded(with: identity, result, &source, at: time)
    }
  }

  /// What a session stored is news for the other peers.
  func took(_ records: TakenRecords, of peer: PeerID) {
    enter { core, source, time in
      core.took(
        records.outcomes, dead: records.dead, from: peer.identity, &source, at: time)
    }
  }

  /// What sessions tell the operator.
  func tell(_ notice: AntiEntropyNotice) {
    let text = "\(notice)"
    switch notice {
    case .refused(let peer, let refusal, let records):
      plan.recorder.record(
        .keyValue(.notTaken(peer: peer.number, items: records, reason: "\(refusal)")))
    case .fault(let peer, _), .wrongContent(let peer, _):
      plan.recorder.record(.keyValue(.notice(detail: text)))
      network.hangUp(peer, reason: text)
    case .notStored, .rebuilt, .sound: plan.recorder.record(.keyValue(.notice(detail: text)))
    }
    self.notice(text)
  }
}

extension ReplicationShell: KeyValueHost {
  public func withCore<Output, Failure: Error>(
    _ body: (inout KeyValueCore) throws(Failure) -> Output
  ) throws(Failure) -> Output {
    server.endBatch()
    return try body(&server.core)
  }

  public func commit(
    _ body: (inout KeyValueCore) -> Void, then done: @escaping @Sendable (String?) -> Void
  ) {
    server.endBatch()
    if let refusal = server.core.writeRefusal { return done(refusal) }
    server.take(body, then: done)
  }
}
