import Runtime

/// A line that carries one message after another at a fixed rate, with a bounded queue in front.
package struct SerialLine {
  /// When the line has carried all it was given so far.
  package private(set) var freeAt = Moment.start

  /// The time one message occupies the line.
  package struct Slot {
    var start: Moment
    var end: Moment
  }

  /// Queues `bytes`; nil if they find other bytes waiting and exceed the queue together.
  /// - Parameter rate: bytes a second; nil = no time at all.
  package mutating func admit(_ bytes: Int, at now: Moment, rate: Int?, queueBytesMax: Int) -> Slot?
  {
    guard let rate else { return Slot(start: now, end: now) }
    let start = max(now, freeAt)
    let waiting = waitingBytes(at: now, rate: rate)
    if waiting > 0, waiting + bytes > queueBytesMax { return nil }
    return Slot(start: start, end: carry(bytes, at: now, rate: rate))
  }

  /// Carries `bytes` once the line is free, however many wait; gives when it will be free again.
  package mutating func carry(_ bytes: Int, at now: Moment, rate: Int?) -> Moment {
    guard let rate else { return now }
    freeAt = max(now, freeAt).advanced(by: Self.time(for: bytes, rate: rate))
    return freeAt
  }

  /// Whether nothing is being carried or waits.
  package func isFree(at now: Moment) -> Bool { freeAt <= now }

  /// Bytes that have not been carried yet.
  package func waitingBytes(at now: Moment, rate: Int?) -> Int {
    rate.map { Self.bytes(in: now.duration(to: max(now, freeAt)), rate: $0) } ?? 0
  }

  /// Gives up what is queued, as when the machine stops.
  package mutating func clear() {
    freeAt = .start
  }

  /// Time to carry `bytes`, rounded up to a nanosecond.
  package static func time(for bytes: Int, rate: Int) -> Duration {
    let product = UInt64(bytes).multipliedFullWidth(by: 1_000_000_000)
    let divisor = UInt64(max(rate, 1))
    guard product.high < divisor else { return .nanoseconds(Int64.max) }
    let (quotient, remainder) = divisor.dividingFullWidth(product)
    let rounded = quotient.addingReportingOverflow(remainder > 0 ? 1 : 0).partialValue
    return .nanoseconds(Int64(clamping: rounded))
  }

  /// Bytes carried in `duration`, rounded down.
  private static func bytes(in duration: Duration, rate: Int) -> Int {
    let nanoseconds = UInt64(clamping: duration.wholeNanoseconds)
    let product = nanoseconds.multipliedFullWidth(by: UInt64(max(rate, 1)))
    guard product.high < 1_000_000_000 else { return .max / 2 }
    return Int(clamping: UInt64(1_000_000_000).dividingFullWidth(product).quotient)
  }
}
