import EventLog
import ReplicaSimulation
import Simulation

/// Worlds of replicas that are drawn with the seed, for the campaigns of `livesync simulate`.
struct ReplicaProfile: Sendable {
  /// As it is given to `--profile`.
  let name: String
  /// What the worlds have to do in a long campaign.
  let notes: [ReplicaNote]
  /// Runs the world of a seed.
  let report: @Sendable (_ seed: UInt64) -> ReplicaReport
  /// The smallest run that fails like that of a seed.
  let shrunk: @Sendable (_ seed: UInt64) -> ShrunkRun?

  /// All there are. To add one, add it here.
  static let all = [
    ReplicaProfile(
      name: "kv", notes: ReplicaTally.expected(exchanges: [], hasClusters: true),
      report: { KeyValueRun(seed: $0).report() }, shrunk: { KeyValueRun(seed: $0).shrunk() }),
    ReplicaProfile(
      name: "crdt",
      notes: ReplicaTally.expected(exchanges: [.deltas, .log], hasClusters: false),
      report: { ReplicaRun(seed: $0).report() }, shrunk: { ReplicaRun(seed: $0).shrunk() }),
  ]

  static func named(_ name: String?) -> ReplicaProfile? { all.first { $0.name == name } }

  /// The summary of no results.
  func summary(planned: Int) -> CampaignSummary {
    let expected =
      ReplicaFault.allCases.map { RunMarks.Kind.fault.mark($0.rawValue) }
      + notes.map { RunMarks.Kind.reached.mark($0.rawValue) }
    return CampaignSummary(name: name, expected: expected, planned: planned)
  }

  /// What came of a seed, as a campaign keeps it.
  func result(of seed: UInt64, _ campaign: CampaignIdentity) -> SeedResult {
    let start = ContinuousClock.now
    let report = report(seed)
    let verdict: Event.RunVerdict =
      switch report.failure?.kind {
      case nil: report.done > 0 ? .pass : .vacuous
      case .notConverged: .liveness
      default: .safety
      }
    return SeedResult(
      seed: seed, campaign: campaign, verdict: verdict, invariant: report.failure?.kind.rawValue,
      reason: report.failure?.detail ?? (verdict == .pass ? "" : "no command was done"),
      virtualNanoseconds: report.milliseconds * 1_000_000, digest: report.digest,
      marks: Self.marks(report.coverage),
      wallNanoseconds: start.duration(to: .now).nanoseconds)
  }

  private static func marks(_ coverage: ReplicaCoverage) -> [(name: String, count: Int)] {
    let faults = ReplicaFault.allCases.map {
      (RunMarks.Kind.fault.mark($0.rawValue), coverage.faults[$0] ?? 0)
    }
    let notes = ReplicaNote.allCases.map {
      (RunMarks.Kind.reached.mark($0.rawValue), coverage.notes[$0] ?? 0)
    }
    return (faults + notes).filter { $0.1 > 0 }
  }
}

/// `livesync simulate --profile kv`
extension SimulateCommand {
  /// Options that a profile of replicas does not have, since its worlds have no such thing.
  private static let syncOptions = [
    "--scenario", "--plan", "--nodes", "--accounts", "--blocks", "--strategy", "--transport",
    "--set",
  ]

  static func run(
    _ profile: ReplicaProfile, seed: UInt64, _ arguments: Arguments
  ) throws -> ExitCode {
    let flags = ["--show", "--check-determinism"].filter { arguments.flag($0) }
    let options = syncOptions.filter { arguments.text($0) != nil }
    if let option = (options + flags).first {
      throw UsageError("option '\(option)' does not go with '--profile \(profile.name)'")
    }
    let campaign = identity(of: profile.name, arguments)
    if arguments.flag("--worker") {
      return try answerSeeds(arguments) { profile.result(of: $0, campaign) }
    }
    if let text = arguments.text("--seeds") {
      return try self.campaign(text, campaign, arguments, summary: profile.summary)
    }
    try refuseWithoutSeeds(arguments)
    if arguments.text("--out") != nil { throw UsageError("option '--out' needs '--seeds' here") }
    return ReplicasCommand.one(profile.report(seed), { profile.shrunk(seed) }, arguments)
  }
}
