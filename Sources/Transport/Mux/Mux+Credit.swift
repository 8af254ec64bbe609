import Networking

extension Mux {
  /// Queues a credit frame if the other end does not know of all credit that it has.
  mutating func announceCredit(_ id: StreamID) {
    guard let stream = streams[id], stream.phase == .active, !stream.isCreditQueued,
      stream.inbound.granted > stream.inbound.announced
    else { return }
    streams[id]?.isCreditQueued = true
    control.append(.credit(id))
  }

  /// A message has begun that its stream's credit is too little for.
  mutating func wait(_ id: StreamID) {
    guard let stream = streams[id], !stream.isWaiting else { return }
    streams[id]?.isWaiting = true
    waiting[Int(stream.info.traffic.rawValue)].append(id)
    grantWaiting()
  }

  mutating func stopWaiting(_ id: StreamID) {
    guard let stream = streams[id] else { return }
    streams[id]?.isWaiting = false
    waiting[Int(stream.info.traffic.rawValue)].removeAll { $0 == id }
  }

  /// Gives messages that wait all the credit that they need, as far as the pool has room. Whoever
  /// is next is not passed by others, so a large message is not overtaken for ever.
  ///
  /// Only whole messages get room: so each that has begun can end, whatever the others do, and
  /// gives its room back when it is taken.
  mutating func grantWaiting() {
    while let traffic = grantScheduler.next(ready: { !waiting[Int($0.rawValue)].isEmpty }),
      let id = waiting[Int(traffic.rawValue)].first
    {
      guard let missing = streams[id]?.inbound.missingPool else { return }
      guard missing == 0 || inboundPoolUsed + missing <= inboundPoolBytes else { return }
      stopWaiting(id)
      updatingPool(of: id) { $0.inbound.granted = max($0.inbound.granted, $0.inbound.needed) }
      grantScheduler.charge(missing, to: traffic)
      announceCredit(id)
    }
  }
}
