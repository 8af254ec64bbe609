import TestSupport
import Testing

/// Where a world lives: in virtual time on one thread, or in real time on all threads there are.
///
/// A test that has a `backend` runs in virtual time by default. With `LIVESYNC_SYSTEM_RUNS=N` it
/// runs in real time instead, N times with different seeds.
package struct Backend: Sendable, CustomTestStringConvertible {
  package let isSimulated: Bool
  /// Which of the runs it is; moves the seed.
  package let number: UInt64

  /// How much shorter the pauses of a world are in real time: a block in 40 ms, not in a second.
  /// Less where the machine is slow, by `LIVESYNC_SYSTEM_HASTE`.
  package static let haste = Int(max(1, Campaign.seeds("LIVESYNC_SYSTEM_HASTE", default: 25)))

  package static let simulated = Backend(isSimulated: true, number: 0)

  /// One simulated run, or as many real ones as asked for.
  package static var each: [Backend] { each(1) }

  /// So many simulated runs, or as many real ones as asked for.
  package static func each(_ simulated: UInt64) -> [Backend] {
    let real = Campaign.seeds("LIVESYNC_SYSTEM_RUNS", default: 0)
    return (0..<(real > 0 ? real : simulated)).map { Backend(isSimulated: real == 0, number: $0) }
  }

  package var testDescription: String { "\(isSimulated ? "simulated" : "system") \(number)" }
}
