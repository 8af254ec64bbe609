import Synchronization

/// Gives every event to every subscriber. One that does not read loses the oldest of
/// `LiveSyncLimits.subscriberEventsMax` events.
package final class EventSubscribers: Sendable {
  private let streams = Mutex<[AsyncStream<LiveSyncEvent>.Continuation]>([])

  package init() {}

  /// A new subscription, which starts with nothing.
  package func subscribe() -> AsyncStream<LiveSyncEvent> {
    let (stream, continuation) = AsyncStream.makeStream(
      of: LiveSyncEvent.self,
      bufferingPolicy: .bufferingNewest(LiveSyncLimits.subscriberEventsMax))
    streams.withLock { $0.append(continuation) }
    return stream
  }

  package func yield(_ event: LiveSyncEvent) {
    for stream in streams.withLock({ $0 }) { stream.yield(event) }
  }

  /// Ends every subscription.
  package func finish() {
    let ended = streams.withLock { streams in
      defer { streams = [] }
      return streams
    }
    for stream in ended { stream.finish() }
  }
}
