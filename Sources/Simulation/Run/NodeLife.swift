import EventLog

/// Passes on the events of one life of a node, until it is killed: the dead write nothing.
final class NodeLife: EventSink, @unchecked Sendable {
  // Unchecked: used on the simulation's thread only.

  private let sink: any EventSink
  private var isOver = false

  init(_ sink: any EventSink) {
    self.sink = sink
  }

  /// The node is killed.
  func end() { isOver = true }

  func record(
    _ event: Event, context: EventContext, cause: UInt64?, request: UInt64?
  ) -> UInt64 {
    isOver ? 0 : sink.record(event, context: context, cause: cause, request: request)
  }
}
