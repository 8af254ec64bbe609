import CRDT
import Networking
import Primitives
import Runtime

/// A push that came and is not answered yet.
struct Arrival {
  let peer: NodeIdentity
  let token: UInt64
  let stream: UInt64
  let sequence: UInt64
  let through: UInt64
  let bytes: Int
  var refused: [PushAnswer.Refused] = []
  /// What has to end before it is answered: what is being applied, and values being fetched.
  var waiting = 0
}

/// What `apply` was given out for.
enum Applying {
  /// Effects of a push: the versions, and their places in it.
  case push(UInt64, from: NodeIdentity, effects: [KeyValueEffect], places: [UInt32])
  /// A value that was fetched.
  case value(Fetch)
}

/// What peers push to this node.
extension ReplicationCore {
  mutating func pushed<Source: ReplicationSource & ~Copyable>(
    _ push: PushRequest, by peer: NodeIdentity, _ token: UInt64, _ source: inout Source,
    at time: ReplicationTime
  ) {
    guard let link = links[peer], link.isProven else {
      out.append(.answer(.push(.stranger), token: token))
      return
    }
    guard !refusesWrites, link.applyingBytes + push.body.count <= KeyValueLimits.applyingBytesMax
    else {
      count(peer, \.busy)
      out.append(.answer(.push(.busy), token: token))
      return
    }
    let items: [PushItem]
    do throws(WireError) { items = try codec.items(of: push) } catch {
      out.append(.answer(.push(.busy), token: token))
      return misbehaved(peer, "\(error)")
    }
    links[peer]?.incoming.saw(push)
    links[peer]?.applyingBytes += push.body.count
    count(peer, \.receivedPushes)
    let number = nextToken
    nextToken += 1
    arrivals[number] = Arrival(
      peer: peer, token: token, stream: push.stream, sequence: push.sequence,
      through: push.through, bytes: push.body.count)
    var (effects, places, dead) = ([KeyValueEffect](), [UInt32](), [DeadRecord]())
    for (place, item) in items.enumerated() {
      switch item {
      case .effect(let effect):
        effects.append(effect)
        places.append(UInt32(place))
      case .gone(let key, let version): dead.append(DeadRecord(key: key, version: version))
      case .large(let value): want(value, UInt32(place), of: number, &source, at: time)
      }
    }
    if !effects.isEmpty || !dead.isEmpty {
      arrivals[number]?.waiting += 1
      let token = nextToken
      nextToken += 1
      applying[token] = .push(number, from: peer, effects: effects, places: places)
      out.append(.apply(effects: effects, dead: dead, token: token))
    }
    answerIfDone(number, at: time)
  }

  /// What `apply` gave out is as safe as a client's write.
  /// - Parameters:
  ///   - results: one for each effect, in order.
  ///   - buried: how many of the dead records were dropped.
  public mutating func applied<Source: ReplicationSource & ~Copyable>(
    _ token: UInt64, _ results: [Result<ApplyOutcome, KeyValueCore.Refusal>], buried: Int,
    _ source: inout Source, at time: ReplicationTime
  ) -> [ReplicationAction] {
    begin(&source, at: time)
    switch applying.removeValue(forKey: token) {
    case nil: break
    case .push(let number, let peer, let effects, let places)?:
      count(peer, \.buried, UInt64(max(0, buried)))
      for (index, result) in results.enumerated() where index < effects.count {
        settle(result, of: effects[index], from: peer, places[index], number, at: time)
      }
      arrivals[number]?.waiting -= 1
      answerIfDone(number, at: time)
    case .value(let fetch)?:
      let effect = fetch.effect
      guard let result = results.first else { break }
      for (waiter, place) in fetch.waiters {
        settle(result, of: effect, from: fetch.peer, place, waiter, at: time)
        arrivals[waiter]?.waiting -= 1
        answerIfDone(waiter, at: time)
      }
    }
    return end(&source, at: time)
  }

  /// What `apply` gave out could not be stored; the peer is told to try again.
  public mutating func notApplied<Source: ReplicationSource & ~Copyable>(
    _ token: UInt64, _ source: inout Source, at time: ReplicationTime
  ) -> [ReplicationAction] {
    begin(&source, at: time)
    switch applying.removeValue(forKey: token) {
    case nil: break
    case .push(let number, _, _, let places)?:
      for place in places { refuse(place, of: number, .busy) }
      arrivals[number]?.waiting -= 1
      answerIfDone(number, at: time)
    case .value(let fetch)?: refuseWaiters(of: fetch, .busy, at: time)
    }
    return end(&source, at: time)
  }

  private mutating func settle(
    _ result: Result<ApplyOutcome, KeyValueCore.Refusal>, of effect: KeyValueEffect,
    from peer: NodeIdentity, _ place: UInt32, _ number: UInt64, at time: ReplicationTime
  ) {
    switch result {
    case .success(let outcome):
      switch outcome {
      case .stored, .merged: count(peer, \.stored)
      case .known: count(peer, \.known)
      case .dead:
        count(peer, \.dead)
        if let version = effect.version {
          links[peer]?.queue.add(dead: DeadRecord(key: effect.key, version: version))
        }
      }
      forward(effect.key, outcome, from: peer, at: time)
    case .failure(.clock): refuseClock(of: effect.version, from: peer, place, number, at: time)
    case .failure(.tooManyReplicas): refuse(place, of: number, .replicas)
    case .failure(.size), .failure(.notReplicated), .failure(.value):
      refuse(place, of: number, .size)
    }
  }

  mutating func refuseClock(
    of version: HybridTime?, from peer: NodeIdentity, _ place: UInt32, _ number: UInt64,
    at time: ReplicationTime
  ) {
    count(peer, \.clockRefusals)
    let milliseconds = version?.milliseconds ?? 0
    tellClock(
      of: peer, milliseconds > time.milliseconds ? milliseconds - time.milliseconds : 0)
    refuse(place, of: number, .clock)
  }

  mutating func refuse(_ place: UInt32, of number: UInt64, _ reason: PushRefusal) {
    if reason == .busy, let peer = arrivals[number]?.peer { count(peer, \.busy) }
    arrivals[number]?.refused.append(.init(place: place, reason: reason))
  }

  /// Answers a push when all of it has ended.
  mutating func answerIfDone(_ number: UInt64, at time: ReplicationTime) {
    guard let arrival = arrivals[number], arrival.waiting == 0 else { return }
    arrivals[number] = nil
    let refused = arrival.refused.sorted { $0.place < $1.place }
    links[arrival.peer]?.applyingBytes -= arrival.bytes
    links[arrival.peer]?.incoming.stored(
      stream: arrival.stream, sequence: arrival.sequence, through: arrival.through,
      whole: refused.isEmpty)
    settleHave(of: arrival.peer)
    out.append(.answer(.push(.taken(refused: refused)), token: arrival.token))
  }

  /// Concludes from the stream of a peer what this node has of it.
  mutating func settleHave(of peer: NodeIdentity) {
    guard let stream = links[peer]?.incoming, have[peer] ?? 0 >= stream.start else { return }
    raiseHave(of: peer, to: stream.through)
  }

  /// This node has all writes of `member` up to these ticks.
  mutating func raiseHave(of member: NodeIdentity, to ticks: UInt64) {
    guard member != settings.identity, ticks > have[member] ?? 0 else { return }
    have[member] = ticks
  }

  /// A peer is gone: nothing of it is answered any more.
  mutating func forgetArrivals(of peer: NodeIdentity, at time: ReplicationTime) {
    arrivals = arrivals.filter { $0.value.peer != peer }
    for (number, fetch) in fetches.sorted(by: { $0.key < $1.key }) where fetch.peer == peer {
      fetches[number] = nil
      refuseWaiters(of: fetch, .busy, at: time)
    }
  }
}
