import TestSupport
import Testing

/// Where a world lives: in virtual time on one thread, in real time on all threads there are, or in
/// real time over sockets.
///
/// A test that has a `backend` runs in virtual time by default. With `LIVESYNC_SYSTEM_RUNS=N` it
/// runs in real time instead, N times with different seeds; with `LIVESYNC_SOCKET_RUNS=N` over
/// sockets.
package struct Backend: Sendable, CustomTestStringConvertible {
  package enum Kind: String, Sendable {
    case simulated, system, sockets
  }

  package let kind: Kind
  /// Which of the runs it is; moves the seed.
  package let number: UInt64

  /// How much shorter the pauses of a world are in real time: a block in 40 ms, not in a second.
  /// Less where the machine is slow, by `LIVESYNC_SYSTEM_HASTE`.
  package static let haste = Int(max(1, Campaign.seeds("LIVESYNC_SYSTEM_HASTE", default: 25)))

  package static let simulated = Backend(kind: .simulated, number: 0)

  package var isSimulated: Bool { kind == .simulated }

  /// One simulated run, or as many real ones as asked for.
  package static var each: [Backend] { each(1) }

  /// So many simulated runs, or as many real ones as asked for.
  package static func each(_ simulated: UInt64) -> [Backend] {
    let system = Campaign.seeds("LIVESYNC_SYSTEM_RUNS", default: 0)
    let sockets = Campaign.seeds("LIVESYNC_SOCKET_RUNS", default: 0)
    let kind: Kind = sockets > 0 ? .sockets : system > 0 ? .system : .simulated
    let runs = max(sockets, system) > 0 ? max(sockets, system) : simulated
    return (0..<runs).map { Backend(kind: kind, number: $0) }
  }

  package var testDescription: String { "\(kind.rawValue) \(number)" }
}
