import Networking
import Primitives
import Runtime

/// Rounds: do both hold the same? If not, a session finds out what differs.
extension ReplicationCore {
  /// The next round with a peer begins here, at once.
  mutating func wantRound(_ peer: NodeIdentity, at time: ReplicationTime) {
    links[peer]?.wantsRound = true
    links[peer]?.nextRound = time.moment
  }

  /// Begins a round if it is time: the member with the smaller key does so, and whoever wants one.
  mutating func beginRoundIfDue<Source: ReplicationSource & ~Copyable>(
    _ peer: NodeIdentity, _ source: inout Source, at time: ReplicationTime
  ) {
    guard let link = links[peer], link.isLinked, link.round == nil, !link.isInSession,
      link.nextRound <= time.moment
    else { return }
    guard link.wantsRound || link.isConfirming || settings.identity < peer else {
      links[peer]?.nextRound = time.moment.advanced(by: settings.roundInterval)
      return
    }
    let isForced = link.putOff >= KeyValueLimits.roundsPutOffMax
    guard link.isQuiet || isForced || link.isConfirming else {
      return putOff(peer, at: time)
    }
    var said = RoundState(root: source.root(), clock: told, floor: floor)
    if link.nextGossip <= time.moment {
      said.gossip = gossip
      links[peer]?.nextGossip = time.moment.advanced(by: settings.gossipInterval)
    }
    let request = RoundRequest(
      state: said, synced: link.synced, isForced: isForced || link.isConfirming)
    let token = send(
      .round(request), .round, to: peer,
      patience: link.monitor.patience(bytes: KeyValueLimits.gossipBytesMax))
    links[peer]?.wantsRound = false
    links[peer]?.round = (token, said)
  }

  /// Pushes are under way, so the roots would differ: soon again.
  private mutating func putOff(_ peer: NodeIdentity, at time: ReplicationTime) {
    count(peer, \.roundsPutOff)
    links[peer]?.putOff += 1
    links[peer]?.nextRound = time.moment.advanced(by: settings.roundInterval / 4)
  }

  /// A peer begins a round.
  mutating func asked<Source: ReplicationSource & ~Copyable>(
    _ request: RoundRequest, by peer: NodeIdentity, _ token: UInt64, _ source: inout Source,
    at time: ReplicationTime
  ) {
    guard let link = links[peer], link.isProven else {
      out.append(.answer(.round(.stranger), token: token))
      return
    }
    if let synced = request.synced { synchronized(peer, through: synced) }
    let state = request.state
    heard(state, from: peer, at: time)
    guard link.isQuiet || request.isForced else {
      out.append(.answer(.round(.later), token: token))
      return
    }
    var answer = RoundState(root: source.root(), clock: told, floor: floor)
    if state.gossip != nil {
      answer.gossip = gossip
      links[peer]?.nextGossip = time.moment.advanced(by: settings.gossipInterval)
    }
    out.append(.answer(.round(.state(answer)), token: token))
    count(peer, \.rounds)
    if state.root == answer.root {
      equal(peer, ownClock: told, state)
    } else {
      differ(peer, state)
    }
    links[peer]?.nextRound = time.moment.advanced(by: settings.roundInterval)
  }

  /// The answer to a round came.
  mutating func compared<Source: ReplicationSource & ~Copyable>(
    _ answer: RoundAnswer, with peer: NodeIdentity, _ source: inout Source,
    at time: ReplicationTime
  ) {
    guard let link = links[peer], let said = link.round?.said else { return }
    links[peer]?.round = nil
    switch answer {
    case .stranger: out.append(.disconnect(peer, reason: "the hello is unknown"))
    case .later: putOff(peer, at: time)
    case .state(let state):
      heard(state, from: peer, at: time)
      count(peer, \.rounds)
      links[peer]?.putOff = 0
      links[peer]?.synced = nil
      links[peer]?.isConfirming = false
      links[peer]?.nextRound = time.moment.advanced(by: settings.roundInterval)
      guard state.root != said.root else { return equal(peer, ownClock: said.clock, state) }
      differ(peer, state)
      guard !link.isConfirming else { return }
      guard links.values.count(where: { $0.isInSession }) < KeyValueLimits.sessionsMax else {
        links[peer]?.wantsRound = true
        links[peer]?.nextRound = time.moment.advanced(by: settings.roundInterval / 4)
        return
      }
      links[peer]?.isInSession = true
      links[peer]?.sessionClock = state.clock
      out.append(.startSession(with: peer))
    }
  }

  private mutating func heard(
    _ state: RoundState, from peer: NodeIdentity, at time: ReplicationTime
  ) {
    saw(clock: state.clock, of: peer, at: time)
    links[peer]?.floor = state.floor
    if let gossip = state.gossip { absorb(gossip, from: peer, at: time) }
  }

  /// Both held the same: this node when its clock showed `ownClock`, the peer as it says.
  private mutating func equal(_ peer: NodeIdentity, ownClock: UInt64, _ state: RoundState) {
    count(peer, \.equalRounds)
    links[peer]?.isEqual = true
    links[peer]?.fruitless = 0
    links[peer]?.sessionFloor = nil
    links[peer]?.raiseHeld(to: ownClock)
    tookAll(of: peer, through: state.clock)
    adopt(state.floor)
  }

  private mutating func differ(_ peer: NodeIdentity, _ state: RoundState) {
    links[peer]?.isEqual = false
    let floor = links[peer]?.sessionFloor ?? .max
    links[peer]?.sessionFloor = min(floor, state.floor)
  }

  /// This node has all that a peer held when its clock showed these ticks, so also all that the
  /// peer had of others then. A row that it told later, as another member may have passed it on
  /// meanwhile, speaks of more than was compared.
  private mutating func tookAll(of peer: NodeIdentity, through ticks: UInt64) {
    raiseHave(of: peer, to: ticks)
    if let row = rows.rows[peer], row.stamp < ticks {
      for (member, ticks) in row.have { raiseHave(of: member, to: ticks) }
    }
    settleHave(of: peer)
  }

  /// Takes a floor up to which a peer has everything, now that all that the peer had is here.
  private mutating func adopt(_ ticks: UInt64) {
    guard ticks > floor, ticks < told else { return }
    floor = ticks
    out.append(.raiseFloor(ticks))
    notice(.floorRaised(ticks))
  }

  /// A session ended that the peer began: this node has what the peer held at these ticks.
  private mutating func synchronized(_ peer: NodeIdentity, through ticks: UInt64) {
    tookAll(of: peer, through: ticks)
    // The floor that the peer told before the session: what it holds up to that was compared.
    if let floor = links[peer]?.sessionFloor { adopt(floor) }
    links[peer]?.sessionFloor = nil
  }

  /// A session that `startSession` asked for is over.
  public mutating func sessionEnded<Source: ReplicationSource & ~Copyable>(
    with peer: NodeIdentity, _ outcome: SessionOutcome, _ source: inout Source,
    at time: ReplicationTime
  ) -> [ReplicationAction] {
    begin(&source, at: time)
    guard links[peer]?.isInSession == true else { return end(&source, at: time) }
    links[peer]?.isInSession = false
    count(peer, \.sessions)
    count(peer, \.keysCompared, outcome.keysCompared)
    count(peer, \.keysReceived, outcome.keysReceived)
    count(peer, \.keysSent, outcome.keysSent)
    if outcome.isComplete {
      tookAll(of: peer, through: outcome.peerClock ?? links[peer]?.sessionClock ?? 0)
      if let floor = links[peer]?.sessionFloor { adopt(floor) }
      links[peer]?.sessionFloor = nil
      links[peer]?.raiseHeld(to: outcome.ownClock)
      links[peer]?.settleHeld(told: told)
      links[peer]?.synced = outcome.ownClock
      links[peer]?.isConfirming = true
      links[peer]?.nextRound = time.moment
      if outcome.keysReceived + outcome.keysSent == 0 {
        links[peer]?.fruitless += 1
        if links[peer]?.fruitless == KeyValueLimits.fruitlessSessionsMax {
          notice(.fruitless(peer))
        }
      } else {
        links[peer]?.fruitless = 0
      }
      beginRoundIfDue(peer, &source, at: time)
    } else {
      count(peer, \.failedSessions)
      notice(.sessionFailed(peer, outcome.failure ?? "not all was exchanged"))
      links[peer]?.nextRound = time.moment.advanced(by: settings.roundInterval)
    }
    return end(&source, at: time)
  }
}
