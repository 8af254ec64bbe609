/// Who speaks: the node and the part of it.
public struct EventContext: Sendable, Hashable {
  /// The node, such as `s0`; `-` for the run itself.
  public let node: String
  /// The part of the node, such as `state_queue`.
  public let actor: String

  public init(node: String, actor: String) {
    self.node = node
    self.actor = actor
  }

  /// Speaks for the run, not for a node.
  public static let run = EventContext(node: "-", actor: "run")
}

/// One line of a log.
public struct EventRecord: Sendable, Hashable {
  /// Number of the record, from 0 without gaps.
  public let sequence: UInt64
  /// Time since the run began, in nanoseconds.
  public let time: Int64
  public let context: EventContext
  public let event: Event
  /// Number of the record that led to this one.
  public let cause: UInt64?
  /// Number of the request that this record belongs to.
  public let request: UInt64?

  public init(
    sequence: UInt64, time: Int64, context: EventContext, event: Event, cause: UInt64? = nil,
    request: UInt64? = nil
  ) {
    self.sequence = sequence
    self.time = time
    self.context = context
    self.event = event
    self.cause = cause
    self.request = request
  }

  /// The line of the log, with its line feed.
  public var jsonLine: [UInt8] {
    var line = JSONLine()
    line.append(self)
    return line.bytes
  }
}
