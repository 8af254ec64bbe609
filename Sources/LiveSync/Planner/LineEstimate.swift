import Peers
import Runtime

/// What the line to this node carries, whatever number of peers share it.
///
/// Each peer alone may seem to be as fast as the line when the others pause; together they are not.
package struct LineEstimate: Sendable {
  private var rate = GrowingRate()
  private var roundTrip = WindowedFilter(.smallest, window: PeerLimits.roundTripWindow)

  package init() {}

  /// `bytes` came from all peers together while an answer took `time`.
  /// - Parameter isAlone: true if no other chunk was on its way when it was asked for. Only such
  ///   an answer tells the round trip: if others did, what waits in the line would count as its
  ///   length, and let still more wait.
  package mutating func add(_ bytes: Int, in time: Duration, isAlone: Bool, at now: Moment) {
    let taken = Double(max(1, time.wholeNanoseconds))
    rate.add(bytes, in: taken, at: now)
    if isAlone || roundTrip.value == nil { roundTrip.add(taken, at: now) }
  }

  /// True while the rate grows with what is asked for, so that the line carries more.
  package var isGrowing: Bool { rate.isGrowing(within: LiveSyncLimits.lineGrowthAnswers) }

  /// Bytes that may be on their way at a time: what comes in the least round trip and in
  /// `LiveSyncLimits.lineTime`; nil before anything came.
  package var bytesMax: Int? {
    guard let rate = rate.value, let roundTrip = roundTrip.value else { return nil }
    let time = roundTrip + Double(LiveSyncLimits.lineTime.wholeNanoseconds)
    return Int(min(1e15, rate * time / 1e9))
  }
}
