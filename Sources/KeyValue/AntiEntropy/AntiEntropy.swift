import Networking
import Primitives
import Reconciliation
import Runtime

/// Makes a store equal to those of other replicas, one session with one peer at a time each: finds
/// what the two differ in, and exchanges it. For a node's shell:
///
/// ```swift
/// let sessions = AntiEntropy(
///   host, network: network, runtime: runtime, random: random, told: { … })
/// sessions.serve()                                  // answers those of others
/// let outcome = await sessions.session(with: peer)  // in a task of `runtime`
/// ```
///
/// It speaks of no member list, floor or round: who may be answered is for the network, what a
/// complete session means for the caller.
///
/// Everything happens on the thread of the core: `runtime` must run its tasks there, and `network`
/// its handlers. The first call from another thread ends the process (`ThreadGuard`).
///
/// `@unchecked Sendable`: see above.
public final class AntiEntropy: @unchecked Sendable {
  let network: any Network
  let runtime: any Runtime
  let host: any KeyValueHost
  /// The store as sessions see it.
  public let replica: KeyValueReplica
  let told: @Sendable (AntiEntropyNotice) -> Void
  private let stored: @Sendable (PeerID, TakenRecords) -> Void
  private let mode: AntiEntropyMode
  private var manager: SessionManager
  private var server: SyncServer
  private var running: [SyncSessionID: RunningSession] = [:]
  /// Of sessions of others: what became of what they gave, newest last.
  var answered: [AnsweredSession] = []
  /// What is being fetched because others said so.
  var fetching: Set<RecordID> = []
  /// Bytes that were fetched in slices.
  var fetchedBytes = 0
  var fetchQueue: [(record: Record, peer: PeerID)] = []
  var isFetching = false
  /// Keys of the last session that brought nothing but what was here already.
  private var suspects: [[UInt8]] = []
  /// Whether the indexes are being made anew.
  private var isRebuilding = false
  /// When the index over ids was needed last; nil while it is not kept.
  private var namesUsed: Moment?
  /// Bytes of requests of others and of the answers to them.
  public private(set) var answeredBytes = (received: 0, sent: 0)

  /// - Parameters:
  ///   - random: from which sessions get their names.
  ///   - stored: is told what a peer sent and is stored now, as safe as a client's write: to be
  ///     pushed to others (`ReplicationCore.took`).
  ///   - told: is told what the operator should know.
  public init(
    _ host: any KeyValueHost, network: any Network, runtime: any Runtime,
    mode: AntiEntropyMode = .auto, random: RandomStream,
    stored: @escaping @Sendable (PeerID, TakenRecords) -> Void = { _, _ in },
    told: @escaping @Sendable (AntiEntropyNotice) -> Void = { _ in }
  ) {
    self.host = host
    self.network = network
    self.runtime = runtime
    self.mode = mode
    self.told = told
    self.stored = stored
    replica = KeyValueReplica(host)
    var random = random
    manager = SessionManager(firstID: random.next() >> 32)
    let limits = RateLimits(
      perType: [SyncRequest.type: KeyValueLimits.sessionRequestsPerWindowMax])
    server = SyncServer(policy: mode.policy, transfer: WholeValues(), limits: limits)
  }

  /// Answers the sessions of others from now on.
  public func serve() {
    network.serve(SyncRequest.self, undecodable: undecodable("a request")) {
      [weak self] peer, request in await self?.answer(request, of: peer)
    }
    network.serve(SettleRequest.self, undecodable: undecodable("the end of a session")) {
      [weak self] peer, request in self?.settle(request, of: peer)
    }
    network.serve(ContentRequest.self, undecodable: undecodable("a request for a value")) {
      [weak self] _, request in self?.slice(request)
    }
  }

  private func undecodable(_ what: String) -> @Sendable (PeerID, RequestError) -> Void {
    { [weak self] peer, error in
      self?.told(.fault(peer, .malformed("\(what) of \(peer): \(error)")))
    }
  }

  // MARK: Own sessions

  /// Compares all records with a peer, and exchanges what differs.
  /// - Parameter mode: how; nil: as this was told for all.
  public func session(
    with peer: PeerID, mode: AntiEntropyMode? = nil
  ) async -> AntiEntropyOutcome {
    await makeNames()
    let view = replica.current()
    let id: SyncSessionID
    do throws(SyncStartError) {
      id = try manager.start(
        with: peer, view: view, policy: (mode ?? self.mode).policy,
        configuration: SyncConfiguration(
          batchItems: KeyValueLimits.sessionBatchRecords, isBinaryDiffOn: false),
        transfer: WholeValues(), at: runtime.now)
    } catch { return AntiEntropyOutcome(end: .incomplete(.notStarted(error))) }
    var run = RunningSession(peer: peer, view: view)
    run.outcome.ownTicks = host.withCore { $0.lastTicks }
    let ended = await withCheckedContinuation { continuation in
      run.ended = continuation
      running[id] = run
      look(at: id)
      pump()
    }
    let outcome = await finish(ended, id)
    switch outcome.end {
    case .incomplete(.failed(.noStrategy)), .incomplete(.failed(.rootsDiffer)):
      // The roots differ and nothing that differs is found.
      if host.withCore({ $0.isRootWrong() }) { rebuild(because: peer) }
    default: mend(outcome.received, peer, in: ended.view, isEqual: outcome.end == .equal)
    }
    replica.sweep()
    return outcome
  }

  /// Ends a session with a peer, if there is one.
  public func cancel(with peer: PeerID) {
    for (id, run) in running.sorted(by: { $0.key < $1.key }) where run.peer == peer {
      _ = manager.with(id) { $0.cancel(at: runtime.now) }
      look(at: id)
    }
  }

  /// Sends what can be sent.
  private func pump() {
    while let next = manager.nextRequest(at: runtime.now) {
      let request = next.outgoing.request
      running[next.session]?.outcome.sentBytes += request.wireBytes.count
      runtime.spawn("key-value session request") { [self] in
        let result: Result<SyncAnswer, RequestError>
        do throws(RequestError) {
          result = .success(
            try await network.request(
              request, to: next.peer, timeout: next.outgoing.timeout))
        } catch { result = .failure(error) }
        came(result, to: next.outgoing.number, of: next.session)
      }
    }
  }

  private func came(
    _ result: Result<SyncAnswer, RequestError>, to number: UInt64, of id: SyncSessionID
  ) {
    let now = runtime.now
    switch result {
    case .success(let answer):
      let bytes = answer.wireBytes.count
      guard let answer = running[id]?.take(answer, bytes: bytes) else { return }
      look(at: id)
      act(on: manager.with(id) { $0.receive(answer, bytes: bytes, to: number, at: now) }, id)
    case .failure(.disconnected):
      running[id]?.isDisconnected = true
      act(on: manager.with(id) { $0.cancel(at: now) }, id)
    case .failure(let error):
      act(on: manager.with(id) { $0.lost(number, error, at: now) }, id)
    }
  }

  /// Does what a session wants done, then sends what can be sent.
  private func act(on actions: [SyncSession.Action], _ id: SyncSessionID) {
    for action in actions {
      switch action {
      case .penalise(let error):
        if let peer = running[id]?.peer { told(.fault(peer, error)) }
      case .apply(let entries, _): store(entries, for: id)
      case .finished: break
      }
    }
    look(at: id)
    pump()
  }

  private func store(_ entries: [SyncEntry], for id: SyncSessionID) {
    guard let peer = running[id]?.peer else { return }
    runtime.spawn("key-value session store") { [self] in
      let tally = await store(entries, of: peer)
      let now = runtime.now
      guard let tally else {
        return act(on: manager.with(id) { $0.notApplied("see the notice", at: now) }, id)
      }
      running[id]?.outcome.received.add(tally)
      let view = replica.current()
      act(on: manager.with(id) { $0.applied(view, at: now) }, id)
    }
  }

  /// Stores what a peer gave; nil if that could not be.
  func store(_ entries: [SyncEntry], of peer: PeerID) async -> StoreTally? {
    do throws(StoreError) {
      let records = try await replica.store(entries)
      stored(peer, records)
      let tally = records.tally
      if let refusal = tally.refusal {
        told(.refused(peer, refusal, records: tally.refused))
      }
      return tally
    } catch {
      if case .content(let fault) = error {
        told(.wrongContent(peer, fault))
      } else {
        told(.notStored(peer, "\(error)"))
      }
      return nil
    }
  }

  /// Sees how far a session is, and ends it when it has exchanged what its first comparison found.
  private func look(at id: SyncSessionID) {
    guard let session = manager.sessions[id] else { return }
    if running[id]?.follows(session) == false {
      _ = manager.with(id) { $0.cancel(at: runtime.now) }
    }
    guard let session = manager.remove(id), let run = running.removeValue(forKey: id) else {
      return
    }
    run.ended?.resume(returning: run.end(session))
  }

  // MARK: Sessions of others

  private func answer(_ request: SyncRequest, of peer: PeerID) async -> SyncAnswer? {
    answeredBytes.received += request.wireBytes.count
    if needsNames(request.body) { await makeNames() }
    let answer = await reply(to: request, of: peer)
    answeredBytes.sent += answer?.wireBytes.count ?? 0
    return answer
  }

  private func reply(to request: SyncRequest, of peer: PeerID) async -> SyncAnswer? {
    let view = replica.current()
    if case .open = request.body { noteOpening(of: request.session, by: peer, view) }
    let reply = server.answer(request, of: peer, view: view, at: runtime.now)
    switch reply {
    case .answer(let answer): return answer
    case .fault(let error):
      told(.fault(peer, error))
      return nil
    case .store(let entries):
      guard let tally = await store(entries, of: peer) else { return .refused(.busy) }
      note(tally, request.session, of: peer)
      return .stored(replica.current().summary)
    }
  }

  private func needsNames(_ body: SyncRequest.Body) -> Bool {
    switch body {
    case .open(let theirs, _, _): theirs.root != host.withCore { $0.recordSummary.root }
    case .summary, .store: false
    case .compare, .look, .records, .values: true
    }
  }

  // MARK: Finding records by id

  /// Waits until records can be found by id: the index is made when it is needed, some entries at a
  /// time.
  private func makeNames() async {
    let isKept = namesUsed != nil
    namesUsed = runtime.now
    if !isKept { forgetNamesLater() }
    while host.withCore({ $0.growNames() }) {
      do { try await runtime.sleep(for: KeyValueLimits.namingPause) } catch { return }
    }
  }

  private func forgetNamesLater() {
    runtime.spawn("key-value ids") { [weak self, runtime] in
      while let used = self?.namesUsed {
        let end = used.advanced(by: KeyValueLimits.namesKept)
        if end <= runtime.now, self?.forgetNames() ?? true { return }
        do { try await runtime.sleep(until: max(end, runtime.now.advanced(by: .seconds(1)))) } catch
        {
          return
        }
      }
    }
  }

  /// False if sessions are under way.
  private func forgetNames() -> Bool {
    guard running.isEmpty else { return false }
    namesUsed = nil
    host.withCore { $0.forgetNames() }
    return true
  }

  // MARK: Indexes that are not those of the data

  /// Makes the indexes anew if a session shows that they are wrong: it brought nothing but what its
  /// view here had, so comparing should not have found it. What was pushed since the view was taken
  /// comes twice as well, whatever the indexes: it does not count, however often it comes and from
  /// whom. Then a fault has to be found in the tree, or the same keys have to come again, since the
  /// symbols cannot be looked at key by key.
  func mend(_ tally: StoreTally, _ peer: PeerID, in view: KeyValueView?, isEqual: Bool) {
    guard tally.isSuspect, !isEqual else {
      if tally.changed > 0 || isEqual { suspects = [] }
      return
    }
    let keys = tally.knownKeys.filter { view?.hasKept($0) ?? false }
    guard !keys.isEmpty else { return }
    let isWrong = host.withCore { core in keys.contains { core.isIndexedWrongly($0) } }
    guard isWrong || suspects == keys else {
      suspects = keys
      return
    }
    suspects = []
    rebuild(because: peer)
  }

  /// Makes the indexes anew, some at a time.
  private func rebuild(because peer: PeerID) {
    guard !isRebuilding, !rebuildsSome(because: peer) else { return }
    isRebuilding = true
    runtime.spawn("key-value indexes") { [weak self, runtime] in
      repeat {
        do { try await runtime.sleep(for: KeyValueLimits.settlePause) } catch { return }
      } while self?.rebuildsSome(because: peer) == false
      self?.isRebuilding = false
    }
  }

  /// Whether that was all.
  private func rebuildsSome(because peer: PeerID) -> Bool {
    let (wasRight, records) = host.withCore { ($0.repairSome(), $0.recordCount) }
    guard let wasRight else { return false }
    told(
      wasRight
        ? .sound(despite: peer, records: records) : .rebuilt(because: peer, records: records))
    return true
  }
}
