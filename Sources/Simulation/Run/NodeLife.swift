import EventLog

/// Passes on the events of one life of a node, until it is killed: the dead write nothing.
final class NodeLife: EventSink, @unchecked Sendable {
  // Unchecked: used on the simulation's thread only.

  private let sink: any EventSink
  private var isOver = false
  /// Looked at before each event: true if the process has ended meanwhile.
  private let hasDied: () -> Bool
  /// Told of each event after it was passed on.
  private let lookAfter: (Event) -> Void

  init(
    _ sink: any EventSink, hasDied: @escaping () -> Bool = { false },
    lookAfter: @escaping (Event) -> Void = { _ in }
  ) {
    self.sink = sink
    self.hasDied = hasDied
    self.lookAfter = lookAfter
  }

  /// The node is killed.
  func end() { isOver = true }

  func record(
    _ event: Event, context: EventContext, cause: UInt64?, request: UInt64?
  ) -> UInt64 {
    guard !isOver else { return 0 }
    if hasDied() {
      isOver = true
      return 0
    }
    let sequence = sink.record(event, context: context, cause: cause, request: request)
    lookAfter(event)
    return sequence
  }
}
