/// A point in time in whole nanoseconds since the run began: virtual time under
/// `SimulatedRuntime`, monotonic time since the runtime was made under `SystemRuntime`.
public struct Moment: Sendable, Hashable, Comparable {
  /// Nanoseconds since the run began.
  public var nanoseconds: Int64

  /// The moment the run began.
  public static let start = Moment(nanoseconds: 0)
  /// A moment that never comes: about 292 years after the start.
  public static let never = Moment(nanoseconds: .max)

  @inlinable
  public init(nanoseconds: Int64) {
    self.nanoseconds = nanoseconds
  }

  /// The moment `duration` later (earlier if negative); clamps at the ends of the range.
  @inlinable
  public func advanced(by duration: Duration) -> Moment {
    let step = duration.wholeNanoseconds
    let (sum, overflow) = nanoseconds.addingReportingOverflow(step)
    return Moment(nanoseconds: overflow ? (step < 0 ? .min : .max) : sum)
  }

  /// How long it takes from this moment to `other`; negative if `other` is earlier.
  @inlinable
  public func duration(to other: Moment) -> Duration {
    let (difference, overflow) = other.nanoseconds.subtractingReportingOverflow(nanoseconds)
    return .nanoseconds(overflow ? (other < self ? Int64.min : Int64.max) : difference)
  }

  @inlinable
  public static func < (a: Moment, b: Moment) -> Bool {
    a.nanoseconds < b.nanoseconds
  }
}

extension Moment: CustomStringConvertible {
  /// Seconds with nine decimals, such as "3.004000000 s".
  public var description: String {
    let magnitude = nanoseconds.magnitude
    let fraction = String(magnitude % 1_000_000_000)
    let zeros = String(repeating: "0", count: 9 - fraction.count)
    return "\(nanoseconds < 0 ? "-" : "")\(magnitude / 1_000_000_000).\(zeros)\(fraction) s"
  }
}

extension Duration {
  /// The duration in nanoseconds, cut towards zero and clamped to 64 bits.
  @inlinable
  public var wholeNanoseconds: Int64 {
    let (seconds, attoseconds) = components
    let (scaled, tooLarge) = seconds.multipliedReportingOverflow(by: 1_000_000_000)
    let (sum, overflow) = scaled.addingReportingOverflow(attoseconds / 1_000_000_000)
    return tooLarge || overflow ? (seconds < 0 ? .min : .max) : sum
  }
}
