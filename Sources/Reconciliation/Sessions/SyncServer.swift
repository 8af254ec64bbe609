import Networking
import Primitives
import Runtime

/// The side of sessions that answers. It keeps nothing of a session but the views that the latest
/// sessions began with. A value.
public struct SyncServer: Sendable {
  /// What becomes of a request.
  public enum Reply: Sendable {
    case answer(SyncAnswer)
    /// These are to be stored; the answer is `.stored` with what is held then.
    case store([SyncEntry])
    /// The peer broke the protocol: nothing is answered.
    case fault(ReconciliationError)
  }

  private let policy: any SyncPolicy
  private let transfer: any ValueTransfer
  private let slowness: Double
  private var limiter: RateLimiter
  /// Sessions whose latest opening needs no symbols that were asked for ahead.
  private var settled: [PeerID: SyncSessionID] = [:]
  /// Newest last.
  private var views: [any ReplicaView] = []

  /// - Parameters:
  ///   - policy: takes one of the offers of an asking side.
  ///   - slowness: how many times as long this processor takes as that of the cost model.
  public init(
    policy: any SyncPolicy, transfer: any ValueTransfer = PatchTransfer(), slowness: Double = 1,
    limits: RateLimits = RateLimits()
  ) {
    self.policy = policy
    self.slowness = slowness
    self.transfer = transfer
    limiter = RateLimiter(limits: limits)
  }

  /// Answers a request.
  /// - Parameter view: what the replica holds now.
  public mutating func answer(
    _ request: SyncRequest, of peer: PeerID, view: any ReplicaView, at now: Moment
  ) -> Reply {
    guard limiter.allow(SyncRequest.type, from: peer, at: now) else {
      return .answer(.refused(.busy))
    }
    let summary = view.summary
    switch request.body {
    case .open(let theirs, let offers, let probe):
      let held = self.view(of: summary.revision) ?? view
      let reply = open(theirs, offers, probe, of: peer, in: held)
      note(reply, offers, for: request.session, of: peer)
      return reply
    case .compare(0, StrategyID.rateless.rawValue, _) where settled[peer] == request.session:
      return .answer(.compared([]))
    case .compare(let revision, let strategy, let message):
      guard let kept = kept(revision, view) else { return .answer(.moved(summary)) }
      do throws(ReconciliationError) {
        return .answer(.compared(try compared(strategy, message, of: peer, in: kept)))
      } catch { return refusal(of: error) }
    case .look(let revision, let strategy, let message, let partsMax):
      guard let kept = kept(revision, view) else { return .answer(.moved(summary)) }
      do throws(ReconciliationError) {
        return .answer(try look(strategy, message, partsMax: partsMax, in: kept))
      } catch { return refusal(of: error) }
    case .records(let ids): return .answer(records(ids, in: view))
    case .values(let wishes): return .answer(values(wishes, in: view))
    case .store(let entries):
      if let wrong = entries.first(where: { !$0.isItsRecord }) {
        return .fault(
          .contradiction("the value sent for \(wrong.record.id) is not that of its record"))
      }
      return .store(entries)
    case .summary: return .answer(.summary(summary))
    }
  }

  /// Remembers of a session whether symbols that it asked for ahead are of use.
  private mutating func note(
    _ reply: Reply, _ offers: [SyncOffer], for session: SyncSessionID, of peer: PeerID
  ) {
    if settled.count >= ReconciliationLimits.rememberedPeersMax { settled = [:] }
    settled[peer] = nil
    guard case .answer(.opened(_, _, let taken)) = reply else { return }
    if case .offer(let place, _, _) = taken,
      offers[Int(place)].strategy == StrategyID.rateless.rawValue
    {
      return
    }
    settled[peer] = session
  }

  /// The view of a revision, nil if it is gone. Revision 0 is whatever is held now: a request that
  /// follows an opening at once.
  private mutating func kept(
    _ revision: UInt64, _ view: any ReplicaView
  ) -> (any ReplicaView)? {
    let current = view.summary.revision
    return revision == 0 || revision == current ? keep(view) : self.view(of: revision)
  }

  /// Says how many parts differ, and answers if they are few.
  private func look(
    _ strategy: UInt8, _ message: [UInt8], partsMax: UInt8, in view: any ReplicaView
  ) throws(ReconciliationError) -> SyncAnswer {
    let responder = try responder(strategy, in: view)
    guard let seen = try (responder as? any LookingResponder)?.look(message) else {
      throw .unavailable("strategy \(strategy) has no parts to look at")
    }
    let answer = seen.differing <= partsMax ? try responder.answer(message) : nil
    return .looked(seen, message: answer)
  }

  private mutating func open(
    _ theirs: ReplicaSummary, _ offers: [SyncOffer], _ probe: SyncProbe?, of peer: PeerID,
    in view: any ReplicaView
  ) -> Reply {
    let summary = view.summary
    let strategies = view.strategies.prefix(ReconciliationLimits.strategiesMax).map(\.rawValue)
    guard theirs.root != summary.root else {
      return .answer(.opened(summary, strategies: strategies, taken: nil))
    }
    keep(view)
    let places = offers.indices.filter { strategies.contains(offers[$0].strategy) }
    guard !places.isEmpty else { return .answer(.refused(.strategy)) }
    let plans = places.compactMap { place in
      view.strategies.first { $0.rawValue == offers[place].strategy }.map {
        SyncPlan($0, expected: offers[place].expected > 0 ? Double(offers[place].expected) : nil)
      }
    }
    var place = places[0]
    var seen: PartsLook?
    do throws(ReconciliationError) {
      switch try probe.map({ probe throws(ReconciliationError) in
        try view.answer(toProbe: probe.symbols)
      }) {
      case .solved(let difference):
        // What this side lacks is what only the other one has.
        let taken = SyncTaken.solved(
          missing: difference.extra.sorted(), extra: difference.missing.sorted())
        return .answer(.opened(summary, strategies: strategies, taken: taken))
      case .estimate(let estimate):
        guard let probe, places.count > 1 else { break }
        // How the difference lies is seen from what ranges would answer.
        var situation = situation(theirs, probe, estimate, in: view)
        if policy.looks(before: plans, situation) {
          seen = try look(among: places.map { offers[$0] }, in: view)
          situation.look = seen
        }
        let picked = policy.pick(plans, situation)
        if places.indices.contains(picked) { place = places[picked] }
      case .unclear, nil: break
      }
      var answers: [[UInt8]] = []
      var bytes = 0
      for message in offers[place].messages {
        // What is not answered here is asked for again.
        if !answers.isEmpty, !limiter.hasRoom(for: SyncRequest.type, from: peer) { break }
        let answer = try compared(offers[place].strategy, message, of: peer, in: view)
        bytes += answer.count
        if !answers.isEmpty, bytes > ReconciliationLimits.comparisonBytesMax { break }
        answers.append(answer)
      }
      return .answer(
        .opened(
          summary, strategies: strategies,
          taken: .offer(UInt32(place), messages: answers, look: seen)))
    } catch { return refusal(of: error) }
  }

  /// Looks at the parts of the first offer that has some.
  private func look(
    among offers: [SyncOffer], in view: any ReplicaView
  ) throws(ReconciliationError) -> PartsLook? {
    for offer in offers {
      guard let message = offer.messages.first,
        let responder = try responder(offer.strategy, in: view) as? any LookingResponder
      else { continue }
      return try responder.look(message)
    }
    return nil
  }

  /// What the asking side would choose by if it knew what this side can see.
  private func situation(
    _ theirs: ReplicaSummary, _ probe: SyncProbe, _ estimate: SyncEstimate,
    in view: any ReplicaView
  ) -> SyncSituation {
    SyncSituation(
      offered: view.strategies, localCount: theirs.count, remoteCount: view.summary.count,
      path: PathFigures(
        bytesPerSecond: Double(probe.bytesPerSecond), roundTrip: Double(probe.roundTripUs) * 1e-6,
        localSlowness: Double(probe.slownessPercent) / 100, remoteSlowness: slowness),
      estimate: estimate)
  }

  /// Answers, and counts what that took towards the peer's limit. The latest request may exceed it.
  private mutating func compared(
    _ strategy: UInt8, _ message: [UInt8], of peer: PeerID, in view: any ReplicaView
  ) throws(ReconciliationError) -> [UInt8] {
    let responder = try responder(strategy, in: view)
    let most = limiter.limits.limit(of: SyncRequest.type) / ReconciliationLimits.passesPerWindow
    let records = responder.recordsPassed(by: message)
    limiter.charge(
      min(records / ReconciliationLimits.recordsPerCharge, most), for: SyncRequest.type, of: peer)
    return try responder.answer(message)
  }

  private func responder(
    _ strategy: UInt8, in view: any ReplicaView
  ) throws(ReconciliationError) -> any ComparisonResponder {
    let known = view.strategies.first { $0.rawValue == strategy }
    guard let known, let responder = view.responder(of: known) else {
      throw .unavailable("strategy \(strategy) is not known here")
    }
    return responder
  }

  private func refusal(of error: ReconciliationError) -> Reply {
    switch error.kind {
    case .malformed, .contradiction: .fault(error)
    case .limitReached: .answer(.refused(.message))
    case .unavailable: .answer(.refused(.strategy))
    }
  }

  /// Keeps a view. Of one revision the first is kept and given: it has what earlier requests made
  /// it compute, such as a longer prefix of symbols.
  @discardableResult
  private mutating func keep(_ view: any ReplicaView) -> any ReplicaView {
    if let known = self.view(of: view.summary.revision) { return known }
    views.append(view)
    if views.count > ReconciliationLimits.viewsMax { views.removeFirst() }
    return view
  }

  private func view(of revision: UInt64) -> (any ReplicaView)? {
    views.first { $0.summary.revision == revision }
  }

  /// At least one of them, and then as many as have room.
  private func records(_ ids: [RecordID], in view: any ReplicaView) -> SyncAnswer {
    var answers: [RecordAnswer] = []
    var bytes = 0
    for id in ids {
      guard let record = view.record(id) else {
        answers.append(.unheld)
        continue
      }
      var answer = RecordAnswer.record(record)
      var size = record.key.count + 2 * Hash256.byteCount
      if record.size <= ReconciliationLimits.inlineValueBytesMax,
        let value = view.value(of: record)
      {
        answer = .entry(SyncEntry(record: record, value: value))
        size += value.count
      }
      if bytes + size > ReconciliationLimits.batchBytesMax, !answers.isEmpty { break }
      bytes += size
      answers.append(answer)
    }
    return .records(answers, revision: view.summary.revision)
  }

  private func values(_ wishes: [ValueWish], in view: any ReplicaView) -> SyncAnswer {
    var answers: [ValueAnswer] = []
    var bytes = 0
    var patched = 0
    for wish in wishes {
      guard let record = view.record(wish.id), let value = view.value(of: record) else {
        answers.append(.unheld)
        continue
      }
      var answer = ValueAnswer.value(value)
      var size = value.count
      if wish.offer != nil {
        patched += size
        if patched > ReconciliationLimits.patchedBytesMax, !answers.isEmpty { break }
      }
      if let offer = wish.offer, let patch = transfer.patch(to: value, from: offer),
        patch.count < size
      {
        answer = .patch(patch)
        size = patch.count
      }
      if bytes + size > ReconciliationLimits.batchBytesMax, !answers.isEmpty { break }
      bytes += size
      answers.append(answer)
    }
    return .values(answers)
  }
}

extension SyncEntry {
  /// Whether the value is the one that the record names.
  var isItsRecord: Bool {
    value.count == Int(record.size) && Blake2b256.hash(value) == record.digest
  }
}
