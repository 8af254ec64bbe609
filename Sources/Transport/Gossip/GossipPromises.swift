import Networking
import Primitives
import Runtime

/// Messages that neighbours have announced and that are waited for. A value without a clock.
///
/// Of several that have announced a message, the one is asked that has broken fewest promises, and
/// of these one that this end chose: so that those who announce what they do not have are passed
/// over for those who send it, and newcomers cannot crowd these out.
package struct GossipPromises: Sendable {
  /// A message that a neighbour has promised by its announcement.
  private struct Promise: Sendable {
    var from: PeerID
    /// Whether it was asked for: what is likely pushed by somebody else is waited for a little.
    var isAsked: Bool
    var since: Moment
    var until: Moment
    /// Others that have announced it since, in the order in which they are asked.
    var others: [PeerID] = []
  }

  private var promises: [GossipID: Promise] = [:]
  /// Promises that are waited for, by neighbour.
  private var owed: [PeerID: Int] = [:]
  /// Promises that were not kept, by neighbour; each that is kept makes up for one.
  package private(set) var broken: [PeerID: Int] = [:]
  /// Neighbours that this end chose.
  private var chosen: Set<PeerID> = []

  package init() {}

  /// Promised messages that have not come.
  package var count: Int { promises.count }

  /// Promised messages that a neighbour is waited for.
  package func owed(by peer: PeerID) -> Int { owed[peer] ?? 0 }

  package mutating func joined(_ peer: PeerID, isOutbound: Bool) {
    if isOutbound { chosen.insert(peer) }
  }

  /// A neighbour is gone; gives what is asked of others now.
  package mutating func left(_ peer: PeerID, at now: Moment) -> [GossipSpread.Order] {
    broken[peer] = nil
    chosen.remove(peer)
    let ids = promises.keys.sorted()
    for id in ids { promises[id]?.others.removeAll { $0 == peer } }
    return ids.filter { promises[$0]?.from == peer }.compactMap { askNext($0, at: now) }
  }

  /// A neighbour has announced a message that did not come yet.
  /// - Parameter isPushed: whether it is likely pushed by somebody soon.
  package mutating func announced(
    _ id: GossipID, isPushed: Bool, by peer: PeerID, at now: Moment
  ) -> [GossipSpread.Order] {
    if let promise = promises[id] { return announcedToo(id, promise, by: peer, at: now) }
    guard promises.count < TransportLimits.promisesMax,
      owed(by: peer) < TransportLimits.promisesPerPeerMax
    else { return [] }
    guard isPushed else { return [ask(peer, for: id, others: [], at: now)] }
    let until = now.advanced(by: TransportLimits.pushWait)
    set(id, Promise(from: peer, isAsked: false, since: now, until: until))
    return []
  }

  private mutating func announcedToo(
    _ id: GossipID, _ promise: Promise, by peer: PeerID, at now: Moment
  ) -> [GossipSpread.Order] {
    guard promise.from != peer, !promise.others.contains(peer) else { return [] }
    func broke(_ peer: PeerID) -> Int { broken[peer] ?? 0 }
    if promise.isAsked, broke(peer) < broke(promise.from) {
      return [ask(peer, for: id, others: promise.others + [promise.from], at: now)]
    }
    func rank(_ peer: PeerID) -> (Int, Int) { (broke(peer), chosen.contains(peer) ? 0 : 1) }
    let place = promise.others.firstIndex { rank($0) > rank(peer) } ?? promise.others.count
    promises[id]?.others.insert(peer, at: place)
    trim(id)
    return []
  }

  private mutating func trim(_ id: GossipID) {
    let excess = (promises[id]?.others.count ?? 0) - TransportLimits.announcersMax
    if excess > 0 { promises[id]?.others.removeLast(excess) }
  }

  private mutating func ask(
    _ peer: PeerID, for id: GossipID, others: [PeerID], at now: Moment
  ) -> GossipSpread.Order {
    let until = now.advanced(by: TransportLimits.promiseWait)
    set(id, Promise(from: peer, isAsked: true, since: now, until: until, others: others))
    trim(id)
    return .want(peer, id)
  }

  private mutating func set(_ id: GossipID, _ promise: Promise?) {
    let earlier = promises[id]?.from
    promises[id] = promise
    if let earlier {
      let rest = owed(by: earlier) - 1
      owed[earlier] = rest > 0 ? rest : nil
    }
    if let promise { owed[promise.from, default: 0] += 1 }
  }

  /// The message has come; nil: it was made here.
  package mutating func arrived(_ id: GossipID, from peer: PeerID?) {
    guard let promise = promises[id] else { return }
    set(id, nil)
    if promise.from == peer, let count = broken[promise.from] {
      broken[promise.from] = count > 1 ? count - 1 : nil
    }
  }

  /// Looks at the clock: who has not kept a promise is passed over.
  /// - Parameter heard: when a byte came of a neighbour last. A large message takes time on a slow
  ///   line, so as long as bytes come of who kept its promises its time is not over, up to
  ///   `TransportLimits.promiseMax`.
  package mutating func tick(at now: Moment, heard: (PeerID) -> Moment?) -> [GossipSpread.Order] {
    var orders: [GossipSpread.Order] = []
    for id in promises.keys.sorted() {
      guard let promise = promises[id], promise.until <= now else { continue }
      guard promise.isAsked else {
        orders.append(ask(promise.from, for: id, others: promise.others, at: now))
        continue
      }
      let isComing =
        heard(promise.from).map { $0.duration(to: now) < TransportLimits.promiseWait } ?? false
      if isComing, broken[promise.from] == nil,
        promise.since.duration(to: now) < TransportLimits.promiseMax
      {
        promises[id]?.until = now.advanced(by: TransportLimits.promiseWait)
        continue
      }
      broken[promise.from, default: 0] += 1
      if let order = askNext(id, at: now) { orders.append(order) }
    }
    return orders
  }

  /// Asks the next neighbour that has announced the message; forgets it if there is none.
  private mutating func askNext(_ id: GossipID, at now: Moment) -> GossipSpread.Order? {
    guard let others = promises[id]?.others, let next = others.first else {
      set(id, nil)
      return nil
    }
    return ask(next, for: id, others: Array(others.dropFirst()), at: now)
  }
}
