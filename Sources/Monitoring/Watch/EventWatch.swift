import EventLog
import HTTPServer
import Locking
import Runtime

/// Stands between a node and its log: counts the events for the status, and gives the lines of the
/// log to whoever listens at `/events`.
///
/// ```swift
/// let watch = EventWatch(runtime: runtime)
/// let writer = JSONLinesWriter(now: { runtime.now.nanoseconds }, flushBytes: 0) { lines in
///   file.write(lines)
///   watch.publish(lines)
/// }
/// let node = FullNode(…, sink: watch.sink(before: writer), …)
/// ```
public final class EventWatch: Sendable {
  private let runtime: any Runtime
  private let tally = Lock(EventTally())
  /// One for each level; a hub has the lines of its level and of those above.
  private let hubs = EventWatch.levels.map { _ in HTTPEventHub() }

  /// The levels from the least on.
  static let levels: [EventLevel] = [.debug, .info, .warn, .error]

  public init(runtime: any Runtime) { self.runtime = runtime }

  /// A sink that counts and hands on to `base`, whose numbers it gives.
  public func sink(before base: any EventSink) -> any EventSink {
    CountingSink(base: base) { [self] event, request in
      tally.withLock { $0.add(event, request: request, now: runtime.now) }
    }
  }

  /// Gives lines of the log to whoever listens. Never waits.
  public func publish(_ lines: [UInt8]) {
    guard hubs.contains(where: { $0.clientCount > 0 }) else { return }
    for line in lines.split(separator: UInt8(ascii: "\n")) {
      let level = Self.level(of: line)
      for hub in hubs[...level] { hub.send(line) }
    }
  }

  /// The stream of lines of this level and above; nil if there is no such level.
  func hub(_ level: String) -> HTTPEventHub? {
    Self.levels.firstIndex { $0.rawValue == level }.map { hubs[$0] }
  }

  func read<Value: Sendable>(_ body: @Sendable (EventTally) -> Value) -> Value {
    tally.withLock { body($0) }
  }

  /// Index of the level that a line says. No text before it can pose as it, since quotes in texts
  /// are escaped.
  private static func level(of line: some Collection<UInt8>) -> Int {
    let mark = Array("\"level\":\"".utf8)
    guard let start = line.firstRange(of: mark)?.upperBound else { return 0 }
    let word = line[start...].prefix { $0 != UInt8(ascii: "\"") }
    return levels.firstIndex { word.elementsEqual($0.rawValue.utf8) } ?? 0
  }
}

private struct CountingSink: EventSink {
  let base: any EventSink
  let count: @Sendable (Event, UInt64?) -> Void

  func record(
    _ event: Event, context: EventContext, cause: UInt64?, request: UInt64?
  ) -> UInt64 {
    count(event, request)
    return base.record(event, context: context, cause: cause, request: request)
  }
}
