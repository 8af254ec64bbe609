/// One peer's memory of gossip: which messages it has seen, which wait for judgement, and to whom
/// an accepted one goes next. Bounded; holds no payload longer than until its judgement.
public struct GossipCache: Sendable {
  /// What to do with a message that arrived.
  public enum Arrival: Sendable, Hashable {
    /// Seen for the first time: hand it to the subscribers and wait for their judgement.
    case first
    /// Seen before; nothing to do.
    case repeated
  }

  /// What follows from a judgement.
  public enum Judgement: Sendable, Hashable {
    /// Pass the message on to all neighbours but those in `knownBy`, which have it (sorted).
    case forward(GossipMessage, knownBy: [PeerID])
    /// Drop the message; nobody is to blame, not even the sender named here.
    case drop(PeerID)
    /// Drop the message; its sender is to blame.
    case blame(PeerID)
    /// There is no such message, or it was judged before, or it had to give way.
    case unknown
  }

  private struct Pending {
    var message: GossipMessage
    var knownBy: [PeerID]
  }

  private var seen: Set<GossipID> = []
  private var seenOrder: BoundedOrder<GossipID>
  private var pending: [GossipID: Pending] = [:]
  private var pendingOrder: BoundedOrder<GossipID>

  /// - Parameters:
  ///   - seenMax: message names remembered.
  ///   - pendingMax: messages that wait for judgement.
  public init(
    seenMax: Int = NetworkingLimits.gossipSeenMax,
    pendingMax: Int = NetworkingLimits.gossipPendingMax
  ) {
    seenOrder = BoundedOrder(capacity: seenMax)
    pendingOrder = BoundedOrder(capacity: pendingMax)
  }

  /// Names remembered.
  public var seenCount: Int { seen.count }
  /// Messages that wait for judgement.
  public var pendingCount: Int { pending.count }

  /// Notes a message the local peer publishes; false if it was seen before.
  public mutating func publish(_ id: GossipID) -> Bool {
    remember(id)
  }

  /// Notes a message that came from a neighbour.
  public mutating func receive(_ message: GossipMessage) -> Arrival {
    guard remember(message.id) else {
      // A neighbour that sends what we still judge need not be sent it later.
      if pending[message.id]?.knownBy.contains(message.from) == false {
        pending[message.id]?.knownBy.append(message.from)
      }
      return .repeated
    }
    pending[message.id] = Pending(message: message, knownBy: [message.from])
    if let evicted = pendingOrder.append(message.id) { pending[evicted] = nil }
    return .first
  }

  /// Judges a message.
  public mutating func report(_ id: GossipID, _ acceptance: Acceptance) -> Judgement {
    guard let entry = pending.removeValue(forKey: id) else { return .unknown }
    switch acceptance {
    case .accept: return .forward(entry.message, knownBy: entry.knownBy.sorted())
    case .ignore: return .drop(entry.message.from)
    case .reject: return .blame(entry.message.from)
    }
  }

  /// Adds to the seen names; false if it was there.
  private mutating func remember(_ id: GossipID) -> Bool {
    guard seen.insert(id).inserted else { return false }
    if let evicted = seenOrder.append(id) { seen.remove(evicted) }
    return true
  }
}

/// A ring of the last `capacity` elements in order of arrival.
struct BoundedOrder<Element: Sendable>: Sendable {
  private let capacity: Int
  private var elements: [Element] = []
  private var oldest = 0

  init(capacity: Int) {
    precondition(capacity > 0, "a ring of capacity \(capacity) holds nothing")
    self.capacity = capacity
  }

  /// Adds an element; gives back the oldest one if it had to give way.
  mutating func append(_ element: Element) -> Element? {
    guard elements.count == capacity else {
      elements.append(element)
      return nil
    }
    defer {
      elements[oldest] = element
      oldest = oldest + 1 == capacity ? 0 : oldest + 1
    }
    return elements[oldest]
  }
}
