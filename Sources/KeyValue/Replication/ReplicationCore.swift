import Networking
import Primitives
import Runtime

/// The replication of one node: who its peers are, what is pushed to them, when all is compared,
/// and which deletions nobody needs any more. A value: requests, answers, writes and times in,
/// actions out. It has no sockets, no clocks and no table; what it reads of the store it reads
/// through a `ReplicationSource` that it is lent.
///
/// All calls come between batches of the store, after `wrote` was told of the last one. The actions
/// of a call are done in order; what they lead to is told by later calls.
public struct ReplicationCore {
  public let settings: ReplicationSettings
  /// Members and pinned keys: to be stored at each `storeMembers`.
  public package(set) var book: MemberBook
  /// With all peers since the node began.
  public internal(set) var statistics = ReplicationStatistics()

  /// What each member holds, as it told; that of this node is in `have`.
  var rows = RowTable()
  /// Up to which ticks this node has all writes of each other member.
  var have: [NodeIdentity: UInt64] = [:]
  var links: [NodeIdentity: PeerLink] = [:]
  /// The keys of `links`, in order.
  var peers: [NodeIdentity] = []
  let codec = PushCodec()

  /// The ticks of the store's clock at the last call: all writes up to them were told.
  var told: UInt64 = 0
  /// The time of this call, and what the store said at it.
  var now = Moment.start
  var floor: UInt64 = 0
  var refusesWrites = false
  /// The actions of this call.
  var out: [ReplicationAction] = []

  var asked: [UInt64: Asked] = [:]
  var nextToken: UInt64 = 1
  var nextStream: UInt64
  /// Pushes that came and are not answered, by numbers of their own; what `apply` was given out
  /// for; and values that are fetched.
  var arrivals: [UInt64: Arrival] = [:]
  var applying: [UInt64: Applying] = [:]
  var fetches: [UInt64: Fetch] = [:]

  var dials: [String: Dial] = [:]
  /// Addresses at which this node itself answered.
  var ownAddresses: Set<String>
  /// When a member last told anything, by this node's clock.
  var heard: [NodeIdentity: UInt64] = [:]
  var aged: Set<NodeIdentity> = []
  var purged: UInt64 = 0
  var nextFloor = Moment.start
  /// Whether a peer that the operator named was never met.
  var isWaiting = true
  /// Whether an operator removed this node: it talks to nobody any more.
  public internal(set) var isRemoved = false

  /// A request that is not answered.
  struct Asked {
    enum Matter {
      case hello
      case push
      case round
      case slice(fetch: UInt64)
    }

    let peer: NodeIdentity
    let matter: Matter
    let sentAt: Moment
    let patience: Duration
  }

  /// When an address is dialled next.
  struct Dial {
    var at: Moment
    var pause = KeyValueLimits.dialPauseFirst
  }

  /// - Parameter book: what the data directory has of the cluster; empty for a new node.
  public init(_ settings: ReplicationSettings, book: MemberBook = MemberBook()) {
    self.settings = settings
    self.book = book
    ownAddresses = Set(settings.addresses)
    // Larger than those of an earlier run.
    nextStream = max(1, min(settings.startedAt, 1 << 43 - 1) << 20)
  }

  // MARK: Calls

  /// Reads what all calls need.
  mutating func begin<Source: ReplicationSource & ~Copyable>(
    _ source: inout Source, at time: ReplicationTime
  ) {
    now = time.moment
    told = source.clock(at: time.milliseconds)
    floor = source.floor
    refusesWrites = source.refusesWrites
    promiseClock()
  }

  /// Pushes what there is room for, and gives the actions of the call.
  mutating func end<Source: ReplicationSource & ~Copyable>(
    _ source: inout Source, at time: ReplicationTime
  ) -> [ReplicationAction] {
    for peer in peers { pump(peer, &source, at: time) }
    defer { out = [] }
    return out
  }

  mutating func send(
    _ request: ReplicationRequest, _ matter: Asked.Matter, to peer: NodeIdentity,
    patience: Duration
  ) -> UInt64 {
    let token = nextToken
    nextToken += 1
    asked[token] = Asked(peer: peer, matter: matter, sentAt: now, patience: patience)
    out.append(.send(request, to: peer, token: token, patience: patience))
    return token
  }

  mutating func notice(_ notice: ReplicationNotice) { out.append(.notice(notice)) }

  mutating func count(
    _ peer: NodeIdentity, _ path: WritableKeyPath<ReplicationStatistics, UInt64>,
    _ number: UInt64 = 1
  ) {
    statistics[keyPath: path] += number
    links[peer]?.statistics[keyPath: path] += number
  }

  // MARK: Begin, time and operators

  /// The node begins: enters itself into the table of members, pins the keys that the operator
  /// named, and dials.
  public mutating func start<Source: ReplicationSource & ~Copyable>(
    _ source: inout Source, at time: ReplicationTime
  ) -> [ReplicationAction] {
    let promised = book.clock
    begin(&source, at: time)
    if promised > told {
      told = promised
      out.append(.raiseClock(promised))
    }
    isRemoved = book.table.isRemoved(settings.identity)
    let own = Member(
      identity: settings.identity, name: settings.name, addresses: settings.addresses,
      stamp: told)
    var isChanged = book.table.add(own)
    for peer in settings.peers {
      guard let key = peer.key, book.pins[peer.address] != key else { continue }
      pin(key, at: peer.address)
      isChanged = true
    }
    if isChanged { out.append(.storeMembers) }
    if isRemoved { notice(.memberRemoved(settings.identity)) }
    settleWaiting(at: time)
    dial(at: time)
    return end(&source, at: time)
  }

  /// Time has passed: at `nextTick` at the latest, or each 100 ms.
  public mutating func tick<Source: ReplicationSource & ~Copyable>(
    _ source: inout Source, at time: ReplicationTime
  ) -> [ReplicationAction] {
    begin(&source, at: time)
    settleWaiting(at: time)
    dial(at: time)
    for peer in peers { beginRoundIfDue(peer, &source, at: time) }
    if time.moment >= nextFloor {
      nextFloor = time.moment.advanced(by: settings.roundInterval)
      settleFloor(at: time)
    }
    return end(&source, at: time)
  }

  /// When something is due; `tick` at other times does no harm.
  public var nextTick: Moment {
    var next = nextFloor
    for (_, link) in links {
      if link.isLinked, link.round == nil, !link.isInSession { next = min(next, link.nextRound) }
      if let resume = link.resumeAt, !link.queue.isEmpty { next = min(next, resume) }
    }
    for (_, dial) in dials { next = min(next, dial.at) }
    return next
  }

  /// SYNC.NOW: begins a round with each linked peer, whoever has the smaller key.
  public mutating func syncNow<Source: ReplicationSource & ~Copyable>(
    _ source: inout Source, at time: ReplicationTime
  ) -> [ReplicationAction] {
    begin(&source, at: time)
    for peer in peers { wantRound(peer, at: time) }
    for peer in peers { beginRoundIfDue(peer, &source, at: time) }
    return end(&source, at: time)
  }

  /// SYNC.FORGET: removes a member from the cluster for good; at its addresses any key is taken.
  /// False if it is not known, is removed already, or is this node.
  public mutating func forget<Source: ReplicationSource & ~Copyable>(
    _ identity: NodeIdentity, _ source: inout Source, at time: ReplicationTime
  ) -> (done: Bool, actions: [ReplicationAction]) {
    begin(&source, at: time)
    let isKnown = book.table[identity] != nil || book.pins.values.contains(identity)
    guard isKnown, identity != settings.identity,
      book.table.remove(identity, stamp: told)
    else { return (false, end(&source, at: time)) }
    removed(identity, at: time)
    out.append(.storeMembers)
    for peer in peers {
      links[peer]?.nextGossip = .start
      wantRound(peer, at: time)
      beginRoundIfDue(peer, &source, at: time)
    }
    return (true, end(&source, at: time))
  }

  /// So many bytes went to a peer and came from it.
  public mutating func counted(sent: Int, received: Int, with peer: NodeIdentity) {
    count(peer, \.sentBytes, UInt64(max(0, sent)))
    count(peer, \.receivedBytes, UInt64(max(0, received)))
  }

  // MARK: Messages

  /// A request came. It is answered by an action with this token, at once or later.
  /// - Parameter token: the owner's own, different for each request.
  public mutating func received<Source: ReplicationSource & ~Copyable>(
    _ request: ReplicationRequest, from peer: NodeIdentity, token: UInt64,
    _ source: inout Source, at time: ReplicationTime
  ) -> [ReplicationAction] {
    begin(&source, at: time)
    switch request {
    case .hello(let hello): greeted(hello, by: peer, token, at: time)
    case .push(let push): pushed(push, by: peer, token, &source, at: time)
    case .round(let round): asked(round, by: peer, token, &source, at: time)
    case .value(let wish):
      var bytes: [UInt8]?
      if links[peer]?.isProven == true {
        bytes = source.slice(
          of: wish.key, wish.version, from: wish.offset, count: Int(wish.count))
      }
      out.append(.answer(.value(ValueSlice(bytes: bytes)), token: token))
    }
    return end(&source, at: time)
  }

  /// The answer to the request of this token came.
  public mutating func answered<Source: ReplicationSource & ~Copyable>(
    _ token: UInt64, _ answer: ReplicationAnswer, _ source: inout Source, at time: ReplicationTime
  ) -> [ReplicationAction] {
    begin(&source, at: time)
    if let asked = asked.removeValue(forKey: token) {
      switch (asked.matter, answer) {
      case (.hello, .hello(let answer)): welcomed(answer, by: asked.peer, at: time)
      case (.push, .push(let answer)): acknowledged(token, answer, by: asked.peer, at: time)
      case (.round, .round(let answer)): compared(answer, with: asked.peer, &source, at: time)
      case (.slice(let fetch), .value(let slice)):
        fetched(slice, of: fetch, from: asked.peer, sentAt: asked.sentAt, at: time)
      default: misbehaved(asked.peer, "the answer is that of another request")
      }
    }
    return end(&source, at: time)
  }

  /// The request of this token brought no answer.
  public mutating func failed<Source: ReplicationSource & ~Copyable>(
    _ token: UInt64, _ error: RequestError, _ source: inout Source, at time: ReplicationTime
  ) -> [ReplicationAction] {
    begin(&source, at: time)
    if let asked = asked.removeValue(forKey: token) {
      let peer = asked.peer
      if error.isMisbehaviour { misbehaved(peer, "\(error)") }
      if error == .timeout {
        links[peer]?.monitor.timedOut(
          after: asked.sentAt.duration(to: now), patience: asked.patience)
      }
      switch asked.matter {
      case .hello: out.append(.disconnect(peer, reason: "no answer to the hello: \(error)"))
      case .push: notAcknowledged(token, by: peer, at: time)
      case .round:
        links[peer]?.round = nil
        links[peer]?.nextRound = time.moment.advanced(by: settings.roundInterval)
      case .slice(let fetch): notFetched(fetch, at: time)
      }
    }
    return end(&source, at: time)
  }

  mutating func misbehaved(_ peer: NodeIdentity, _ what: String) {
    notice(.malformed(peer, what))
    out.append(.disconnect(peer, reason: what))
  }
}
