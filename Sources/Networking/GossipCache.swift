import Primitives

/// One peer's memory of gossip: which messages it has seen, which wait for judgement, and to whom
/// an accepted one goes next. Bounded in number and in bytes; holds no payload longer than until
/// its judgement.
public struct GossipCache: Sendable {
  /// What to do with a message that arrived.
  public enum Arrival: Sendable, Hashable {
    /// Seen for the first time: hand it to the subscribers and wait for their judgement. Those that
    /// had to give way for it are to be taken back from the subscribers.
    case first(givingWay: [GossipID] = [])
    /// Seen before; nothing to do.
    case repeated
    /// There is no room: nothing is remembered of it, so another neighbour may bring it later.
    case refused
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

  private var seen: Set<GossipID> = []
  private var seenOrder: BoundedOrder<GossipID>
  private var pending: GossipStock
  /// Neighbours that are known to have a message that waits for judgement.
  private var knownBy: [GossipID: [PeerID]] = [:]

  /// - Parameters:
  ///   - seenMax: message names remembered.
  ///   - pendingLimits: bytes that wait for judgement, in all and from one neighbour.
  public init(
    seenMax: Int = NetworkingLimits.gossipSeenMax,
    pendingLimits: ByteLimits = NetworkingLimits.gossipBytes
  ) {
    seenOrder = BoundedOrder(capacity: seenMax)
    pending = GossipStock(limits: pendingLimits)
  }

  /// Names remembered.
  public var seenCount: Int { seen.count }
  /// Messages that wait for judgement.
  public var pendingCount: Int { pending.count }
  /// Bytes charged for them.
  public var pendingBytes: Int { pending.bytes }

  /// Whether a message was published here or came before, as far as that is remembered.
  public func hasSeen(_ id: GossipID) -> Bool { seen.contains(id) || pending.contains(id) }

  /// Notes a message the local peer publishes; false if it was seen before.
  public mutating func publish(_ id: GossipID) -> Bool {
    remember(id)
  }

  /// Notes a message that came from a neighbour.
  public mutating func receive(_ message: GossipMessage) -> Arrival {
    // Its name may be forgotten while it still waits.
    guard !seen.contains(message.id), !pending.contains(message.id) else {
      // A neighbour that sends what we still judge need not be sent it later.
      if let known = knownBy[message.id], !known.contains(message.from),
        known.count < NetworkingLimits.gossipKnownByMax
      {
        knownBy[message.id]?.append(message.from)
      }
      return .repeated
    }
    guard let lost = pending.insert(message) else { return .refused }
    _ = remember(message.id)
    knownBy[message.id] = [message.from]
    for message in lost { forget(message.id) }
    return .first(givingWay: lost.map(\.id))
  }

  /// A message waits for judgement in vain, since no subscriber had room for it; another neighbour
  /// may bring it again.
  public mutating func giveUp(_ id: GossipID) {
    if pending.remove(id) != nil { forget(id) }
  }

  /// Judges a message.
  public mutating func report(_ id: GossipID, _ acceptance: Acceptance) -> Judgement {
    guard let message = pending.remove(id) else { return .unknown }
    let known = knownBy.removeValue(forKey: id) ?? []
    switch acceptance {
    case .accept: return .forward(message, knownBy: known.sorted())
    case .ignore: return .drop(message.from)
    case .reject: return .blame(message.from)
    }
  }

  private mutating func forget(_ id: GossipID) {
    knownBy[id] = nil
    seen.remove(id)
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
