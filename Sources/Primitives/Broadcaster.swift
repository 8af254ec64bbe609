import Locking

/// Gives every element to every subscriber, in order, from any thread. A subscription ends when
/// whoever reads it lets it go.
package final class Broadcaster<Element: Sendable>: Sendable {
  /// What becomes of a subscriber that does not read.
  package enum Policy: Sendable {
    /// It loses the oldest elements.
    case loseOldest
    /// Its stream ends: it would otherwise miss some without knowing. It can subscribe again and
    /// look at where things stand.
    case end
  }

  private struct State {
    /// In the order they came.
    var streams: [(id: UInt64, continuation: AsyncStream<Element>.Continuation)] = []
    var nextID: UInt64 = 1
    var hasFinished = false
  }

  private let state = Lock(State())
  private let capacity: Int
  private let policy: Policy

  /// - Parameter capacity: elements that may wait for one subscriber.
  package init(capacity: Int, whenFull policy: Policy) {
    self.capacity = capacity
    self.policy = policy
  }

  deinit {
    // Nothing will come any more; whoever waits must not wait for ever.
    for stream in state.withLock({ $0.streams }) { stream.continuation.finish() }
  }

  /// Subscriptions that have not ended.
  package var count: Int { state.withLock { $0.streams.count } }

  /// A new subscription, which starts with nothing; over at once if all have been ended.
  package func subscribe() -> AsyncStream<Element> {
    let (stream, continuation) = AsyncStream.makeStream(
      of: Element.self,
      bufferingPolicy: policy == .end ? .bufferingOldest(capacity) : .bufferingNewest(capacity))
    let id: UInt64? = state.withLock { state in
      if state.hasFinished { return nil }
      defer { state.nextID += 1 }
      state.streams.append((state.nextID, continuation))
      return state.nextID
    }
    guard let id else {
      continuation.finish()
      return stream
    }
    continuation.onTermination = { [weak self] _ in
      self?.state.withLock { $0.streams.removeAll { $0.id == id } }
    }
    return stream
  }

  package func send(_ element: Element) {
    let lagging = state.withLock { state in
      var lagging: [AsyncStream<Element>.Continuation] = []
      for stream in state.streams {
        if case .dropped = stream.continuation.yield(element), policy == .end {
          lagging.append(stream.continuation)
        }
      }
      return lagging
    }
    // Ending a stream calls back to remove it, so the lock must be free.
    for continuation in lagging { continuation.finish() }
  }

  /// Ends every subscription, and those to come.
  package func finish() {
    let ended = state.withLock { state in
      state.hasFinished = true
      defer { state.streams = [] }
      return state.streams
    }
    for stream in ended { stream.continuation.finish() }
  }
}
