import SimulatedNetworking

/// How long a new block takes from the peer that makes it to the joining node at most, if the lines
/// between them carry nothing else.
struct PathDelay {
  /// Times its mean that the jitter of a message takes at most, but for one in a thousand.
  static let jitterMeansMax = 7

  private let scenario: Scenario

  init(_ scenario: Scenario) {
    self.scenario = scenario
  }

  /// Connections between maker and joining node. Neighbours stand 1, 2, 4 and 8 places away in a
  /// ring, so each eight of half its places take one step, and what is left takes two. What a peer
  /// that nobody can dial makes comes over another one.
  var steps: Int {
    let others = scenario.fullPeers + scenario.companions + scenario.producerGossips
    guard scenario.sharedPeers == 0, others > SimulatedNetworkLimits.gossipDegreeMax
    else { return scenario.undialablePeers > 0 ? 2 : 1 }
    return (others + 1) / 2 / SimulatedNetworkLimits.gossipDegreeMax + 2
  }

  /// The delay in nanoseconds.
  /// - Parameters:
  ///   - bytes: of all that is announced, with framing.
  ///   - upload: bytes a second of the peer that makes it.
  func nanoseconds(bytes: Int, upload: Int) -> Int64 {
    let flight =
      Int64(scenario.latencyMilliseconds + Self.jitterMeansMax * scenario.jitterMilliseconds)
      * 1_000_000
    let download = time(bytes, scenario.downloadBytesPerSecond)
    let first = time(bytes * scenario.blockCopies, upload) + download + flight
    let later =
      time(bytes * scenario.blockCopies, scenario.uploadBytesPerSecond) + download + flight
    return first + Int64(steps - 1) * later
  }

  private func time(_ bytes: Int, _ rate: Int) -> Int64 {
    SerialLine.time(for: bytes, rate: rate).wholeNanoseconds
  }
}
