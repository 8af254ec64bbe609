import KeyValue
import Networking
import Primitives
import Reconciliation

/// Sessions of simulated key-value stores, message by message. What `AntiEntropy` does in tasks is
/// done in steps here; the sessions, the views, and what is concluded of them are the same.
extension KeyValueNode {
  // MARK: The asking side

  mutating func begin(_ number: Int, _ moment: inout ReplicaMoment) {
    while storage.core.growNames() {}
    let view = replica.current()
    var run = RunningSession(peer: Self.peer(number), view: view)
    run.outcome.ownTicks = storage.core.lastTicks
    if settings.planted == .emptySession {
      run.outcome.end = .exchanged
      return end(run.outcome, with: number, &moment)
    }
    let session = SyncSession(
      id: SyncSessionID(moment.random.next()), peer: Self.peer(number), view: view,
      policy: settings.mode.policy,
      configuration: SyncConfiguration(
        batchItems: KeyValueLimits.sessionBatchRecords, isBinaryDiffOn: false),
      transfer: WholeValues(),
      link: LinkMonitor(bytesPerSecond: 1e6, roundTrip: .milliseconds(100)),
      at: moment.monotonic)
    running = Running(peer: number, session: session, run: run)
    look(&moment)
    pump(&moment)
  }

  private mutating func pump(_ moment: inout ReplicaMoment) {
    while let request = running?.session.nextRequest(at: moment.monotonic), let running {
      ask(
        running.peer, (.session, request.request.wireBytes), .session(request.number), &moment)
    }
  }

  mutating func came(
    _ answer: SyncAnswer, to request: UInt64, _ moment: inout ReplicaMoment
  ) {
    let bytes = answer.wireBytes.count
    guard var running, !running.isSettling else { return }
    let answer = running.run.take(answer, bytes: bytes)
    self.running = running
    look(&moment)
    let actions = self.running?.session.receive(
      answer, bytes: bytes, to: request, at: moment.monotonic)
    act(actions ?? [], &moment)
  }

  private mutating func act(_ actions: [SyncSession.Action], _ moment: inout ReplicaMoment) {
    for action in actions {
      guard let running else { return }
      switch action {
      case .apply(let entries, _):
        let tally = store(entries, of: running.peer, &moment)
        let more: [SyncSession.Action]?
        if let tally {
          self.running?.run.outcome.received.add(tally)
          let view = replica.current()
          more = self.running?.session.applied(view, at: moment.monotonic)
        } else {
          more = self.running?.session.notApplied("refused", at: moment.monotonic)
        }
        act(more ?? [], &moment)
      case .penalise(let error):
        moment.act(.failed(.init(.refusedChange, "\(running.peer) in a session: \(error)")))
      case .finished: break
      }
    }
    look(&moment)
    pump(&moment)
  }

  /// Sees how far the session is, and asks what became of what it gave when it has ended.
  private mutating func look(_ moment: inout ReplicaMoment) {
    guard var running, !running.isSettling else { return }
    if !running.run.follows(running.session) {
      _ = running.session.cancel(at: moment.monotonic)
    }
    if running.session.isComplete {
      if let wrong = ReplicaFailure(ended: running.session, of: place.number) {
        moment.act(.failed(wrong))
      }
      running.run = running.run.end(running.session)
      running.isSettling = true
    }
    self.running = running
    guard running.isSettling else { return }
    var encoder = WireEncoder()
    encoder.append(running.session.id.rawValue)
    ask(running.peer, (.settle, encoder.bytes), .settle, &moment)
  }

  mutating func settled(_ answer: SettleAnswer, _ moment: inout ReplicaMoment) {
    guard let running, running.isSettling else { return }
    self.running = nil
    var outcome = running.run.outcome
    outcome.keysSent = Int(clamping: answer.changed)
    let (here, there) = (outcome.received.refused, Int(clamping: answer.refused))
    if outcome.end == .exchanged {
      if here + there > 0 {
        outcome.end = .incomplete(.refused(here: here, there: there))
      } else if outcome.received.count == 0, answer.taken == 0 {
        outcome.end = .incomplete(.fruitless)
      }
    }
    end(outcome, with: running.peer, &moment)
  }

  private mutating func end(
    _ outcome: AntiEntropyOutcome, with number: Int, _ moment: inout ReplicaMoment
  ) {
    var failure: String?
    if case .incomplete(let reason) = outcome.end { failure = "\(reason)" }
    moment.act(.note(failure == nil ? .comparison : .sessionLost))
    let result = SessionOutcome(
      ownClock: outcome.ownTicks, peerClock: nil, isComplete: outcome.isComplete,
      failure: failure, keysCompared: UInt64(outcome.keysCompared),
      keysReceived: UInt64(outcome.received.changed), keysSent: UInt64(outcome.keysSent))
    let actions = replication.sessionEnded(
      with: Self.identity(number), result, &storage.core, at: Self.time(moment))
    perform(actions, &moment)
  }

  // MARK: Both sides

  /// Stores what the other side gave; nil if that could not be.
  private mutating func store(
    _ entries: [SyncEntry], of number: Int, _ moment: inout ReplicaMoment
  ) -> StoreTally? {
    guard !isRefusing else { return nil }
    let effects: [KeyValueEffect]
    do throws(ContentError) { effects = try KeyValueReplica.effects(of: entries) } catch {
      moment.act(.failed(.init(.refusedChange, "records of \(number): \(error)")))
      return nil
    }
    var stored = TakenRecords()
    let (refusal, _) = storage.write { core in
      for effect in effects {
        let (ticks, dead) = (core.lastTicks, stored.dead.count)
        core.take(effect, &stored)
        plant(in: &core, effect, isDead: stored.dead.count > dead, before: ticks)
      }
    }
    guard refusal == nil else { return nil }
    let actions = replication.took(
      stored.outcomes, dead: stored.dead, from: Self.identity(number),
      &storage.core,
      at: Self.time(moment))
    perform(actions, &moment)
    return stored.tally
  }

  // MARK: The answering side

  mutating func serve(
    _ request: SyncRequest, of number: Int, _ moment: inout ReplicaMoment
  ) -> SyncAnswer? {
    while storage.core.growNames() {}
    let reply = server.answer(
      request, of: Self.peer(number), view: replica.current(), at: moment.monotonic)
    switch reply {
    case .answer(let answer): return answer
    case .fault(let error):
      moment.act(.failed(.init(.refusedChange, "a request of \(number): \(error)")))
      return nil
    case .store(let entries):
      guard let tally = store(entries, of: number, &moment) else { return .refused(.busy) }
      tallies[Answered(peer: number, session: request.session), default: TakenRecords().tally].add(
        tally)
      return .stored(replica.current().summary)
    }
  }
}
