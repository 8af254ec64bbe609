import Primitives

/// The heads of the chain as it was made, for as long as a node may be excused for standing on
/// them.
///
/// A block takes its time from the peer that makes it to the joining node. So a node follows if its
/// head is the newest of those that have had the time to arrive, or a newer one.
package struct HeadTrack {
  private struct Entry {
    let hash: Hash256
    /// When it must have arrived, in nanoseconds since the run began.
    let due: Int64
  }

  /// Oldest first; the first may have arrived everywhere, the others are still due.
  private var entries: [Entry] = []

  package init() {}

  /// The chain has a new head.
  /// - Parameter due: when it must have arrived everywhere.
  package mutating func add(_ hash: Hash256, due: Int64, now: Int64) {
    guard entries.last?.hash != hash else { return }
    entries.append(Entry(hash: hash, due: due))
    let arrived = entries.lastIndex { $0.due <= now } ?? 0
    entries.removeFirst(arrived)
  }

  /// True if no head after `hash` has had the time to arrive.
  package func isFollowed(by hash: Hash256, now: Int64) -> Bool {
    guard let place = entries.lastIndex(where: { $0.hash == hash }) else { return false }
    return entries[(place + 1)...].allSatisfy { $0.due > now }
  }
}
