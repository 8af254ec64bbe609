import CRDT
import Primitives
import Storage

/// What a replica says, and what it does with what others say.
extension CRDTNode {
  mutating func tick(
    in store: any KeyValueStore, _ moment: inout ReplicaMoment
  ) throws(StorageError) {
    ticks += 1
    if !isConfirmed, ticks > settings.patienceTicks, exchange.last > 0 {
      try renew(in: store, &moment)
    }
    for number in place.others {
      guard let host = book.sessions[number].host else {
        hello(number, &moment)
        continue
      }
      // A copy would number other changes in the same way.
      guard isConfirmed else { continue }
      do throws(CRDTError) {
        let next = try exchange.next(for: host.nonce) { value.full }
        guard let next else { continue }
        send(.changes(next, ticks: clock.last, isNext: true), to: number, &moment)
      } catch {
        moment.act(.failed(.init(.refusedChange, "changes cannot be joined: \(error)")))
      }
    }
  }

  func send(_ body: Message.Body, to number: Int, _ moment: inout ReplicaMoment) {
    let session = book.sessions[number]
    let to = session.host?.nonce ?? session.claim?.nonce ?? 0
    let message = Message(from: identity.claim.nonce, to: to, body)
    moment.act(.send(message.wireBytes, to: number))
  }

  func hello(_ number: Int, _ moment: inout ReplicaMoment) {
    send(
      .hello(
        identity.claim, ownCounter: value.inner.lastCounter(of: identity.replica),
        last: exchange.last),
      to: number, &moment)
  }

  mutating func take(
    _ message: Message, from number: Int, in store: any KeyValueStore,
    _ moment: inout ReplicaMoment
  ) throws(StorageError) {
    if case .hello(let claim, let ownCounter, let last) = message.body {
      try judge(claim, ownCounter, last, from: number, in: store, &moment)
      return
    }
    // What was meant for another process, here or before, is no news; but whoever goes on with it
    // must learn who is here.
    guard message.to == identity.claim.nonce || settings.planted == .reusedID else {
      if case .changes = message.body { estrange(message.from, number, &moment) }
      return
    }
    switch message.body {
    case .hello: break
    case .welcome(let claim, let had):
      if let old = book.sessions[number].host, old.nonce != claim.nonce {
        exchange.forget(old.nonce)
      }
      book.confirm(number, by: claim)
      try learn(had, of: claim, in: store, &moment)
    case .superseded: try renew(in: store, &moment)
    case .stranger:
      book.sessions[number].host = nil
      hello(number, &moment)
    case .changes(let interval, let ticks, let isNext):
      guard book.sessions[number].claim?.nonce == message.from else {
        estrange(message.from, number, &moment)
        return
      }
      try receive(interval, ticks, isNext, from: number, in: store, &moment)
    case .acknowledged(let last), .gap(let last):
      guard let host = book.sessions[number].host, host.nonce == message.from else { return }
      try learn(last, of: host, in: store, &moment)
    }
  }

  private func estrange(_ nonce: UInt64, _ number: Int, _ moment: inout ReplicaMoment) {
    let answer = Message(from: identity.claim.nonce, to: nonce, .stranger)
    moment.act(.send(answer.wireBytes, to: number))
  }

  /// Notes what another one has; if it has more than was given here, this is an old copy.
  private mutating func learn(
    _ had: UInt64, of host: ReplicaClaim, in store: any KeyValueStore,
    _ moment: inout ReplicaMoment
  ) throws(StorageError) {
    do throws(CRDTError) {
      try exchange.acknowledge(had, by: host.nonce, of: book.peers)
    } catch {
      try renew(in: store, &moment)
    }
  }

  /// Says whether the id is another one's to use.
  private mutating func judge(
    _ claim: ReplicaClaim, _ ownCounter: UInt64, _ last: UInt64, from number: Int,
    in store: any KeyValueStore, _ moment: inout ReplicaMoment
  ) throws(StorageError) {
    let isCurrent = book.isCurrent(
      claim, ownCounter: ownCounter, last: last,
      knownCounter: value.inner.lastCounter(of: claim.replica),
      had: exchange.had(of: claim.replica), own: identity.replica)
    guard isCurrent || settings.planted == .reusedID else {
      let answer = Message(from: identity.claim.nonce, to: claim.nonce, .superseded)
      moment.act(.send(answer.wireBytes, to: number))
      return
    }
    if book.accept(claim) {
      let kept = self
      try store.write { (transaction) throws(StorageError) in
        try kept.store(in: &transaction)
      }
    }
    book.sessions[number].claim = claim
    let host = book.sessions[number].host
    if let host, host.nonce != claim.nonce {
      exchange.forget(host.nonce)
      book.sessions[number].host = nil
    }
    send(.welcome(identity.claim, had: exchange.had(of: claim.replica)), to: number, &moment)
    if host == nil || book.sessions[number].host == nil { hello(number, &moment) }
  }

  private mutating func receive(
    _ interval: DeltaInterval<Value.Delta>, _ ticks: UInt64, _ isNext: Bool, from number: Int,
    in store: any KeyValueStore, _ moment: inout ReplicaMoment
  ) throws(StorageError) {
    do throws(CRDTError) {
      try clock.observe(
        HybridTime(ticks: ticks, replica: interval.sender), at: moment.milliseconds)
    } catch {
      moment.act(.note(.clockAhead))
      return
    }
    var interval = interval
    if settings.planted == .acknowledgedHole {
      interval = DeltaInterval(
        sender: interval.sender, numbers: interval.numbers, delta: interval.delta, isFull: true)
    }
    let before = value
    do throws(CRDTError) {
      guard try merge(interval) else {
        acknowledge(interval.sender, to: number, &moment)
        return
      }
    } catch {
      refuse(interval, isNext, error, from: number, &moment)
      return
    }
    if interval.isFull { moment.act(.note(.fullState)) }
    if value != before { exchange.append(interval.delta) }
    let kept = self
    try store.write { (transaction) throws(StorageError) in
      try kept.store(in: &transaction)
    }
    acknowledge(interval.sender, to: number, &moment)
  }

  private func acknowledge(
    _ sender: ReplicaID, to number: Int, _ moment: inout ReplicaMoment
  ) {
    let nonce = book.sessions[number].claim?.nonce ?? 0
    let answer = Message(
      from: identity.claim.nonce, to: nonce, .acknowledged(exchange.had(of: sender)))
    moment.act(.send(answer.wireBytes, to: number))
  }

  private mutating func merge(
    _ interval: DeltaInterval<Value.Delta>
  ) throws(CRDTError) -> Bool {
    let before = value.inner
    let isNew = try exchange.receive(interval, into: &value)
    if settings.planted == .mergeAdds, isNew, let sum = interval.delta.inner.flatMap(before.added) {
      value.inner = sum
    }
    if settings.planted == .removeWins, isNew { try removeUnseen() }
    return isNew
  }

  /// Planted: what was removed here is removed again, whoever added it.
  private mutating func removeUnseen() throws(CRDTError) {
    guard case .values(let elements) = value.inner.shown else { return }
    for element in elements where removed.contains(element) {
      guard let operation = Inner.operation(.remove(element)) else { continue }
      let dot = Dot(
        identity.replica, max(identity.floor, value.nextDot(of: identity.replica).counter))
      let stamp = Stamp(dot: dot, time: .zero)
      exchange.append(.init(try value.inner.apply(operation, at: stamp), Trace()))
    }
  }

  /// Asks for what is missing. Changes that begin where this replica said that it stands cannot
  /// have a gap before them.
  private func refuse(
    _ interval: DeltaInterval<Value.Delta>, _ isNext: Bool, _ error: CRDTError, from number: Int,
    _ moment: inout ReplicaMoment
  ) {
    let had = exchange.had(of: interval.sender)
    let isGap = !interval.isFull && interval.numbers.lowerBound > had + 1
    guard isGap else {
      moment.act(.failed(.init(.refusedChange, "changes from \(number): \(error)")))
      return
    }
    moment.act(.note(.gap))
    if isNext { moment.act(.failed(.init(.unexplainedGap, "from \(number): \(error)"))) }
    let nonce = book.sessions[number].claim?.nonce ?? 0
    let answer = Message(from: identity.claim.nonce, to: nonce, .gap(had))
    moment.act(.send(answer.wireBytes, to: number))
  }
}
