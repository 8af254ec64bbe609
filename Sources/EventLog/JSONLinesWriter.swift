import Locking
import Primitives

/// Writes events as JSON Lines, from any thread.
///
/// The bytes go to a closure that the caller gives, in order and in whole lines. The writer can
/// keep a running SHA-256 of them, which is how two runs are compared, and counts the events by
/// name, which is what coverage is made of.
public final class JSONLinesWriter: EventSink {
  private struct State {
    var line = JSONLine()
    var next: UInt64 = 0
    var counts: [String: UInt64] = [:]
    var digest = Sha256Stream()
  }

  private let state = Lock(State())
  private let now: @Sendable () -> Int64
  private let flushBytes: Int
  private let hasDigest: Bool
  private let output: @Sendable ([UInt8]) -> Void

  /// A writer whose times come from `now`, in nanoseconds, never going back. `output` takes the
  /// bytes; it runs while the writer is locked and must not record events. At most `flushBytes`
  /// plus one line are held back; 0 hands out every line at once.
  public init(
    now: @escaping @Sendable () -> Int64, flushBytes: Int = EventLogLimits.flushBytes,
    digest: Bool = false, output: @escaping @Sendable ([UInt8]) -> Void
  ) {
    self.now = now
    self.flushBytes = flushBytes
    hasDigest = digest
    self.output = output
  }

  @discardableResult
  public func record(
    _ event: Event, context: EventContext, cause: UInt64?, request: UInt64?
  ) -> UInt64 {
    state.withLock { state in
      let sequence = state.next
      state.next += 1
      state.counts[event.name, default: 0] += 1
      state.line.append(
        EventRecord(
          sequence: sequence, time: now(), context: context, event: event, cause: cause,
          request: request))
      if state.line.bytes.count > flushBytes { flush(&state) }
      return sequence
    }
  }

  /// Hands out what is held back.
  public func flush() {
    state.withLock { flush(&$0) }
  }

  private func flush(_ state: inout State) {
    if state.line.bytes.isEmpty { return }
    if hasDigest { state.digest.append(state.line.bytes) }
    output(state.line.bytes)
    state.line.removeAll()
  }

  /// SHA-256 of everything recorded so far, nil if the writer was not asked to keep it. Hands out
  /// what is held back.
  public func digest() -> Hash256? {
    state.withLock { state in
      flush(&state)
      return hasDigest ? state.digest.hash : nil
    }
  }

  /// Number of records so far.
  public var recordCount: UInt64 { state.withLock { $0.next } }

  /// How often each event was recorded that was recorded at all, by name.
  public var counts: [(name: String, count: UInt64)] {
    state.withLock { $0.counts }.sorted { $0.key < $1.key }.map { ($0.key, $0.value) }
  }
}
