import Runtime

/// Who holds what others wait for, and moves next to nothing: so that nobody can keep a shared pool
/// full by a byte now and then. A value.
package struct SlowHolders: Sendable {
  private struct Mark: Sendable {
    var since: Moment
    var bytes: Int
  }

  private var marks: [UInt64: Mark] = [:]

  package init() {}

  /// Looks at those that hold something while others wait, by the number of their connection.
  /// - Parameter holders: bytes that each has moved since it began. Nobody, if nobody waits.
  /// - Returns: those that moved fewer than `TransportLimits.holderBytesMin` bytes in
  ///   `TransportLimits.holderWindow`, sorted.
  package mutating func look(_ holders: [UInt64: Int], at now: Moment) -> [UInt64] {
    marks = marks.filter { holders[$0.key] != nil }
    var slow: [UInt64] = []
    for (number, bytes) in holders {
      guard let mark = marks[number] else {
        marks[number] = Mark(since: now, bytes: bytes)
        continue
      }
      guard mark.since.duration(to: now) >= TransportLimits.holderWindow else { continue }
      if bytes - mark.bytes < TransportLimits.holderBytesMin { slow.append(number) }
      marks[number] = Mark(since: now, bytes: bytes)
    }
    return slow.sorted()
  }
}
