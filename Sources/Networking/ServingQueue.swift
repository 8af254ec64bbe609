import Primitives

/// A request that waits to be answered.
public struct WaitingRequest<Ticket: Sendable>: Sendable {
  public let from: PeerID
  public let type: RequestType
  public let payload: [UInt8]
  /// What the network needs to answer it.
  public let ticket: Ticket

  public init(from: PeerID, type: RequestType, payload: [UInt8], ticket: Ticket) {
    self.from = from
    self.type = type
    self.payload = payload
    self.ticket = ticket
  }

  /// What it is charged with.
  public var bytes: Int { MemoryLayout<Self>.stride + payload.storageBytes }
}

/// Requests that wait to be answered, and how many of whom are being answered: peers take turns,
/// so one that asks much makes others wait for one answer, not for all of its own. A value.
public struct ServingQueue<Ticket: Sendable>: Sendable {
  private var waiting: [PeerID: [WaitingRequest<Ticket>]] = [:]
  /// Peers with waiting requests, in turn.
  private var turns: [PeerID] = []
  private var budget: ByteBudget<PeerID>
  private var serving: [PeerID: Int] = [:]
  private(set) public var servingCount = 0
  private(set) public var waitingCount = 0

  public init(limits: ByteLimits = NetworkingLimits.servedWaitingBytes) {
    budget = ByteBudget(limits)
  }

  /// A request has come. Gives those to refuse, since too much waits.
  public mutating func arrive(
    _ request: WaitingRequest<Ticket>
  ) -> [WaitingRequest<Ticket>] {
    var refused: [WaitingRequest<Ticket>] = []
    if waitingCount >= NetworkingLimits.servedWaitingMax {
      // Who has most waiting gives way to who has fewer, so that many small ones of one peer do not
      // keep the others out.
      let most = waiting.max { ($0.value.count, $0.key) < ($1.value.count, $1.key) }
      guard let most, most.value.count > (waiting[request.from]?.count ?? 0) + 1 else {
        return [request]
      }
      refused.append(dropNewest(of: most.key))
    }
    while case .makeRoom(let largest) = budget.admission(of: request.bytes, for: request.from) {
      refused.append(dropNewest(of: largest))
    }
    guard budget.admission(of: request.bytes, for: request.from) == .fits else {
      return refused + [request]
    }
    budget.charge(request.bytes, to: request.from)
    waitingCount += 1
    if waiting[request.from]?.isEmpty ?? true { turns.append(request.from) }
    waiting[request.from, default: []].append(request)
    return refused
  }

  /// The next request to answer, if one more may be answered now.
  /// - Parameter canTake: whether a peer can be sent an answer.
  public mutating func next(where canTake: (PeerID) -> Bool) -> WaitingRequest<Ticket>? {
    guard servingCount < NetworkingLimits.servedConcurrentlyMax else { return nil }
    let most = NetworkingLimits.servedPerPeerMax
    let index = turns.firstIndex { (serving[$0] ?? 0) < most && canTake($0) }
    guard let index else { return nil }
    let peer = turns.remove(at: index)
    guard let request = waiting[peer]?.removeFirst() else { return nil }
    left(request)
    if waiting[peer] != nil { turns.append(peer) }
    servingCount += 1
    serving[peer, default: 0] += 1
    return request
  }

  /// An answer was made.
  public mutating func finished(_ peer: PeerID) {
    servingCount -= 1
    let rest = (serving[peer] ?? 1) - 1
    serving[peer] = rest > 0 ? rest : nil
  }

  /// Takes out the requests of a peer that nobody waits for any longer.
  public mutating func withdraw(of peer: PeerID, where isGone: (Ticket) -> Bool) {
    for request in waiting[peer] ?? [] where isGone(request.ticket) {
      waiting[peer]?.removeAll { isGone($0.ticket) }
      left(request)
    }
  }

  private mutating func dropNewest(of peer: PeerID) -> WaitingRequest<Ticket> {
    guard let newest = waiting[peer]?.popLast() else {
      preconditionFailure("\(peer) has a share here, but no request waits")
    }
    left(newest)
    return newest
  }

  /// A request has left the queue.
  private mutating func left(_ request: WaitingRequest<Ticket>) {
    budget.release(request.bytes, of: request.from)
    waitingCount -= 1
    guard waiting[request.from]?.isEmpty ?? false else { return }
    waiting[request.from] = nil
    turns.removeAll { $0 == request.from }
  }
}
