import CRDT
import Delta
import Networking
import Primitives
import Reconciliation
import Runtime
import Storage

/// The asking side of a session: the pieces of a copy of the value. What came in pieces has no
/// causes, so that the value takes it in when all of it is there.
struct AskedSession<Value: ReplicatedType>: Sendable {
  let pieces: LatticeReplica<Value>
  /// What the value had when the session began.
  let version: VersionVector
  var session: SyncSession
  /// When answers are late.
  var deadlines: [UInt64: Moment] = [:]
  /// Ticks since an answer came.
  var quiet = 0
}

/// The answering side of a session, with a copy of the value that the session alone changes.
struct ServedSession<Value: ReplicatedType>: Sendable {
  let id: SyncSessionID
  let pieces: LatticeReplica<Value>
  let version: VersionVector
  var server = SyncServer(policy: SingleStrategy(.rateless))
  var isFinished = false
}

/// How replicas come together when a log no longer reaches back.
extension LogNode {
  private func copy(_ number: Int, isServed: Bool) -> LatticeReplica<Value> {
    let salts = RandomStream(
      seed: draws.salt,
      consumer: RandomConsumer(
        isServed ? .peers : .protocolJitter, index: UInt32(truncatingIfNeeded: number)))
    return LatticeReplica(value, symbols: 32, salts: salts)
  }

  private static var peer: PeerID {
    PeerID(identity: NodeIdentity(key: PublicKey(raw: .zero)), number: 0)
  }

  // MARK: The asking side

  mutating func begin(
    _ number: Int, in transaction: inout StoreTransaction, _ moment: inout ReplicaMoment
  ) throws(StorageError) {
    guard peers[number]?.asked == nil else { return }
    sessions += 1
    let pieces = copy(number, isServed: false)
    let asked = AskedSession<Value>(
      pieces: pieces, version: log.log.version,
      session: SyncSession(
        id: SyncSessionID(sessions), peer: Self.peer, view: pieces.view(),
        policy: SingleStrategy(.rateless),
        link: LinkMonitor(bytesPerSecond: 1e6, roundTrip: .milliseconds(500)), at: now))
    peers[number]?.asked = asked
    ask(number, &moment)
  }

  /// Sends what the session can ask now.
  private mutating func ask(_ number: Int, _ moment: inout ReplicaMoment) {
    let now = now
    while let request = peers[number]?.asked?.session.nextRequest(at: now) {
      peers[number]?.asked?.deadlines[request.number] = now.advanced(by: request.timeout)
      send(.ask(request.number, request.request), to: number, &moment)
    }
  }

  mutating func tickSession(
    _ number: Int, in transaction: inout StoreTransaction, _ moment: inout ReplicaMoment
  ) throws(StorageError) {
    guard var asked = peers[number]?.asked else {
      if peers[number]?.isApart ?? false { try begin(number, in: &transaction, &moment) }
      return
    }
    if settings.planted == .endlessWait { return }
    asked.quiet += 1
    guard asked.quiet <= ReplicaSimulationLimits.quietTicksMax else {
      peers[number]?.asked = nil
      moment.act(.note(.sessionLost))
      try begin(number, in: &transaction, &moment)
      return
    }
    var actions: [SyncSession.Action] = []
    for (request, deadline) in asked.deadlines.sorted(by: { $0.key < $1.key })
    where deadline <= now {
      asked.deadlines[request] = nil
      actions += asked.session.lost(request, .timeout, at: now)
    }
    peers[number]?.asked = asked
    try perform(actions, clock.last, nil, number, in: &transaction, &moment)
  }

  mutating func take(
    _ answer: SyncAnswer, to request: UInt64, of session: SyncSessionID,
    _ version: VersionVector, _ ticks: UInt64, _ number: Int,
    in transaction: inout StoreTransaction, _ moment: inout ReplicaMoment
  ) throws(StorageError) {
    guard var asked = peers[number]?.asked, asked.session.id == session else { return }
    asked.quiet = 0
    asked.deadlines[request] = nil
    let actions = asked.session.receive(
      answer, bytes: answer.wireBytes.count, to: request, at: now)
    peers[number]?.asked = asked
    try perform(actions, ticks, version, number, in: &transaction, &moment)
  }

  /// Does what a session wants.
  /// - Parameter version: what the other side had when the session began there.
  private mutating func perform(
    _ actions: [SyncSession.Action], _ ticks: UInt64, _ version: VersionVector?, _ number: Int,
    in transaction: inout StoreTransaction, _ moment: inout ReplicaMoment
  ) throws(StorageError) {
    for action in actions {
      guard var asked = peers[number]?.asked else { return }
      switch action {
      case .apply(let entries, let dropping):
        let more: [SyncSession.Action]
        do throws(LatticeError) {
          try asked.pieces.join(entries, dropping: dropping)
          more = asked.session.applied(asked.pieces.view(), at: now)
        } catch {
          moment.act(.failed(.init(.refusedChange, "pieces of \(number): \(error)")))
          return
        }
        peers[number]?.asked = asked
        try perform(more, ticks, version, number, in: &transaction, &moment)
      case .penalise(let error):
        moment.act(.failed(.init(.refusedChange, "\(number) in a session: \(error)")))
      case .finished:
        peers[number]?.asked = nil
        if let wrong = ReplicaFailure(ended: asked.session, of: place.number) {
          moment.act(.failed(wrong))
        }
        guard asked.session.phase == .complete, let version else {
          moment.act(.note(.sessionLost))
          continue
        }
        try adopt(asked.pieces, version, ticks, number, in: &transaction, &moment)
        send(
          .finished(asked.session.id, asked.version, ticks: clock.last), to: number, &moment)
        try reopen(number, in: &transaction, &moment)
      }
    }
    ask(number, &moment)
  }

  /// Takes in what a session brought, and notes in the log what that is.
  private mutating func adopt(
    _ pieces: LatticeReplica<Value>, _ version: VersionVector, _ ticks: UInt64, _ number: Int,
    in transaction: inout StoreTransaction, _ moment: inout ReplicaMoment
  ) throws(StorageError) {
    do throws(CRDTError) {
      try clock.observe(
        HybridTime(ticks: ticks, replica: identity.replica), at: moment.milliseconds)
      try value.merge(pieces.value)
    } catch {
      moment.act(.failed(.init(.refusedChange, "a session with \(number): \(error)")))
      return
    }
    moment.act(.note(.comparison))
    try change(in: &transaction, &moment) { log, changes throws(DeltaError) in
      try log.adopt(version, to: &changes)
    }
    try store(in: &transaction)
  }

  /// Goes on by deltas.
  private mutating func reopen(
    _ number: Int, in transaction: inout StoreTransaction, _ moment: inout ReplicaMoment
  ) throws(StorageError) {
    peers[number]?.isApart = false
    let (held, now) = (log.log, now)
    let actions = peers[number]?.link.open(held, at: now) ?? []
    try perform(actions, number, in: &transaction, &moment)
    try push(in: &transaction, &moment)
  }

  // MARK: The answering side

  mutating func serve(
    _ request: SyncRequest, _ requestNumber: UInt64, of nonce: UInt64, _ number: Int,
    _ moment: inout ReplicaMoment
  ) {
    if served[number].map({ $0.id < request.session }) ?? true {
      served[number] = ServedSession(
        id: request.session, pieces: copy(number, isServed: true), version: log.log.version)
    }
    guard var session = served[number], session.id == request.session else { return }
    let reply = session.server.answer(
      request, of: Self.peer, view: session.pieces.view(), at: now)
    served[number] = session
    let answer: SyncAnswer
    switch reply {
    case .answer(let given): answer = given
    case .store(let entries):
      do throws(LatticeError) { try session.pieces.join(entries) } catch {
        moment.act(.failed(.init(.refusedChange, "pieces of \(number): \(error)")))
        return
      }
      answer = .stored(session.pieces.view().summary)
    case .fault(let error):
      moment.act(.failed(.init(.refusedChange, "a request of \(number): \(error)")))
      return
    }
    send(
      .answer(session.id, requestNumber, answer, session.version, ticks: clock.last),
      to: number, &moment)
  }

  /// The asking side has seen that both have the same.
  mutating func finish(
    _ id: SyncSessionID, _ version: VersionVector, _ ticks: UInt64, _ number: Int,
    in transaction: inout StoreTransaction, _ moment: inout ReplicaMoment
  ) throws(StorageError) {
    guard let session = served[number], session.id == id, !session.isFinished else { return }
    served[number]?.isFinished = true
    try adopt(session.pieces, version, ticks, number, in: &transaction, &moment)
    try reopen(number, in: &transaction, &moment)
  }
}
