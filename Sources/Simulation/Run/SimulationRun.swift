import EventLog
import Ledger
import Networking
import Primitives
import Runtime

/// One simulated run: a network of full nodes makes a chain, a fresh node joins it, fills its state
/// and follows. The same scenario and seed give the same event log, byte by byte.
public final class SimulationRun {
  public let scenario: Scenario
  public let seed: UInt64

  /// Throws if the scenario contradicts itself.
  public init(_ scenario: Scenario, seed: UInt64) throws(ScenarioError) {
    try scenario.check()
    self.scenario = scenario
    self.seed = seed
  }

  /// Runs to the end, on the calling thread.
  ///
  /// - Parameters:
  ///   - progress: told after each block of the chain.
  ///   - line: gets the table of notable events, row by row.
  ///   - log: gets the bytes of the event log, in pieces.
  public func run(
    identity: RunIdentity, progress: (SimulationProgress) -> Void = { _ in },
    line: @escaping (String) -> Void = { _ in },
    log: @escaping @Sendable ([UInt8]) -> Void = { _ in }
  ) throws -> SimulationReport {
    let runtime = SimulatedRuntime(seed: seed)
    let writer = JSONLinesWriter(
      now: { runtime.now.nanoseconds }, digest: true, output: log)
    _ = writer.record(
      .run(
        .start(
          schema: Event.schemaVersion, seed: seed, commit: identity.commit,
          toolchain: identity.toolchain, mode: identity.mode, clock: .simulated,
          scenario: scenario.name, parameters: scenario.parameters)),
      context: .run, cause: nil, request: nil)
    line(RunObserver.header)
    let world = try SimulatedWorld(scenario, runtime: runtime, writer: writer, line: line)
    world.start()
    let failure = try drive(world, progress: progress)
    if world.isDone { world.observer.compare() }
    let end = runtime.now.nanoseconds
    let leaked = world.stop()
    let judge = Judge(world: world, leaked: leaked, failure: failure)
    let (verdict, reason) = judge.verdict()
    _ = writer.record(
      .run(.end(verdict: verdict, steps: UInt64(runtime.steps), detail: reason)), context: .run,
      cause: nil, request: nil)
    writer.flush()
    return report(world, writer, end: end, verdict: verdict, reason: reason)
  }

  /// Lets virtual time pass block by block until everything is done; says what went wrong if it
  /// does not get there.
  private func drive(
    _ world: SimulatedWorld, progress: (SimulationProgress) -> Void
  ) throws -> String? {
    let interval = Duration.milliseconds(scenario.blockIntervalMilliseconds)
    let limit = Moment.start.advanced(by: .seconds(scenario.timeLimitSeconds))
    var best = 0
    while !world.isDone {
      if world.observer.violation != nil { return nil }
      if world.runtime.now > limit {
        return "not done after \(scenario.timeLimitSeconds) s of virtual time"
      }
      let height = Int(world.producer.source.headNumber)
      if world.joinedAt == nil, height >= scenario.joinAtBlock { try world.join() }
      world.runtime.spawn("block") {
        do { try await world.advance() } catch { world.failure = world.failure ?? error }
      }
      if world.runtime.advance(by: interval, stepsMax: SimulationLimits.stepsMax) == .stepsExhausted
      {
        return "more than \(SimulationLimits.stepsMax) scheduler steps in one block interval"
      }
      if let failure = world.failure { throw failure }
      best = max(best, estimate(world))
      progress(
        SimulationProgress(
          partsPerMillion: best, block: world.producer.source.headNumber,
          heldPartsPerMillion: world.joiner?.chain.missing.absentPartsPerMillion ?? 0,
          virtualNanoseconds: world.runtime.now.nanoseconds))
    }
    return nil
  }

  /// Blocks made and state held, each half.
  private func estimate(_ world: SimulatedWorld) -> Int {
    let blocks = min(1_000_000, Int(world.producer.source.headNumber) * 1_000_000 / scenario.blocks)
    return (blocks + (world.joiner?.chain.missing.absentPartsPerMillion ?? 0)) / 2
  }

  private func report(
    _ world: SimulatedWorld, _ writer: JSONLinesWriter, end: Int64, verdict: Event.RunVerdict,
    reason: String
  ) -> SimulationReport {
    let observer = world.observer
    let chain = world.joiner?.chain
    let traffic = world.network.statistics(of: SimulatedWorld.joinerPeer).total
    return SimulationReport(
      scenario: scenario.name, seed: seed, verdict: verdict, reason: reason,
      virtualNanoseconds: end,
      completeAfterNanoseconds: observer.completeAt.flatMap { at in
        world.joinedAt.map { at - $0 }
      },
      steps: world.runtime.steps, foreignJobs: world.runtime.foreignJobs,
      blocks: world.producer.source.headNumber, forks: world.producer.forks,
      head: chain?.headNumber ?? 0, chunksAccepted: observer.tally.chunksAccepted,
      chunksRejected: observer.tally.chunksRejected, diffsAccepted: observer.tally.diffsAccepted,
      rebranches: observer.rebranches,
      rebranchesWhileIncomplete: observer.rebranchesWhileIncomplete,
      measurement: world.measurement, forecasts: observer.forecasts,
      joinedNanoseconds: world.joinedAt, divergedBytes: world.producer.divergedBytes,
      comparisons: observer.comparisons,
      banned: observer.banned.sorted(),
      bytesReceived: Int(traffic.received.bytes), bytesSent: Int(traffic.sent.bytes),
      nodeRoot: chain?.stateRoot, headerRoot: chain?.head.header.stateRoot,
      oracleRoot: chain.flatMap { world.producer.model(after: $0.headHash)?.stateRoot() },
      records: writer.recordCount, logDigest: writer.digest(),
      coverage: writer.counts.filter { $0.count > 0 }.map { .init(name: $0.name, count: $0.count) })
  }
}
