import CRDT
import Delta
import Primitives
import Storage

/// What a replica with a log says, and what it does with what others say.
extension LogNode {
  mutating func tick(
    in transaction: inout StoreTransaction, _ moment: inout ReplicaMoment
  ) throws(StorageError) {
    ticks += 1
    if !isConfirmed, ticks > settings.patienceTicks { try renew(in: &transaction, &moment) }
    for number in place.others {
      guard let host = book.sessions[number].host, book.sessions[number].claim != nil else {
        hello(number, &moment)
        continue
      }
      // A copy would number other changes in the same way.
      guard isConfirmed else { continue }
      if peers[number] == nil { try join(number, host.nonce, in: &transaction, &moment) }
      guard var peer = peers[number] else { continue }
      peer.quiet += 1
      let isWaiting = peer.isSilent || peer.link.deadline != nil
      var actions = peer.link.tick(log.log, DeltaCodec(), at: now)
      if isWaiting, peer.quiet > ReplicaSimulationLimits.quietTicksMax {
        // The line may be back long before a link that waits longer each time would try it.
        (peer.quiet, peer.isSilent) = (0, false)
        actions = peer.link.open(log.log, at: now)
      }
      peers[number] = peer
      try perform(actions, number, in: &transaction, &moment)
      try tickSession(number, in: &transaction, &moment)
    }
  }

  func send(_ body: LogMessage.Body, to number: Int, _ moment: inout ReplicaMoment) {
    let session = book.sessions[number]
    let to = session.host?.nonce ?? session.claim?.nonce ?? 0
    let message = LogMessage(from: identity.claim.nonce, to: to, body)
    moment.act(.send(message.wireBytes, to: number))
  }

  func hello(_ number: Int, _ moment: inout ReplicaMoment) {
    send(
      .hello(
        identity.claim, ownCounter: value.inner.lastCounter(of: identity.replica),
        last: log.log.version[identity.replica]),
      to: number, &moment)
  }

  private func estrange(_ nonce: UInt64, _ number: Int, _ moment: inout ReplicaMoment) {
    let answer = LogMessage(from: identity.claim.nonce, to: nonce, .stranger)
    moment.act(.send(answer.wireBytes, to: number))
  }

  mutating func take(
    _ message: LogMessage, from number: Int, in transaction: inout StoreTransaction,
    _ moment: inout ReplicaMoment
  ) throws(StorageError) {
    if case .hello(let claim, let ownCounter, let last) = message.body {
      try judge(claim, ownCounter, last, from: number, in: &transaction, &moment)
      return
    }
    // What was meant for another process, here or before, is no news; but whoever goes on with it
    // must learn who is here.
    guard message.to == identity.claim.nonce else {
      switch message.body {
      case .link, .ask: estrange(message.from, number, &moment)
      default: break
      }
      return
    }
    switch message.body {
    case .hello: break
    case .welcome(let claim):
      if let old = book.sessions[number].host, old.nonce != claim.nonce {
        try leave(number, in: &transaction, &moment)
      }
      book.confirm(number, by: claim)
    case .superseded: try renew(in: &transaction, &moment)
    case .stranger:
      try leave(number, in: &transaction, &moment)
      book.sessions[number].host = nil
      hello(number, &moment)
    case .link, .ask, .answer, .finished:
      guard book.sessions[number].claim?.nonce == message.from else {
        estrange(message.from, number, &moment)
        return
      }
      // Nothing is said of a state that may be an old copy.
      guard isConfirmed, book.sessions[number].host?.nonce == message.from else { return }
      try take(message.body, of: message.from, number, in: &transaction, &moment)
    }
  }

  /// A message between two processes that have judged each other.
  private mutating func take(
    _ body: LogMessage.Body, of nonce: UInt64, _ number: Int,
    in transaction: inout StoreTransaction, _ moment: inout ReplicaMoment
  ) throws(StorageError) {
    if peers[number] == nil { try join(number, nonce, in: &transaction, &moment) }
    peers[number]?.quiet = 0
    peers[number]?.isSilent = false
    switch body {
    case .link(let message):
      let (held, now) = (log.log, now)
      var actions = peers[number]?.link.receive(message, held, DeltaCodec(), at: now) ?? []
      if settings.planted == .holeTrims { actions = boast(actions, of: message) }
      try perform(actions, number, in: &transaction, &moment)
    case .ask(let request, let body):
      serve(body, request, of: nonce, number, &moment)
    case .answer(let session, let request, let answer, let version, let ticks):
      try take(
        answer, to: request, of: session, version, ticks, number, in: &transaction, &moment)
    case .finished(let session, let version, let ticks):
      try finish(session, version, ticks, number, in: &transaction, &moment)
    case .hello, .welcome, .superseded, .stranger: break
    }
  }

  /// Planted: says of a delta that did not fit that all up to its end is here.
  private func boast(
    _ actions: [DeltaLink.Action], of message: DeltaMessage
  ) -> [DeltaLink.Action] {
    guard case .push(_, let bytes) = message,
      let delta = try? DeltaCodec().decode(bytes, DictionaryShelf())
    else { return actions }
    return actions.map { action in
      guard case .send(.ack(let push, var version)) = action else { return action }
      version.merge(delta.to)
      return .send(.ack(number: push, version))
    }
  }

  /// Does what a link wants.
  mutating func perform(
    _ actions: [DeltaLink.Action], _ number: Int, in transaction: inout StoreTransaction,
    _ moment: inout ReplicaMoment
  ) throws(StorageError) {
    for action in actions {
      // A new id ends all links.
      guard let peer = peers[number] else { return }
      switch action {
      case .send(let message): send(.link(message), to: number, &moment)
      case .apply(let operations, let push):
        guard try apply(operations, from: number, in: &transaction, &moment) else { return }
        let answers = peer.link.applied(push, log.log)
        try perform(answers, number, in: &transaction, &moment)
        try self.push(in: &transaction, &moment)
      case .acknowledged(let version):
        try change(in: &transaction, &moment) { log, changes throws(DeltaError) in
          try log.acknowledge(version, by: ReplicaID(peer.nonce), to: &changes)
        }
      case .reconcile(let error):
        if settings.planted == .droppedDelta { continue }
        moment.act(.note(error.reach == nil ? .misfit : .logTooOld))
        peers[number]?.isApart = true
        try begin(number, in: &transaction, &moment)
      case .penalise(let error):
        moment.act(.failed(.init(.refusedChange, "\(number) is penalised: \(error)")))
      case .silent: peers[number]?.isSilent = true
      }
    }
  }

  // MARK: Processes

  /// A process is known on both sides: a link to it is opened.
  private mutating func join(
    _ number: Int, _ nonce: UInt64, in transaction: inout StoreTransaction,
    _ moment: inout ReplicaMoment
  ) throws(StorageError) {
    try change(in: &transaction, &moment) { log, changes throws(DeltaError) in
      try log.acknowledge(VersionVector(), by: ReplicaID(nonce), to: &changes)
      log.forget(Self.stand(number), to: &changes)
    }
    var peer = Peer(nonce: nonce)
    let actions = peer.link.open(log.log, at: now)
    peers[number] = peer
    try perform(actions, number, in: &transaction, &moment)
  }

  /// A process is gone: what it had says nothing of the one that comes after it.
  mutating func leave(
    _ number: Int, in transaction: inout StoreTransaction, _ moment: inout ReplicaMoment
  ) throws(StorageError) {
    let isServed = served.removeValue(forKey: number).map { !$0.isFinished } ?? false
    guard let peer = peers.removeValue(forKey: number) else { return }
    if isServed || peer.asked != nil { moment.act(.note(.sessionInterrupted)) }
    try change(in: &transaction, &moment) { log, changes throws(DeltaError) in
      try log.acknowledge(VersionVector(), by: Self.stand(number), to: &changes)
      log.forget(ReplicaID(peer.nonce), to: &changes)
    }
  }

  /// Says whether the id is another one's to use.
  private mutating func judge(
    _ claim: ReplicaClaim, _ ownCounter: UInt64, _ last: UInt64, from number: Int,
    in transaction: inout StoreTransaction, _ moment: inout ReplicaMoment
  ) throws(StorageError) {
    let isCurrent = book.isCurrent(
      claim, ownCounter: ownCounter, last: last,
      knownCounter: value.inner.lastCounter(of: claim.replica),
      had: log.log.version[claim.replica], own: identity.replica)
    guard isCurrent else {
      let answer = LogMessage(from: identity.claim.nonce, to: claim.nonce, .superseded)
      moment.act(.send(answer.wireBytes, to: number))
      return
    }
    if book.accept(claim) { try store(in: &transaction) }
    if let old = book.sessions[number].claim, old.nonce != claim.nonce {
      try leave(number, in: &transaction, &moment)
    }
    book.sessions[number].claim = claim
    if let host = book.sessions[number].host, host.nonce != claim.nonce {
      book.sessions[number].host = nil
    }
    send(.welcome(identity.claim), to: number, &moment)
    if book.sessions[number].host == nil { hello(number, &moment) }
  }
}
