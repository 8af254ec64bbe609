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
  private let transport: SimulatedTransport
  /// What goes wrong beside what the scenario says.
  private let faults: FaultPlan?
  /// Proven before the run: why nobody could do what the scenario asks for.
  private let obstacle: Obstacle?
  /// What the checks of those that join together with the node take for the oracle's accounts. A
  /// test that changes it shows that they look.
  package var companionOracle: (AccountModel) -> AccountModel = { $0 }

  /// Throws if the scenario contradicts itself. One that has planned faults is run as their plan.
  /// - Parameter evenIfUnwinnable: do not give up a world before it is run, to see what the node
  ///   makes of it.
  /// - Parameter transport: what messages go through.
  public convenience init(
    _ scenario: Scenario, seed: UInt64, evenIfUnwinnable: Bool = false,
    transport: SimulatedTransport = .model
  ) throws(ScenarioError) {
    guard scenario.faults.isEmpty else {
      try self.init(try scenario.plan(seed: seed), transport: transport)
      return
    }
    try scenario.check()
    if case .realNetwork = transport { try LinkedNetwork.check(scenario) }
    self.init(
      scenario, seed, transport, faults: nil,
      obstacle: evenIfUnwinnable ? nil : WorldBounds(scenario).obstacle)
  }

  /// A run of a plan. Throws if its transport is no model of a network, which planned faults need.
  public convenience init(
    _ plan: FaultPlan, transport: SimulatedTransport = .model
  ) throws(ScenarioError) {
    if case .realNetwork = transport {
      throw .contradiction("planned faults need the model of a network, with or without the codec")
    }
    try plan.scenario.check()
    self.init(plan.scenario, plan.seed, transport, faults: plan, obstacle: nil)
  }

  private init(
    _ scenario: Scenario, _ seed: UInt64, _ transport: SimulatedTransport, faults: FaultPlan?,
    obstacle: Obstacle?
  ) {
    self.scenario = scenario
    self.seed = seed
    self.transport = transport
    self.faults = faults
    self.obstacle = obstacle
  }

  /// How the run came to its end.
  private enum Ending {
    /// The node has done everything, or broken a rule.
    case done
    /// Why it is not done.
    case failed(String)
    /// Why nobody could be done.
    case hopeless(Obstacle)
  }

  /// Runs to the end, on the calling thread; not at all if it is proven that nobody could win.
  ///
  /// - Parameters:
  ///   - progress: told after each block of the chain.
  ///   - line: gets the table of notable events, row by row; nil if nobody reads it.
  ///   - log: gets the bytes of the event log, in pieces.
  public func run(
    identity: RunIdentity, progress: (SimulationProgress) -> Void = { _ in },
    line: ((String) -> Void)? = nil,
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
          scenario: scenario.name, parameters: parameters)),
      context: .run, cause: nil, request: nil)
    if let obstacle {
      return end(writer, steps: 0, .unwinnable, obstacle.description) { [self] in
        SimulationReport(of: scenario, seed: seed)
      }
    }
    line?(RunObserver.header)
    let world = try SimulatedWorld(
      scenario, runtime: runtime, writer: writer, transport: transport, faults: faults,
      companionOracle: companionOracle, line: line)
    world.start()
    let ending = try drive(world, progress: progress)
    if world.isDone { world.observer.compare() }
    let end = runtime.now.nanoseconds
    let leaked = world.stop()
    var report = report(world, end: end)
    // The oracle makes a trie of its own, for which all others give their memory back.
    let model = world.joiner.flatMap { world.producer.model(after: $0.chain.headHash) }
    world.letChainsGo()
    report.oracleRoot = model?.stateRoot()
    let (verdict, reason) = judge(world, leaked: leaked, report, ending).verdict()
    for companion in world.companions { companion.letGo() }
    report.place = place(world, verdict, isRunning: report.headerRoot != nil)
    return self.end(writer, steps: runtime.steps, verdict, reason) { report }
  }

  /// The numbers of the scenario, and what changes the log beside them.
  private var parameters: String {
    if let faults {
      return scenario.parameters + " faults=\(faults.faults.count)"
    }
    guard case .realNetwork = transport else { return scenario.parameters }
    return scenario.parameters + " transport=real-network"
  }

  private func judge(
    _ world: SimulatedWorld, leaked: [String], _ report: SimulationReport, _ ending: Ending
  ) -> Judge {
    let (failure, obstacle): (String?, Obstacle?) =
      switch ending {
      case .done: (nil, nil)
      case .hopeless(let obstacle): (obstacle.description, obstacle)
      case .failed(let failure) where faults != nil:
        (failure, faults?.disarmed.map { Obstacle(.path, "liveness is not asked for: \($0)") })
      case .failed(let failure):
        (failure, world.watch.obstacle(stateIsComplete: world.observer.isComplete))
      }
    return Judge(
      world: world, leaked: leaked, failure: failure, nodeRoot: report.nodeRoot,
      headerRoot: report.headerRoot, oracleRoot: report.oracleRoot, obstacle: obstacle)
  }

  /// Where a rule was seen broken; nil if its reason says it.
  private func place(
    _ world: SimulatedWorld, _ verdict: Event.RunVerdict, isRunning: Bool
  ) -> String? {
    if world.observer.violation != nil { return world.observer.violationPlace }
    guard verdict == .liveness else { return nil }
    if !isRunning { return "not running" }
    return world.observer.isComplete ? "state complete" : "state incomplete"
  }

  /// Writes the last record, and fills in what is known only then.
  private func end(
    _ writer: JSONLinesWriter, steps: Int, _ verdict: Event.RunVerdict, _ reason: String,
    report: () -> SimulationReport
  ) -> SimulationReport {
    _ = writer.record(
      .run(.end(verdict: verdict, steps: UInt64(steps), detail: reason)), context: .run,
      cause: nil, request: nil)
    writer.flush()
    var report = report()
    report.verdict = verdict
    report.reason = reason
    report.records = writer.recordCount
    report.logDigest = writer.digest()
    report.coverage = writer.counts.map { .init(name: $0.name, count: $0.count) }
    return report
  }

  /// Lets virtual time pass block by block until everything is done, or cannot be any more.
  private func drive(
    _ world: SimulatedWorld, progress: (SimulationProgress) -> Void
  ) throws -> Ending {
    let interval = Duration.milliseconds(scenario.blockIntervalMilliseconds)
    let limit = Moment.start.advanced(by: .seconds(scenario.timeLimitSeconds))
    var best = 0
    var standstill = ProgressWatch()
    while !world.isDone {
      if world.observer.violation != nil { return .done }
      if faults != nil, let failure = standstill.look(at: world) { return .failed(failure) }
      if world.runtime.now > limit {
        return .failed(
          "not done after \(scenario.timeLimitSeconds) s of virtual time"
            + (faults == nil ? "" : ": \(standstill.pending(world))") + world.companionsPending)
      }
      if faults == nil {
        world.watchLines()
        let left = world.runtime.now.duration(to: limit).wholeNanoseconds / 1_000_000
        if let obstacle = world.watch.hopeless(milliseconds: Int(left)) {
          return .hopeless(obstacle)
        }
      }
      let height = Int(world.producer.source.headNumber)
      if world.joinedAt == nil, height >= scenario.joinAtBlock { try world.join() }
      world.runtime.spawn("block") {
        do { try await world.advance() } catch { world.failure = world.failure ?? error }
      }
      if world.runtime.advance(by: interval, stepsMax: SimulationLimits.stepsMax) == .stepsExhausted
      {
        return .failed(
          "more than \(SimulationLimits.stepsMax) scheduler steps in one block interval")
      }
      if let failure = world.failure { throw failure }
      best = max(best, estimate(world))
      progress(
        SimulationProgress(
          partsPerMillion: best, block: world.producer.source.headNumber,
          heldPartsPerMillion: world.joiner?.chain.missing.absentPartsPerMillion ?? 0,
          virtualNanoseconds: world.runtime.now.nanoseconds))
    }
    return .done
  }

  /// Blocks made and state held, each half.
  private func estimate(_ world: SimulatedWorld) -> Int {
    let blocks = min(1_000_000, Int(world.producer.source.headNumber) * 1_000_000 / scenario.blocks)
    return (blocks + (world.joiner?.chain.missing.absentPartsPerMillion ?? 0)) / 2
  }

  private func report(_ world: SimulatedWorld, end: Int64) -> SimulationReport {
    let observer = world.observer
    let chain = world.joiner?.chain
    let traffic = world.network.statistics(of: SimulatedWorld.joinerPeer).total
    var report = SimulationReport(of: scenario, seed: seed)
    report.virtualNanoseconds = end
    report.completeAfterNanoseconds = observer.completeAt.flatMap { at in
      world.joinedAt.map { at - $0 }
    }
    report.wasAlwaysComplete = observer.completeAt == nil && observer.isComplete
    report.carried = observer.carried
    report.steps = world.runtime.steps
    report.foreignJobs = world.runtime.foreignJobs
    report.blocks = world.producer.source.headNumber
    report.forks = world.producer.forks
    report.head = chain?.headNumber ?? 0
    report.chunksAccepted = observer.tally.chunksAccepted
    report.chunksRejected = observer.tally.chunksRejected
    report.diffsAccepted = observer.tally.diffsAccepted
    report.rebranches = observer.rebranches
    report.rebranchesWhileIncomplete = observer.rebranchesWhileIncomplete
    report.measurement = world.measurement
    report.forecasts = observer.forecasts
    report.joinedNanoseconds = world.joinedAt
    report.divergedBytes = world.producer.divergedBytes
    report.comparisons = observer.comparisons
    report.banned = observer.banned.sorted()
    report.marks = observer.marks
    report.plannedFaults = faults?.faults.count
    report.disarmed = faults?.disarmed
    report.wrongKey = observer.violation?.keyPath
    if faults != nil, observer.violation != nil || !world.isDone {
      report.blockTree = BlockTree(world).lines
    }
    report.bytesReceived = Int(traffic.received.bytes)
    report.bytesSent = Int(traffic.sent.bytes)
    report.nodeRoot = chain?.stateRoot
    report.headerRoot = chain?.head.header.stateRoot
    return report
  }
}
