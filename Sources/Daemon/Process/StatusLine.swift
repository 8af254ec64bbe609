import Monitoring
import Primitives
import Runtime

/// Where a node stands, in one line for a terminal: phase, height, share of the state, forecast,
/// peers, traffic, and what it waits for.
public struct StatusLine: Sendable {
  /// The last reading, for the traffic of the time since.
  private var last: (at: Moment, received: UInt64, sent: UInt64)?

  public init() {}

  /// The line of what a node says of itself; readings come in the order of time.
  public mutating func text(of status: NodeStatus) -> String {
    let words = [
      String(status.phase.rawValue.map { $0 == "_" ? " " : $0 }),
      head(status), state(status), forecast(status), peers(status), traffic(status),
      obstacle(status),
    ]
    return words.compactMap(\.self).joined(separator: ", ")
  }

  private func head(_ status: NodeStatus) -> String {
    let lag = status.lag > 0 ? " (\(status.lag) behind)" : ""
    return "block \(status.head.number)" + lag
  }

  private func state(_ status: NodeStatus) -> String {
    status.state.isComplete ? "state complete" : "state \(percent(status.state.heldPpm))"
  }

  /// The forecast has the time that is left in its text.
  private func forecast(_ status: NodeStatus) -> String? {
    status.state.isComplete ? nil : status.forecast?.text
  }

  private func peers(_ status: NodeStatus) -> String {
    status.peerCount == 1 ? "1 peer" : "\(status.peerCount) peers"
  }

  /// Bytes a second since the last reading.
  private mutating func traffic(_ status: NodeStatus) -> String? {
    let now = (
      at: status.at, received: status.transport.bytesReceived, sent: status.transport.bytesSent
    )
    defer { last = now }
    guard let last, last.at < now.at else { return nil }
    let milliseconds = UInt64(max(1, (now.at.nanoseconds - last.at.nanoseconds) / 1_000_000))
    func rate(_ bytes: UInt64) -> String { Self.rate(bytes / milliseconds) }
    return "in \(rate(now.received &- last.received)), out \(rate(now.sent &- last.sent))"
  }

  /// Kilobytes a second as megabytes a second with two decimals.
  private static func rate(_ kilobytes: UInt64) -> String {
    let hundredths = String(kilobytes / 10 % 100)
    return "\(kilobytes / 1_000)." + String(repeating: "0", count: 2 - hundredths.count)
      + hundredths + " MB/s"
  }

  private func obstacle(_ status: NodeStatus) -> String? {
    if let failure = status.storeFailure { return "the store failed: \(failure)" }
    if let stall = status.tally.stall { return "stalled: \(stall.cause)" }
    return status.blocker.map { "waits: \($0)" }
  }
}
