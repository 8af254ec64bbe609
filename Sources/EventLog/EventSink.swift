import Locking

/// Takes events; numbers and times them.
public protocol EventSink: Sendable {
  /// Records an event and gives its number. `cause` is the number of the record that led to it,
  /// `request` the number of the request that it belongs to.
  @discardableResult
  func record(
    _ event: Event, context: EventContext, cause: UInt64?, request: UInt64?
  ) -> UInt64
}

/// A sink together with who speaks: what each part of a node is given.
public struct EventRecorder: Sendable {
  private let sink: any EventSink
  /// Who speaks.
  public let context: EventContext

  public init(sink: any EventSink, context: EventContext) {
    self.sink = sink
    self.context = context
  }

  /// Records an event and gives its number.
  @discardableResult
  public func record(_ event: Event, cause: UInt64? = nil, request: UInt64? = nil) -> UInt64 {
    sink.record(event, context: context, cause: cause, request: request)
  }

  /// The recorder of another part of the same node.
  public func actor(_ name: String) -> EventRecorder {
    EventRecorder(sink: sink, context: EventContext(node: context.node, actor: name))
  }

  /// A recorder for code that is not watched: it numbers every record 0 and keeps nothing.
  public static let none = EventRecorder(
    sink: NoSink(), context: EventContext(node: "-", actor: "-"))
}

private struct NoSink: EventSink {
  func record(
    _ event: Event, context: EventContext, cause: UInt64?, request: UInt64?
  ) -> UInt64 { 0 }
}

/// Keeps all records, for tests.
public final class MemorySink: EventSink {
  private let now: @Sendable () -> Int64
  private let kept = Lock<[EventRecord]>([])

  /// A sink whose times come from `now`, in nanoseconds.
  public init(now: @escaping @Sendable () -> Int64 = { 0 }) {
    self.now = now
  }

  /// Everything recorded so far.
  public var records: [EventRecord] { kept.withLock { $0 } }
  /// The events recorded so far.
  public var events: [Event] { records.map(\.event) }

  @discardableResult
  public func record(
    _ event: Event, context: EventContext, cause: UInt64?, request: UInt64?
  ) -> UInt64 {
    kept.withLock { records in
      let sequence = UInt64(records.count)
      records.append(
        EventRecord(
          sequence: sequence, time: now(), context: context, event: event, cause: cause,
          request: request))
      return sequence
    }
  }
}
