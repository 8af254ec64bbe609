import Primitives

/// Gossip messages that are held, with an account of whom they came from.
///
/// A message is charged to the neighbour that sent it: with its payload, or with an equal share of
/// all bytes if that is more. So the bytes bound the number as well, and many small messages of one
/// neighbour displace no more than few large ones.
struct GossipStock: Sendable {
  private struct Entry {
    var message: GossipMessage
    /// Place in the order of arrival.
    var number: UInt64
  }

  private var entries: [GossipID: Entry] = [:]
  private var budget: ByteBudget<PeerID>
  private var nextNumber: UInt64 = 0

  init(limits: ByteLimits = NetworkingLimits.gossipBytes) {
    budget = ByteBudget(limits)
  }

  /// Messages held.
  var count: Int { entries.count }
  /// Bytes charged for them.
  var bytes: Int { budget.total }

  func contains(_ id: GossipID) -> Bool { entries[id] != nil }

  /// Takes a message that is not here; gives those that had to give way, or nil if there is no
  /// room.
  mutating func insert(_ message: GossipMessage) -> [GossipMessage]? {
    precondition(!contains(message.id), "gossip message \(message.id) is here already")
    let cost = cost(of: message)
    var lost: [GossipMessage] = []
    while true {
      switch budget.admission(of: cost, for: message.from) {
      case .fits:
        budget.charge(cost, to: message.from)
        entries[message.id] = Entry(message: message, number: nextNumber)
        nextNumber += 1
        return lost
      case .makeRoom(let peer):
        lost.append(removeNewest(of: peer))
      case .refused:
        return nil
      }
    }
  }

  /// Takes a message out.
  mutating func remove(_ id: GossipID) -> GossipMessage? {
    guard let entry = entries.removeValue(forKey: id) else { return nil }
    budget.release(cost(of: entry.message), of: entry.message.from)
    return entry.message
  }

  private mutating func removeNewest(of peer: PeerID) -> GossipMessage {
    let newest = entries.filter { $0.value.message.from == peer }
      .max { $0.value.number < $1.value.number }
    guard let newest, let message = remove(newest.key) else {
      preconditionFailure("\(peer) has \(budget.held(by: peer)) bytes here, but no message")
    }
    return message
  }

  private func cost(of message: GossipMessage) -> Int {
    max(message.memoryBytes, budget.limits.total / NetworkingLimits.gossipMessagesMax)
  }
}
