import Runtime

/// How fast the network makes blocks and how high it is, told by the headers of our own chain.
///
/// What peers name is late where the line is full, or too far ahead to be taken, so it stands still
/// just when it matters. The headers of our chain are checked and say when they were made: their
/// heights and times give the pace, and the one that was here soonest after it was made tells the
/// network's time by the local clock. A producer who lies about the time spoils the forecast only.
struct NetworkClock: Sendable {
  private var first: (number: UInt32, milliseconds: UInt64)?
  private var head: (number: UInt32, milliseconds: UInt64) = (0, 0)
  /// Seconds from the local clock to the network's, so far as it is known: a block cannot be here
  /// before it was made.
  private var lead = -Double.infinity
  private var secondsByConfiguration = 1.0

  mutating func add(_ sample: SyncSample) {
    head = (sample.head, sample.headMilliseconds)
    if first == nil { first = head }
    lead = max(lead, Double(sample.headMilliseconds) / 1e3 - sample.at.seconds)
    secondsByConfiguration = Double(max(1, sample.blockMilliseconds)) / 1e3
  }

  /// Blocks that the network makes in a second.
  var blocksPerSecond: Double {
    guard let first, head.number > first.number, head.milliseconds > first.milliseconds else {
      return 1 / secondsByConfiguration
    }
    return Double(head.number - first.number) * 1e3
      / Double(head.milliseconds - first.milliseconds)
  }

  /// Blocks that the network is expected to have above our head.
  func lag(at now: Moment) -> Double {
    guard lead > -.infinity else { return 0 }
    let age = now.seconds + lead - Double(head.milliseconds) / 1e3
    return max(0, age * blocksPerSecond)
  }
}

extension Moment {
  /// Seconds since the start.
  fileprivate var seconds: Double { Double(nanoseconds) / 1e9 }
}
