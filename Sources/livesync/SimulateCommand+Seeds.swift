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
    /// Draws the world of each seed; nil if all have the same.
    let profile: Profile?
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
  static func campaign(
    _ text: String, _ input: RunInput, _ profile: Profile?, _ transport: SimulatedTransport,
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
    _ = try usable { () throws(ScenarioError) in try input.run(transport: transport) }
    let path = try arguments.text("--out").map { try resultPath($0, shard) }
    if arguments.flag("--resume"), path == nil {
      throw UsageError("option '--resume' needs '--out', where the results are")
    }
    let campaign = Campaign(
      identity: identity(input, profile, arguments), profile: profile,
      seeds: ShardSeeds(span, shard: shard),
      jobs: try arguments.number("--jobs", in: 1...CampaignLimits.jobsMax)
        ?? ProcessInfo.processInfo.activeProcessorCount,
      path: path, isResumed: arguments.flag("--resume"), isJSON: arguments.wantsJSON,
      words: words(arguments), replay: replay(arguments))
    return try CampaignRun(campaign).run()
  }

  /// Runs the seeds that come on standard input, one a line, and prints the result of each.
  static func work(
    _ arguments: Arguments, _ transport: SimulatedTransport
  ) throws -> ExitCode {
    // Whoever has started it ends it.
    for number in [SIGINT, SIGHUP] { signal(number, SIG_IGN) }
    let profile = try profile(arguments)
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
        let input = try input(arguments, seed: seed).0
        let campaign = identity(input, profile, arguments)
        Console.printJSON(result(input, seed: seed, transport, campaign).line)
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
  private static func identity(
    _ input: RunInput, _ profile: Profile?, _ arguments: Arguments
  ) -> CampaignIdentity {
    CampaignIdentity(
      profile: profile?.name ?? input.scenario.name,
      options: ShellWord.command(Array(words(arguments).dropFirst())),
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
  fileprivate var nanoseconds: Int64 {
    components.seconds * 1_000_000_000 + components.attoseconds / 1_000_000_000
  }
}
