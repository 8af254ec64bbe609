import SimulatedNetworking

/// What the lines to the joining node carried at most since it joined: peers come and go, and so
/// does it.
package struct LineHistory {
  /// From when on how many bytes a second could come, in order.
  private var steps: [(nanoseconds: Int64, bytesPerSecond: Int)] = []

  package init() {}

  /// From now on it is so many bytes a second.
  package mutating func set(_ bytesPerSecond: Int, at nanoseconds: Int64) {
    if steps.last?.bytesPerSecond == bytesPerSecond { return }
    steps.append((nanoseconds, bytesPerSecond))
  }

  /// Time in which so many bytes could come at the soonest, since the beginning; nil if they could
  /// not yet, and never will at the last rate.
  package func nanoseconds(for bytes: Int) -> Int64? {
    guard let start = steps.first?.nanoseconds else { return nil }
    var left = bytes
    for (step, next) in zip(steps, steps.dropFirst()) {
      let time = next.nanoseconds - step.nanoseconds
      let (whole, rest) = time.quotientAndRemainder(dividingBy: 1_000_000_000)
      let carried =
        Int(whole) * step.bytesPerSecond + Int(rest) * step.bytesPerSecond / 1_000_000_000
      if carried >= left { return step.nanoseconds - start + Self.time(for: left, step) }
      left -= carried
    }
    guard let last = steps.last, last.bytesPerSecond > 0 else { return nil }
    return last.nanoseconds - start + Self.time(for: left, last)
  }

  private static func time(
    for bytes: Int, _ step: (nanoseconds: Int64, bytesPerSecond: Int)
  ) -> Int64 {
    SerialLine.time(for: bytes, rate: step.bytesPerSecond).wholeNanoseconds
  }
}
