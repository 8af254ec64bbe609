import Networking
import Primitives
import Runtime

/// What is pushed to the peers.
extension ReplicationCore {
  /// A batch of clients wrote these keys (`KeyValueCore.forEachEffect`), and is or will be as safe
  /// as the log makes it. Not told of what `apply` led to.
  public mutating func wrote<Source: ReplicationSource & ~Copyable>(
    _ keys: [[UInt8]], _ source: inout Source, at time: ReplicationTime
  ) -> [ReplicationAction] {
    let before = told
    begin(&source, at: time)
    for peer in peers where links[peer]?.isLinked == true {
      var coalesced: UInt64 = 0
      for key in keys where queue(key, for: peer, before: before, at: time) { coalesced += 1 }
      count(peer, \.coalesced, coalesced)
    }
    return end(&source, at: time)
  }

  /// A session stored what a peer sent: to be pushed to the others, and what is dead to be told.
  /// `wrote` is not told of it.
  public mutating func took<Source: ReplicationSource & ~Copyable>(
    _ outcomes: [(key: [UInt8], outcome: ApplyOutcome)], dead: [DeadRecord],
    from peer: NodeIdentity, _ source: inout Source, at time: ReplicationTime
  ) -> [ReplicationAction] {
    begin(&source, at: time)
    for (key, outcome) in outcomes { forward(key, outcome, from: peer, at: time) }
    for record in dead {
      count(peer, \.dead)
      links[peer]?.queue.add(dead: record)
    }
    return end(&source, at: time)
  }

  /// What was taken from one peer is news for the others; what was made of two values for all.
  mutating func forward(
    _ key: [UInt8], _ outcome: ApplyOutcome, from origin: NodeIdentity, at time: ReplicationTime
  ) {
    guard outcome.isNews else { return }
    for peer in peers where links[peer]?.isLinked == true {
      guard peer != origin || outcome == .merged else { continue }
      _ = queue(key, for: peer, before: told, at: time)
    }
  }

  /// Gives whether the key waited already.
  private mutating func queue(
    _ key: [UInt8], for peer: NodeIdentity, before: UInt64, at time: ReplicationTime
  ) -> Bool {
    switch links[peer]?.queue.add(key, before: before) {
    case nil, .added?: return false
    case .coalesced?: return true
    case .full?:
      let keys = links[peer]?.queue.clear() ?? 0
      count(peer, \.overflows)
      notice(.queueDropped(peer, keys: keys))
      restartStream(peer, from: told)
      wantRound(peer, at: time)
      return false
    }
  }

  /// A new stream begins, which has what this node writes after `start`.
  mutating func restartStream(_ peer: NodeIdentity, from start: UInt64) {
    links[peer]?.stream = nextStream
    links[peer]?.streamStart = start
    links[peer]?.sequence = 0
    nextStream += 1
  }

  /// Pushes what waits for a peer, as far as there is room.
  mutating func pump<Source: ReplicationSource & ~Copyable>(
    _ peer: NodeIdentity, _ source: inout Source, at time: ReplicationTime
  ) {
    // No copy of the link lives while its queue changes, which would be copied with it.
    while links[peer]?.canPush(at: time.moment) == true {
      links[peer]?.resumeAt = nil
      push(to: peer, &source, at: time)
    }
    links[peer]?.settleHeld(told: told)
  }

  /// Makes and sends one push.
  private mutating func push<Source: ReplicationSource & ~Copyable>(
    to peer: NodeIdentity, _ source: inout Source, at time: ReplicationTime
  ) {
    var bytes: [UInt8] = []
    var keys: [PushQueue.Waiting] = []
    var dead: [DeadRecord] = []
    var fetchedBytes = 0
    while bytes.count < KeyValueLimits.pushBytesWanted,
      keys.count + dead.count < KeyValueLimits.pushItemsMax, fetchedBytes == 0,
      let waiting = links[peer]?.queue.next()
    {
      // What is not held any more was purged or buried: there is nothing to tell.
      guard let item = source.pushItem(of: waiting.key) else { continue }
      if case .large(let value) = item { fetchedBytes += Int(value.size) }
      PushCodec.append(item, to: &bytes)
      keys.append(waiting)
    }
    while bytes.count < KeyValueLimits.pushBytesWanted,
      keys.count + dead.count < KeyValueLimits.pushItemsMax,
      let record = links[peer]?.queue.nextDead()
    {
      PushCodec.append(.gone(key: record.key, version: record.version), to: &bytes)
      dead.append(record)
    }
    guard !keys.isEmpty || !dead.isEmpty else { return }
    let (isCompressed, body) = codec.body(bytes)
    guard let push = links[peer]?.push(isCompressed, body, told: told) else { return }
    let patience = links[peer]?.patience(bytes: body.count + fetchedBytes) ?? .zero
    let token = send(.push(push), .push, to: peer, patience: patience)
    links[peer]?.flights[token] = PeerLink.Flight(
      stream: push.stream, keys: keys, dead: dead, bytes: body.count, sentAt: time.moment,
      hasLarge: fetchedBytes > 0)
  }

  /// A push was answered.
  mutating func acknowledged(
    _ token: UInt64, _ answer: PushAnswer, by peer: NodeIdentity, at time: ReplicationTime
  ) {
    guard case .taken(let refused) = answer else {
      notAcknowledged(token, by: peer, at: time)
      // It has forgotten this node: the next connection begins anew.
      if answer == .stranger { out.append(.disconnect(peer, reason: "the hello is unknown")) }
      return
    }
    guard let flight = links[peer]?.flights.removeValue(forKey: token) else { return }
    count(peer, \.pushes)
    count(peer, \.pushedKeys, UInt64(flight.keys.count))
    if !flight.hasLarge {
      links[peer]?.monitor.answered(
        bytes: flight.bytes, after: flight.sentAt.duration(to: time.moment), at: time.moment)
    }
    let again = refused.filter { $0.reason == .busy }.compactMap {
      Int($0.place) < flight.keys.count ? flight.keys[Int($0.place)] : nil
    }
    if again.isEmpty {
      let window = (links[peer]?.window ?? 0) + flight.bytes
      links[peer]?.window = min(window, KeyValueLimits.pushWindowBytesMax)
      links[peer]?.pause = KeyValueLimits.pushPauseFirst
    } else {
      count(peer, \.repeated)
      links[peer]?.queue.putBack(again)
      links[peer]?.slowDown(at: time.moment)
    }
    if refused.contains(where: { $0.reason != .busy }) {
      // Those keys come by a round, when the peer can take them.
      restartStream(peer, from: told)
      if refused.contains(where: { $0.reason == .clock }) { notice(.clockRefused(by: peer)) }
    } else if !again.isEmpty {
      restartStream(peer, from: links[peer]?.acknowledged(told: told) ?? told)
    }
    links[peer]?.settleHeld(told: told)
  }

  /// A push was not taken at all: it is made again later.
  mutating func notAcknowledged(_ token: UInt64, by peer: NodeIdentity, at time: ReplicationTime) {
    guard let flight = links[peer]?.flights.removeValue(forKey: token) else { return }
    count(peer, \.repeated)
    links[peer]?.queue.putBack(flight.keys)
    for record in flight.dead { links[peer]?.queue.add(dead: record) }
    links[peer]?.slowDown(at: time.moment)
    restartStream(peer, from: links[peer]?.acknowledged(told: told) ?? told)
  }

  /// Members other than this one that have acknowledged all writes of this node up to `ticks`
  /// (`KeyValueCore.lastTicks` after a client's last write), without a gap. What WAIT gives.
  public func acknowledgements(of ticks: UInt64) -> Int {
    links.values.count { $0.isLinked && $0.held >= ticks }
  }
}
