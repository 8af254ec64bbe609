import LiveSync
import Locking

/// Gives every event to every subscriber. One that does not read loses the oldest of
/// `NodeLimits.subscriberEventsMax` events; one that is gone is forgotten.
package final class EventSubscribers: Sendable {
  private struct State {
    /// In the order they came.
    var streams: [(id: UInt64, continuation: AsyncStream<LiveSyncEvent>.Continuation)] = []
    var nextID: UInt64 = 1
    var hasFinished = false
  }

  private let state = Lock(State())

  package init() {}

  /// Subscriptions that have not ended.
  package var count: Int { state.withLock { $0.streams.count } }

  /// A new subscription, which starts with nothing; over at once if all have been ended.
  package func subscribe() -> AsyncStream<LiveSyncEvent> {
    let (stream, continuation) = AsyncStream.makeStream(
      of: LiveSyncEvent.self,
      bufferingPolicy: .bufferingNewest(NodeLimits.subscriberEventsMax))
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

  package func yield(_ event: LiveSyncEvent) {
    for stream in state.withLock({ $0.streams }) { stream.continuation.yield(event) }
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
