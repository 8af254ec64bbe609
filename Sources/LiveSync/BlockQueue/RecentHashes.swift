import Primitives

/// The last hashes put in, up to a capacity; the oldest give way.
struct RecentHashes: Sendable {
  private let capacity: Int
  private var members: Set<Hash256> = []
  /// The members in order of arrival, from `oldest` on around.
  private var ring: [Hash256] = []
  private var oldest = 0

  init(capacity: Int) {
    precondition(capacity > 0, "a memory of \(capacity) hashes remembers nothing")
    self.capacity = capacity
  }

  var count: Int { members.count }

  func contains(_ hash: Hash256) -> Bool { members.contains(hash) }

  mutating func insert(_ hash: Hash256) {
    guard members.insert(hash).inserted else { return }
    if ring.count < capacity {
      ring.append(hash)
      return
    }
    members.remove(ring[oldest])
    ring[oldest] = hash
    oldest = (oldest + 1) % capacity
  }
}
