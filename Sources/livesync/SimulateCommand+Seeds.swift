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
    /// What came of it before it began: nothing.
    let summary: CampaignSummary
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
    let replay: @Sendable (UInt64) -> String
  }

  /// Runs the seeds that `text` names.
  /// - Parameter summary: that of no results, of so many seeds that are planned.
  static func campaign(
    _ text: String, _ identity: CampaignIdentity, _ arguments: Arguments,
    summary: (Int) -> CampaignSummary
  ) throws -> ExitCode {
    guard arguments.text("--seed") == nil else {
      throw UsageError("option '--seeds' does not go with '--seed'")
    }
    let span = try seeds(text)
    var shard = Shard.whole
    if let text = arguments.text("--shard") {
      do { shard = try Shard(text) } catch { throw UsageError("option '--shard': \(error)") }
    }
    let path = try arguments.text("--out").map { try resultPath($0, shard) }
    if arguments.flag("--resume"), path == nil {
      throw UsageError("option '--resume' needs '--out', where the results are")
    }
    let shardSeeds = ShardSeeds(span, shard: shard)
    let campaign = Campaign(
      identity: identity, summary: summary(shardSeeds.count), seeds: shardSeeds,
      jobs: try arguments.number("--jobs", in: 1...CampaignLimits.jobsMax)
        ?? ProcessInfo.processInfo.activeProcessorCount,
      path: path, isResumed: arguments.flag("--resume"), isJSON: arguments.wantsJSON,
      words: words(arguments), replay: replay(arguments))
    return try CampaignRun(campaign).run()
  }

  /// Refuses what only a campaign has.
  static func refuseWithoutSeeds(_ arguments: Arguments) throws(UsageError) {
    for name in ["--jobs", "--shard"] where arguments.text(name) != nil {
      throw UsageError("option '\(name)' needs '--seeds'")
    }
    if arguments.flag("--resume") { throw UsageError("option '--resume' needs '--seeds'") }
  }

  /// Runs nodes that sync, by the seeds that come on standard input.
  static func work(
    _ arguments: Arguments, _ transport: SimulatedTransport
  ) throws -> ExitCode {
    let profile = try profile(arguments)
    return try answerSeeds(arguments) { seed in
      let input = try input(arguments, seed: seed).0
      let campaign = identity(input, profile, arguments)
      return result(input, seed: seed, transport, campaign)
    }
  }

  /// Gives the seeds that come on standard input, one a line, and prints the result of each.
  static func answerSeeds(
    _ arguments: Arguments, _ result: (UInt64) throws -> SeedResult
  ) throws -> ExitCode {
    let others = ["--plan", "--seed", "--seeds", "--jobs", "--shard", "--out"]
    if let other = others.first(where: { arguments.text($0) != nil }) {
      throw UsageError("option '--worker' does not go with '\(other)'")
    }
    // Whoever has started it ends it.
    for number in [SIGINT, SIGHUP] { signal(number, SIG_IGN) }
    var lines = try InputFile(path: "-")
    var rest: [UInt8] = []
    while true {
      let piece = try lines.next()
      if piece.isEmpty { return .pass }
      rest += piece
      while let end = rest.firstIndex(of: UInt8(ascii: "\n")) {
        let word = String(decoding: rest[..<end], as: UTF8.self)
        rest.removeFirst(end + 1)
        guard let seed = UInt64(word) else { throw UsageError("'\(word)' is no seed") }
        Console.printJSON(try result(seed).line)
      }
      guard rest.count <= 20 else { throw UsageError("a line is too long to be a seed") }
    }
  }

  private static func result(
    _ input: RunInput, seed: UInt64, _ transport: SimulatedTransport,
    _ campaign: CampaignIdentity
  ) -> SeedResult {
    let start = ContinuousClock.now
    let report = Result {
      try input.run(transport: transport).run(identity: campaign.program)
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
  static func identity(
    _ input: RunInput, _ profile: Profile?, _ arguments: Arguments
  ) -> CampaignIdentity {
    identity(of: profile?.name ?? input.scenario.name, arguments)
  }

  static func identity(of name: String, _ arguments: Arguments) -> CampaignIdentity {
    CampaignIdentity(
      profile: name, options: ShellWord.command(Array(words(arguments).dropFirst())),
      program: BuildIdentity.current)
  }

  /// The command that gives one run.
  static func replay(_ arguments: Arguments) -> @Sendable (UInt64) -> String {
    let words = ["livesync"] + words(arguments)
    // A plan has its seed.
    let hasSeed = arguments.text("--plan") == nil
    return { ShellWord.command(words + (hasSeed ? ["--seed", "\($0)"] : [])) }
  }

  /// The words that give the same worlds again, without the seed.
  static func words(_ arguments: Arguments) -> [String] {
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
  var nanoseconds: Int64 {
    components.seconds * 1_000_000_000 + components.attoseconds / 1_000_000_000
  }
}
