import KeyValue
import Networking
import Primitives
import Reconciliation
import Runtime
import Storage

/// What a simulated key-value store is made with.
struct KeyValueNodeSettings: Sendable {
  let ledger: KeyValueLedger
  let planted: KeyValueFault?
  let mode: AntiEntropyMode
  let keepsSiblings: Bool
  /// Milliseconds that the floor stays behind the clock.
  let floorBehind: UInt64
}

/// A replica of a cluster of key-value stores: the real core, log, replication and sessions. Only
/// lines, disk and clocks are simulated.
///
/// Its store is not a value, so that it does not go back when a step fails: a write that is refused
/// is for the log to deal with, and no step throws but when the process ends.
///
/// `@unchecked Sendable`: a world uses it on one thread.
struct KeyValueNode: ReplicaNode, @unchecked Sendable {
  /// A connection with another replica.
  struct Line {
    let connection: UInt64
    /// Requests that came; what is repeated is left out.
    var seen: Set<UInt64> = []
  }

  /// A request that is not answered.
  struct Pending {
    enum Kind {
      case replication(token: UInt64, ReplicationRequest)
      case session(UInt64)
      case settle
    }

    let peer: Int
    let kind: Kind
    let deadline: Int
  }

  /// A session that this side began.
  struct Running {
    let peer: Int
    var session: SyncSession
    var run: RunningSession
    var isSettling = false
  }

  /// A session of another side.
  struct Answered: Hashable {
    let peer: Int
    let session: SyncSessionID
  }

  let place: ReplicaPlace
  let settings: KeyValueNodeSettings
  let storage: KeyValueStorage
  let replica: KeyValueReplica
  var replication: ReplicationCore
  var lines: [Int: Line] = [:]
  var dialling: [Int: (connection: UInt64, deadline: Int)] = [:]
  var pending: [UInt64: Pending] = [:]
  var lastRequest: UInt64 = 0
  /// Whom the core answers.
  var asked: [UInt64: (peer: Int, connection: UInt64, number: UInt64)] = [:]
  var lastToken: UInt64 = 0
  var server: SyncServer
  var tallies: [Answered: StoreTally] = [:]
  var running: Running?
  var ticks = 0
  /// The commands whose effects are here and safe.
  var known = EventSet()

  init(
    at place: ReplicaPlace, _ settings: KeyValueNodeSettings, in store: any KeyValueStore,
    _ moment: inout ReplicaMoment
  ) throws(StorageError) {
    self.place = place
    self.settings = settings
    let files = StoredFiles(store)
    let book: MemberBook
    do throws(DiskError) {
      let hasLost = moment.random.chance(perMillion: 500_000)
      if hasLost, try files.losePower(&moment.random) { moment.act(.note(.powerLoss)) }
      book = try files.readBook()
    } catch {
      throw files.isClosed ? .closed : .fullDisk("a replica")
    }
    storage = try KeyValueStorage(files, settings, &moment)
    replica = KeyValueReplica(storage)
    server = SyncServer(policy: settings.mode.policy, transfer: WholeValues())
    replication = ReplicationCore(
      Self.replicationSettings(of: place, settings, at: moment.milliseconds), book: book)
    moment.act(.note(.newID))
    perform(replication.start(&storage.core, at: Self.time(moment)), &moment)
    if files.isClosed { throw .closed }
    settleKnown()
  }

  static func identity(_ number: Int) -> NodeIdentity {
    NodeIdentity(key: PublicKey(raw: Hash256(words: (UInt64(number + 1), 7, 7, 7))))
  }

  static func number(of identity: NodeIdentity, of count: Int) -> Int? {
    (0..<count).first { Self.identity($0) == identity }
  }

  static func peer(_ number: Int) -> PeerID {
    PeerID(identity: identity(number), number: UInt32(number))
  }

  static func address(_ number: Int) -> String { "n\(number)" }

  private static func replicationSettings(
    of place: ReplicaPlace, _ settings: KeyValueNodeSettings, at milliseconds: UInt64
  ) -> ReplicationSettings {
    var own = ReplicationSettings(
      identity: identity(place.number), name: "replica \(place.number)",
      addresses: [address(place.number)],
      peers: place.others.map { ReplicationPeer(address: address($0)) },
      startedAt: milliseconds)
    own.roundInterval = .seconds(1)
    own.gossipInterval = .seconds(2)
    own.floorBehind = settings.floorBehind
    own.floorStep = 500
    return own
  }

  static func time(_ moment: ReplicaMoment) -> ReplicationTime {
    ReplicationTime(moment: moment.monotonic, milliseconds: moment.milliseconds)
  }

  // MARK: Steps

  mutating func step(
    _ input: ReplicaInput<KeyValueCommand>, in store: any KeyValueStore,
    _ moment: inout ReplicaMoment
  ) throws(StorageError) {
    storage.milliseconds = moment.milliseconds
    settings.ledger.saw(milliseconds: moment.milliseconds)
    // Whoever looks after it starts it anew.
    if storage.isBroken { throw .closed }
    switch input {
    case .tick: tick(&moment)
    case .command(let command, let number): execute(command, number, &moment)
    case .message(let bytes, let from): receive(bytes, from: from, &moment)
    }
    if storage.files.isClosed { throw .closed }
    if storage.files.takeRefusal() { moment.act(.happened(.failedWrite)) }
    if !isRefusing { settleKnown() }
  }

  private mutating func settleKnown() {
    known = settings.ledger.known(
      in: storage.content(keepsSiblings: settings.keepsSiblings), of: place.number)
  }

  mutating func close(in store: any KeyValueStore) throws(StorageError) {
    storage.close()
    // If it cannot be stored, the next run begins a little later.
    try? storage.files.writeBook(replication.stopped())
    if storage.files.isClosed { throw .closed }
  }

  /// Whether something that is in memory is not safe.
  var isRefusing: Bool { storage.core.writeRefusal != nil }

  private mutating func tick(_ moment: inout ReplicaMoment) {
    ticks += 1
    if storage.tick(startsCheckpoint: moment.random.chance(perMillion: 40_000)) {
      moment.act(.note(.checkpoint))
    }
    for number in place.others {
      guard let dial = dialling[number], dial.deadline <= ticks else { continue }
      dialling[number] = nil
      replication.dialFailed(Self.address(number), at: Self.time(moment))
    }
    // A line on which an answer does not come is broken.
    let late = Set(pending.values.filter { $0.deadline <= ticks }.map(\.peer))
    for peer in late.sorted() { hangUp(peer, &moment) }
    let expired = storage.write { $0.expireSome() }
    if !expired.keys.isEmpty { wrote(expired.keys, &moment) }
    if settings.planted == .earlyPurge { purgeEarly() }
    perform(replication.tick(&storage.core, at: Self.time(moment)), &moment)
  }

  /// Planted.
  private func purgeEarly() {
    let ticks = storage.core.lastTicks
    _ = storage.write { _ = $0.raiseFloor(to: ticks) }
    purge(through: ticks)
  }

  private mutating func execute(
    _ command: KeyValueCommand, _ number: Int, _ moment: inout ReplicaMoment
  ) {
    guard !isRefusing else {
      moment.act(.refused(number, "writes are refused"))
      return
    }
    let seen = command.kind == .siblings ? storage.siblings(command.key) : EventSet()
    let before = storage.effect(of: command.key)
    let (reply, refusal, keys) = storage.execute(command.words)
    if case .error(let error)? = reply {
      moment.act(.refused(number, error))
    } else {
      let failure = settings.ledger.record(
        command, number, at: place.number, ticks: storage.core.lastTicks, seen: seen,
        before: before, after: storage.effect(of: command.key))
      if let failure { moment.act(.failed(failure)) }
      if let refusal {
        moment.act(.refused(number, refusal))
      } else {
        settings.ledger.finish(number)
        moment.act(.done(number))
      }
    }
    if !keys.isEmpty { wrote(keys, &moment) }
  }

  mutating func wrote(_ keys: [[UInt8]], _ moment: inout ReplicaMoment) {
    perform(replication.wrote(keys, &storage.core, at: Self.time(moment)), &moment)
  }

  // MARK: What the core wants

  mutating func perform(_ actions: [ReplicationAction], _ moment: inout ReplicaMoment) {
    for action in actions where !storage.files.isClosed {
      switch action {
      case .send(let request, let peer, let token, _):
        guard let number = Self.number(of: peer, of: place.count) else { continue }
        ask(number, request.wire, .replication(token: token, request), &moment)
      case .answer(let answer, let token):
        guard let asker = asked.removeValue(forKey: token) else { continue }
        self.answer(asker.number, of: asker.peer, asker.connection, answer.wireBytes, &moment)
      case .apply(let effects, let dead, let token): apply(effects, dead, token, &moment)
      case .raiseClock(let ticks):
        if settings.planted != .deafClock { storage.core.raiseClock(to: ticks) }
      case .raiseFloor(let ticks):
        moment.act(.note(.floorRaised))
        _ = storage.write { _ = $0.raiseFloor(to: ticks) }
      case .purge(let ticks): purge(through: ticks)
      case .startSession(let peer):
        guard let number = Self.number(of: peer, of: place.count) else { continue }
        begin(number, &moment)
      case .connect(let address, _): dial(address, &moment)
      case .disconnect(let peer, _):
        guard let number = Self.number(of: peer, of: place.count) else { continue }
        hangUp(number, &moment)
      case .storeMembers:
        // If it cannot be stored, the next change is.
        try? storage.files.writeBook(replication.book)
      case .notice(let notice): tell(notice, &moment)
      }
    }
  }

  private func tell(_ notice: ReplicationNotice, _ moment: inout ReplicaMoment) {
    switch notice {
    case .clockAhead: moment.act(.note(.clockAhead))
    case .malformed(_, let what):
      moment.act(.failed(.init(.refusedChange, what)))
    case .wrongValue(let peer, _):
      moment.act(.failed(.init(.refusedChange, "a wrong value of \(peer)")))
    default: break
    }
  }

  private func purge(through ticks: UInt64) {
    var next: UInt32? = 0
    while let start = next {
      next = storage.core.purge(
        through: ticks, from: start, entries: KeyValueLimits.purgeEntriesPerTurn)
    }
  }

  /// Takes a write of another replica, as far as nothing is planted.
  private func take(
    _ effect: KeyValueEffect, _ core: inout KeyValueCore
  ) throws(KeyValueCore.Refusal) -> ApplyOutcome {
    let ticks = core.lastTicks
    let outcome = try core.apply(effect)
    plant(in: &core, effect, isDead: outcome == .dead, before: ticks)
    return outcome
  }

  /// Planted: does with a write that came what a fault would.
  func plant(
    in core: inout KeyValueCore, _ effect: KeyValueEffect, isDead: Bool, before ticks: UInt64
  ) {
    switch settings.planted {
    // What the own log says is stored whatever the floor.
    case .storedDead where isDead: _ = try? core.load(effect)
    case .deafClock: core.damageClock(to: ticks)
    default: break
    }
  }

  private mutating func apply(
    _ effects: [KeyValueEffect], _ dead: [DeadRecord], _ token: UInt64,
    _ moment: inout ReplicaMoment
  ) {
    var results: [Result<ApplyOutcome, KeyValueCore.Refusal>] = []
    var buried: [DeadRecord] = []
    let skips =
      settings.planted == .acknowledgedHole && moment.random.chance(perMillion: 300_000)
    let (refusal, _) = storage.write(isLogged: settings.planted != .earlyAcknowledgement) { core in
      for effect in effects {
        do throws(KeyValueCore.Refusal) {
          guard !skips else {
            results.append(.success(.known))
            continue
          }
          results.append(.success(try take(effect, &core)))
        } catch { results.append(.failure(error)) }
      }
      buried = dead.filter { core.bury($0.key, $0.version) }
    }
    for record in buried {
      moment.act(.note(.deadRecord))
      let key = String(decoding: record.key, as: UTF8.self)
      if let failure = settings.ledger.bury(key, record.version, at: place.number) {
        moment.act(.failed(failure))
      }
    }
    let time = Self.time(moment)
    let actions =
      refusal == nil
      ? replication.applied(token, results, buried: buried.count, &storage.core, at: time)
      : replication.notApplied(token, &storage.core, at: time)
    perform(actions, &moment)
  }
}
