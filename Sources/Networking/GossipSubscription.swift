import Locking
import Primitives
import Runtime

/// The messages of one topic that wait for their reader: an asynchronous sequence, bounded in bytes
/// and in number.
///
/// Whoever brings messages in offers them; one task reads. If there is no room, the newest message
/// of the peer that has most here gives way (`ByteBudget`), so no peer crowds out the others. The
/// sequence ends after `finish()` once the rest is read, or at once when the reading task is
/// cancelled.
public final class GossipSubscription: Sendable, AsyncSequence {
  public typealias Element = GossipMessage
  public typealias Failure = Never

  /// What became of a message that was offered.
  public enum Offer: Sendable, Hashable {
    /// It waits for the reader; those named had to give way.
    case taken(lost: [GossipID])
    /// There was no room, or the subscription has ended.
    case refused
  }

  private struct State {
    var waiting = GossipStock()
    /// Names of the waiting messages in order of arrival; some may have been withdrawn.
    var order: [GossipID] = []
    var isFinished = false
    /// Told of a loss, and whether it was since the subscription was empty last.
    var whenFull: (@Sendable () -> Void)?
    var isLossTold = false
  }

  private let state: Lock<State>
  /// Tells the reader that there is something to read.
  private let signal = Mailbox<Void>(capacity: 1)

  /// - Parameter limits: bytes that may wait in all and from one peer.
  public init(limits: ByteLimits = NetworkingLimits.gossipBytes) {
    state = Lock(State(waiting: GossipStock(limits: limits)))
  }

  /// Messages that wait.
  public var count: Int { state.withLock { $0.waiting.count } }
  /// Bytes charged for them.
  public var bytes: Int { state.withLock { $0.waiting.bytes } }

  /// Puts a message at the end.
  public func offer(_ message: GossipMessage) -> Offer {
    let offer: Offer = state.withLock { state in
      if state.waiting.contains(message.id) { return .taken(lost: []) }
      guard !state.isFinished, let lost = state.waiting.insert(message) else { return .refused }
      state.order.append(message.id)
      return .taken(lost: lost.map(\.id))
    }
    // A signal that waits already says as much.
    if offer != .refused { signal.offer(()) }
    if offer != .taken(lost: []) { noteLoss() }
    return offer
  }

  /// Calls `action` when messages are lost for want of room: once until all that waits is read.
  public func whenFull(_ action: @escaping @Sendable () -> Void) {
    state.withLock { $0.whenFull = action }
  }

  /// A message for this subscription was lost before it was offered.
  public func noteLoss() {
    let action: (@Sendable () -> Void)? = state.withLock { state in
      defer { state.isLossTold = true }
      return state.isLossTold || state.isFinished ? nil : state.whenFull
    }
    action?()
  }

  /// Takes a message back that nobody has read; false if it is not here.
  @discardableResult
  public func withdraw(_ id: GossipID) -> Bool {
    state.withLock { $0.waiting.remove(id) != nil }
  }

  /// Takes no more messages; the reader gets what is left and then the end.
  public func finish() {
    state.withLock { $0.isFinished = true }
    signal.finish()
  }

  /// The next message; nil when finished and empty, or when the task is cancelled.
  public func next(isolation: isolated (any Actor)? = #isolation) async -> GossipMessage? {
    while true {
      if Task.isCancelled { return nil }
      if let message = takeFirst() { return message }
      guard await signal.next() != nil else { return Task.isCancelled ? nil : takeFirst() }
    }
  }

  private func takeFirst() -> GossipMessage? {
    state.withLock { state in
      for (index, id) in state.order.enumerated() {
        guard let message = state.waiting.remove(id) else { continue }
        state.order.removeFirst(index + 1)
        return message
      }
      state.order = []
      state.isLossTold = false
      return nil
    }
  }

  /// Reads a subscription, and keeps it alive meanwhile.
  public struct Iterator: AsyncIteratorProtocol {
    let subscription: GossipSubscription

    public func next(isolation actor: isolated (any Actor)?) async -> GossipMessage? {
      await subscription.next(isolation: actor)
    }

    public func next() async -> GossipMessage? {
      await subscription.next()
    }
  }

  public func makeAsyncIterator() -> Iterator {
    Iterator(subscription: self)
  }
}

/// A subscription that lasts as long as somebody else holds it.
package struct HeldSubscription {
  package private(set) weak var subscription: GossipSubscription?

  package init(_ subscription: GossipSubscription) { self.subscription = subscription }
}
