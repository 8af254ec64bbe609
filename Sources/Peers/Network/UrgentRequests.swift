import Locking
import Runtime

/// Requests that chunks must not hold up: those for blocks and diffs, by how long they have waited.
///
/// Chunks, blocks and diffs share one line. A chunk can wait; a node whose blocks come later and
/// later falls out of the chain. So chunks yield while such a request waits for long.
package struct UrgentRequests: Sendable {
  /// When each was sent, by its name.
  private var open: [UInt64: Moment] = [:]
  private var nextID: UInt64 = 1

  package init() {}

  /// A request is made.
  package mutating func begin(at now: Moment) -> UInt64 {
    defer { nextID += 1 }
    open[nextID] = now
    return nextID
  }

  /// It is over, or a peer says that there is no such thing: that it waits on is not the line's
  /// fault, and whoever speaks of blocks that do not exist must not hold up the state.
  package mutating func end(_ id: UInt64) { open[id] = nil }

  /// How long the oldest has waited.
  package func longestWait(at now: Moment) -> Duration {
    open.values.min().map { $0.duration(to: now) } ?? .zero
  }
}

/// The urgent requests of all parts of a node.
package final class UrgentRequestList: Sendable {
  private let requests = Lock(UrgentRequests())

  package init() {}

  package func begin(at now: Moment) -> UInt64 { requests.withLock { $0.begin(at: now) } }
  package func end(_ id: UInt64) { requests.withLock { $0.end(id) } }
  package func longestWait(at now: Moment) -> Duration {
    requests.withLock { $0.longestWait(at: now) }
  }
}
