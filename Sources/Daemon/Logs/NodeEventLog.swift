import EventLog
import Locking
import Primitives
import Runtime
import Streams

/// The event log of a node that runs for long: in parts of a bounded size, each a log by itself
/// that begins with `run.start` and numbers its records on from the part before. Writing is done by
/// a worker, so a slow disk stops nobody.
///
/// If more waits to be written than `DaemonLimits.logBufferBytesMax`, records are lost and counted,
/// and the next one begins a new part, so that no part has a gap. The same holds for a file that
/// cannot be written: the part ends there, and `DaemonLimits.logRetryPause` later a new one begins.
public final class NodeEventLog: EventSink {
  /// What waits to be written.
  private enum Piece {
    case lines([UInt8])
    case newPart
  }

  private struct State {
    var next: UInt64 = 0
    var pieces: [Piece] = []
    var bytes = 0
    var partBytes = 0
    var isGap = false
    var counts: [String: UInt64] = [:]
    var lost: UInt64 = 0
    /// When a new part is tried, in nanoseconds since the run began; nil while the log is written.
    var retry: Int64?
  }

  private let state: Lock<State>
  private let now: @Sendable () -> Int64
  private let start: Event
  private let partBytesMax: Int
  private let listener: @Sendable (EventRecord, [UInt8]) -> Void

  /// - Parameters:
  ///   - start: the first record of each part.
  ///   - partBytesMax: bytes of a part, or one record more.
  ///   - now: nanoseconds since the run began.
  ///   - listener: told of every record and its line while the log is locked; must not record
  ///     events or wait. Records that are lost are told too.
  public init(
    start: Event, partBytesMax: Int, now: @escaping @Sendable () -> Int64,
    listener: @escaping @Sendable (EventRecord, [UInt8]) -> Void = { _, _ in }
  ) {
    self.start = start
    self.partBytesMax = partBytesMax
    self.now = now
    self.listener = listener
    state = Lock(State())
    state.withLock { _ = append(start, .run, nil, nil, now(), &$0) }
  }

  @discardableResult
  public func record(
    _ event: Event, context: EventContext, cause: UInt64?, request: UInt64?
  ) -> UInt64 {
    state.withLock { state in
      state.counts[event.name, default: 0] += 1
      let time = now()
      if let retry = state.retry, time >= retry { (state.retry, state.isGap) = (nil, true) }
      guard state.retry == nil, state.bytes < DaemonLimits.logBufferBytesMax else {
        state.lost += 1
        state.isGap = true
        return next(event, context, cause, request, time, &state).record.sequence
      }
      if state.partBytes >= partBytesMax || state.isGap {
        state.pieces.append(.newPart)
        (state.partBytes, state.isGap) = (0, false)
        append(start, .run, nil, nil, time, &state)
      }
      return append(event, context, cause, request, time, &state)
    }
  }

  /// Numbers the next record and tells the listener.
  private func next(
    _ event: Event, _ context: EventContext, _ cause: UInt64?, _ request: UInt64?, _ time: Int64,
    _ state: inout State
  ) -> (record: EventRecord, line: [UInt8]) {
    let record = EventRecord(
      sequence: state.next, time: time, context: context, event: event, cause: cause,
      request: request)
    let line = record.jsonLine
    state.next += 1
    listener(record, line)
    return (record, line)
  }

  @discardableResult
  private func append(
    _ event: Event, _ context: EventContext, _ cause: UInt64?, _ request: UInt64?, _ time: Int64,
    _ state: inout State
  ) -> UInt64 {
    let (record, line) = next(event, context, cause, request, time, &state)
    if case .lines(var lines)? = state.pieces.last {
      // Taken out first, so that the bytes are appended in place.
      state.pieces.removeLast()
      lines += line
      state.pieces.append(.lines(lines))
    } else {
      state.pieces.append(.lines(line))
    }
    state.bytes += line.count
    state.partBytes += line.count
    return record.sequence
  }

  /// Lets the next record begin a new part.
  public func beginPart() { state.withLock { ($0.isGap, $0.retry) = (true, nil) } }

  /// How often each event was recorded, by name.
  public var counts: [String: UInt64] { state.withLock { $0.counts } }

  /// Records that were lost, since the disk was too slow or could not be written.
  public var lost: UInt64 { state.withLock { $0.lost } }

  /// Writes what waits. One caller at a time. What does not go into the file is counted as lost,
  /// and a new part is tried later.
  /// - Throws: why a new file could not be begun; the last time if several could not.
  public func flush(into log: RotatingLog) throws(StreamError) {
    let pieces = state.withLock { state in
      defer { (state.pieces, state.bytes) = ([], 0) }
      return state.pieces
    }
    var failure: StreamError?
    var lost = 0
    for piece in pieces {
      switch piece {
      case .lines(let lines):
        lost += lines.count { $0 == UInt8(ascii: "\n") } - log.write(lines)
      case .newPart:
        do throws(StreamError) { try log.rotate() } catch { failure = error }
      }
    }
    state.withLock { state in
      state.lost += UInt64(lost)
      guard !log.isWritable, state.retry == nil else { return }
      state.retry = now() + DaemonLimits.logRetryPause.components.seconds * 1_000_000_000
    }
    if let failure { throw failure }
  }
}
