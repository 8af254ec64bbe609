import Locking
import Simulation
import Testing

/// Runs whose messages go through the real transport codec.
@Suite struct RealCodecTests {
  /// What went over the wire of a run.
  private struct Wire: Sendable {
    var pieces = 0
    var singleBytes = 0
    var largest = 0
    var digest: UInt64 = 0xcbf2_9ce4_8422_2325

    mutating func note(_ piece: ArraySlice<UInt8>) {
      pieces += 1
      if piece.count == 1 { singleBytes += 1 }
      largest = max(largest, piece.count)
      for byte in piece { digest = (digest ^ UInt64(byte)) &* 0x100_0000_01b3 }
      digest = (digest ^ UInt64(piece.count)) &* 0x100_0000_01b3
    }
  }

  private static func run(
    _ scenario: Scenario, seed: UInt64, _ transport: SimulatedTransport
  ) throws -> (report: SimulationReport, bytes: [UInt8]) {
    let log = Lock<[UInt8]>([])
    let report = try SimulationRun(scenario, seed: seed, transport: transport).run(
      identity: SimulationRunTests.identity, log: { bytes in log.withLock { $0 += bytes } })
    return (report, log.withLock { $0 })
  }

  @Test(arguments: ["default", "churn", "wrong-value", "restart"])
  func log_shouldBeTheSame_whenMessagesGoThroughTheRealCodec(name: String) throws {
    let scenario = try Scenario.named(name)
    let wire = Lock(Wire())
    let real = try Self.run(
      scenario, seed: 5, .realCodec(tap: { piece in wire.withLock { $0.note(piece) } }))
    let model = try Self.run(scenario, seed: 5, .model)
    #expect(real.report == model.report, "\(real.report.reason)")
    #expect(real.bytes == model.bytes)
    #expect(real.report.verdict == .pass)
    let seen = wire.withLock { $0 }
    #expect(seen.singleBytes > 100_000)
    if name == "default" { #expect(seen.largest > 1_000) }
  }

  @Test(arguments: 1...3 as ClosedRange<UInt64>)
  func log_shouldBeTheSame_whenRequestsAreWithdrawn(seed: UInt64) throws {
    var scenario = try Scenario.named("churn")
    for change in ["loss_per_million=50000", "leave_per_million=200000"] {
      try scenario.set(change)
    }
    let real = try Self.run(scenario, seed: seed, .realCodec())
    let model = try Self.run(scenario, seed: seed, .model)
    #expect(real.report == model.report, "\(real.report.reason)")
    #expect(real.bytes == model.bytes)
  }

  @Test(arguments: 1...6 as ClosedRange<UInt64>)
  func log_shouldBeTheSame_inWildWorlds(seed: UInt64) throws {
    let scenario = Scenario.wild(seed: seed)
    let real = try Self.run(scenario, seed: seed, .realCodec())
    let model = try Self.run(scenario, seed: seed, .model)
    #expect(real.report == model.report, "\(real.report.reason)")
    #expect(real.bytes == model.bytes)
  }

  @Test func bytesOfTheWire_shouldFollowFromTheSeed() throws {
    let scenario = try Scenario.named("plain")
    var digests: [UInt64] = []
    for seed in [1, 1, 2] as [UInt64] {
      let wire = Lock(Wire())
      _ = try Self.run(
        scenario, seed: seed, .realCodec(tap: { piece in wire.withLock { $0.note(piece) } }))
      digests.append(wire.withLock { $0.digest })
    }
    #expect(digests[0] == digests[1] && digests[0] != digests[2])
  }

  /// In the handshake, and long after it.
  @Test(arguments: [10, 300, 200_000], [false, true])
  func run_shouldFailAsUnsafe_whenThePlantedFaultHitsAPiece(number: Int, swallows: Bool) throws {
    let count = Lock(0)
    let report = try Self.run(
      .named("default"), seed: 1,
      .realCodec(tap: { piece in
        let current = count.withLock { count in
          count += 1
          return count
        }
        guard current == number else { return }
        if swallows { piece = [] } else { piece[piece.startIndex] ^= 1 }
      })
    ).report
    #expect(report.verdict == .safety)
    #expect(report.reason.hasPrefix("T1: "), "\(report.reason)")
  }
}
