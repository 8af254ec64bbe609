import Locking

/// Gives every event to every subscriber in order.
///
/// - Important: A subscriber that lags more than `capacity` events behind has its stream ended: it
///   would otherwise miss some without knowing. It can subscribe again and look at the head.
final class EventHub<Element: Sendable>: Sendable {
  private struct Subscribers {
    var next: UInt64 = 0
    /// In the order they came.
    var list: [(id: UInt64, continuation: AsyncStream<Element>.Continuation)] = []
  }

  private let subscribers = Lock(Subscribers())
  private let capacity: Int

  init(capacity: Int) { self.capacity = capacity }

  deinit {
    // Nothing will come any more; whoever waits must not wait for ever.
    for subscriber in subscribers.withLock({ $0.list }) { subscriber.continuation.finish() }
  }

  /// A new subscription, which starts with nothing.
  func subscribe() -> AsyncStream<Element> {
    let (stream, continuation) = AsyncStream.makeStream(
      of: Element.self, bufferingPolicy: .bufferingOldest(capacity))
    let id = subscribers.withLock { subscribers in
      subscribers.next += 1
      subscribers.list.append((subscribers.next, continuation))
      return subscribers.next
    }
    continuation.onTermination = { [weak self] _ in
      self?.subscribers.withLock { $0.list.removeAll { $0.id == id } }
    }
    return stream
  }

  func emit(_ element: Element) {
    let lagging = subscribers.withLock { subscribers in
      var lagging: [AsyncStream<Element>.Continuation] = []
      for subscriber in subscribers.list {
        if case .dropped = subscriber.continuation.yield(element) {
          lagging.append(subscriber.continuation)
        }
      }
      return lagging
    }
    // Ending a stream calls back to remove it, so the lock must be free.
    for continuation in lagging { continuation.finish() }
  }
}
