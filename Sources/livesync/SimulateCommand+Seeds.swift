import EventLog
import Foundation
import Locking
import Primitives
import Reports
import Simulation
import Streams

/// `livesync simulate --seeds A..<B`: many runs in several processes, summed up.
extension SimulateCommand {
  /// Options that say which seeds are run, where and how, and not what their worlds are.
  private static let ownOptions = ["--seed", "--seeds", "--out", "--jobs", "--shard"]

  /// The seeds of a text such as `0..<200` or `0...199`.
  static func seeds(_ text: String) throws(UsageError) -> SeedSpan {
    do { return try SeedSpan(text) } catch { throw UsageError("option '--seeds': \(error)") }
  }

  /// What a campaign is asked to do.
  struct Campaign {
    let identity: CampaignIdentity
    let isDrawn: Bool
    let seeds: ShardSeeds
    /// Processes at the same time.
    let jobs: Int
    /// Where the results go; nil = nowhere.
    let path: String?
    let isResumed: Bool
    let isJSON: Bool
    /// The words that give its worlds, without seeds.
    let words: [String]
    /// The command that gives one run.
    var replay: (UInt64) -> String {
      { [words] seed in ShellWord.command(["livesync"] + words + ["--seed", "\(seed)"]) }
    }
  }

  /// Runs the seeds that `text` names.
  static func campaign(
    _ text: String, _ scenario: Scenario, isDrawn: Bool, _ transport: SimulatedTransport,
    _ arguments: Arguments
  ) throws -> ExitCode {
    guard arguments.text("--seed") == nil else {
      throw UsageError("option '--seeds' does not go with '--seed'")
    }
    let span = try seeds(text)
    var shard = Shard.whole
    if let text = arguments.text("--shard") {
      do { shard = try Shard(text) } catch { throw UsageError("option '--shard': \(error)") }
    }
    if !isDrawn {
      _ = try usable { () throws(ScenarioError) in
        try SimulationRun(scenario, seed: span.first, transport: transport)
      }
    }
    let path = try arguments.text("--out").map { try resultPath($0, shard) }
    if arguments.flag("--resume"), path == nil {
      throw UsageError("option '--resume' needs '--out', where the results are")
    }
    let campaign = Campaign(
      identity: identity(scenario, isDrawn, arguments), isDrawn: isDrawn,
      seeds: ShardSeeds(span, shard: shard),
      jobs: try arguments.number("--jobs", in: 1...CampaignLimits.jobsMax)
        ?? ProcessInfo.processInfo.activeProcessorCount,
      path: path, isResumed: arguments.flag("--resume"), isJSON: arguments.wantsJSON,
      words: words(arguments))
    return try CampaignRun(campaign).run()
  }

  /// Runs the seeds that come on standard input, one a line, and prints the result of each.
  static func work(
    _ arguments: Arguments, _ transport: SimulatedTransport
  ) throws -> ExitCode {
    // Whoever has started it ends it.
    for number in [SIGINT, SIGHUP] { signal(number, SIG_IGN) }
    let isDrawn = try profile(arguments) != nil
    var input = try InputFile(path: "-")
    var rest: [UInt8] = []
    while true {
      let piece = try input.next()
      if piece.isEmpty { return .pass }
      rest += piece
      while let end = rest.firstIndex(of: UInt8(ascii: "\n")) {
        let word = String(decoding: rest[..<end], as: UTF8.self)
        rest.removeFirst(end + 1)
        guard let seed = UInt64(word) else { throw UsageError("'\(word)' is no seed") }
        let scenario = try scenario(arguments, seed: seed).0
        let campaign = identity(scenario, isDrawn, arguments)
        Console.printJSON(result(scenario, seed: seed, transport, campaign).line)
      }
      guard rest.count <= 20 else { throw UsageError("a line is too long to be a seed") }
    }
  }

  private static func result(
    _ scenario: Scenario, seed: UInt64, _ transport: SimulatedTransport,
    _ campaign: CampaignIdentity
  ) -> SeedResult {
    let start = ContinuousClock.now
    let report = Result {
      try SimulationRun(scenario, seed: seed, transport: transport).run(
        identity: campaign.program)
    }
    let wall = start.duration(to: .now).nanoseconds
    return switch report {
    case .success(let report):
      SeedResult(report, seed: seed, campaign: campaign, wallNanoseconds: wall)
    case .failure(let error):
      SeedResult(crashed: "\(error)", seed: seed, campaign: campaign, wallNanoseconds: wall)
    }
  }

  /// What results of these worlds carry.
  private static func identity(
    _ scenario: Scenario, _ isDrawn: Bool, _ arguments: Arguments
  ) -> CampaignIdentity {
    CampaignIdentity(
      profile: isDrawn ? arguments.text("--profile") ?? "" : scenario.name,
      options: ShellWord.command(Array(words(arguments).dropFirst())),
      program: BuildIdentity.current)
  }

  /// The words that give the same worlds again, without the seed.
  private static func words(_ arguments: Arguments) -> [String] {
    let names = specification.options.filter { $0.value != nil }.map(\.name)
    return ["simulate"]
      + names.filter { !ownOptions.contains($0) }.flatMap { name in
        arguments.text(name).map { [name, $0] } ?? []
      }
  }

  /// The file of results: `out` itself if it is called so, else one in that folder.
  private static func resultPath(_ out: String, _ shard: Shard) throws -> String {
    if out.hasSuffix(".jsonl") { return out }
    try Folder.make(out)
    return out + "/results-\(shard.index)-of-\(shard.count).jsonl"
  }
}

extension Duration {
  fileprivate var nanoseconds: Int64 {
    components.seconds * 1_000_000_000 + components.attoseconds / 1_000_000_000
  }
}
