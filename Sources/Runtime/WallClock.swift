import Glibc

/// The time of day, for what other machines read too, such as the time in a block. What waits or
/// measures uses `Runtime.now`, which never jumps.
public struct WallClock: Sendable {
  private let read: @Sendable () -> UInt64

  /// The clock of the machine. It may jump when somebody sets it.
  public static let system = WallClock {
    var time = timespec()
    // Cannot fail for this clock; then it is 1970, and blocks count on from their parents.
    guard clock_gettime(CLOCK_REALTIME, &time) == 0 else { return 0 }
    return UInt64(max(0, time.tv_sec)) * 1_000 + UInt64(time.tv_nsec) / 1_000_000
  }

  private init(_ read: @escaping @Sendable () -> UInt64) { self.read = read }

  /// A clock that showed `milliseconds` when `runtime` began, and goes with it.
  public init(startingAt milliseconds: UInt64, _ runtime: any Runtime) {
    read = { milliseconds &+ UInt64(max(0, runtime.now.nanoseconds)) / 1_000_000 }
  }

  /// A clock that is ahead of this one by as many milliseconds as `offset` says when it is read,
  /// behind it if that is negative, and never before the epoch.
  public func shifted(by offset: @escaping @Sendable () -> Int64) -> WallClock {
    let read = read
    return WallClock {
      let (time, shift) = (read(), offset())
      return shift < 0 ? time - min(time, shift.magnitude) : time &+ UInt64(shift)
    }
  }

  /// Milliseconds since the Unix epoch.
  public var milliseconds: UInt64 { read() }
}
