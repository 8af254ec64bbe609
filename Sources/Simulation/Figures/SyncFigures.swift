import EventLog

/// The published figures of live sync: which runs, and what must hold of them.
public struct SyncFigures: Sendable {
  /// Thousandths of the limit that each run may take.
  public static let limits: [(figure: SyncFigure, perMille: Int)] = [
    (SyncFigure("eight full peers"), 1_100),
    (SyncFigure("half of them at a tenth of the speed", set: ["slow_peers=4"]), 1_250),
    (SyncFigure("one of them silent", set: ["silent_peers=1"]), 1_150),
  ]

  /// How often the sequential strategy must take the time of the parallel one, at least.
  public static let sequentialFactor = 10
  /// As the reference does it.
  public static let sequential = SyncFigure(
    "eight full peers, as the reference does it", set: ["chunk_items=1000"], strategy: .sequential)

  /// A quarter of the world with a sixteenth of the lines: a sync of many blocks, the last macro
  /// block far enough below for every depth.
  private static let thin = [
    "accounts=250000", "upload_bytes_per_s=78125", "download_bytes_per_s=781250",
    "blocks_per_batch=40", "follow_blocks=40", "join_at_block=52",
  ]

  /// Undisturbed, for comparison with `rebranches` and `kills`.
  public static let calm = SyncFigure("undisturbed", set: thin)
  /// A branch replaces blocks when half of the state is held.
  public static let rebranches = (1...10).map { depth in
    SyncFigure(
      "depth \(depth)", set: thin + ["rebranch_at_percent=50", "rebranch_depth=\(depth)"])
  }

  /// Killed, and back half a second later.
  public static let kills = killed("killed at", in: [])
  /// The same where blocks are slow to come: what waits for its block when the node is killed is
  /// lost, since nothing unverified is stored.
  public static let thinKills = killed("thin lines, killed at", in: thin)

  private static func killed(_ label: String, in world: [String]) -> [SyncFigure] {
    [25, 50, 75].map { percent in
      SyncFigure("\(label) \(percent) %", set: world + ["kill_at_percent=\(percent)"])
    }
  }

  /// Bytes of a killed node against those of an undisturbed one, in thousandths.
  public static let killedBytesPerMille = 1_020

  /// The chain changes ever faster on a thin line.
  public static let sweep = [25, 50, 100, 150, 200, 350, 500].map { count in
    SyncFigure(
      "\(count) transactions a block", scenario: "race", set: ["transactions_per_block=\(count)"])
  }
  /// How far a forecast may be off, in thousandths of the time to complete.
  public static let forecastErrorPerMille = 150

  /// All of them, in the order they run.
  public static var all: [SyncFigure] {
    limits.map(\.figure) + [sequential, calm] + rebranches + kills + thinKills + sweep
      + SnapshotFigures.all
  }

  let identity: RunIdentity
  let limits: [FigureResult]
  let sequential: FigureResult
  let calm: FigureResult
  let rebranches: [FigureResult]
  let kills: [FigureResult]
  let thinKills: [FigureResult]
  let sweep: [FigureResult]
  let snapshots: SnapshotFigures

  /// Runs all of them, one after another.
  /// - Parameter progress: told before each run how many are done, of how many, and what comes.
  public init(
    identity: RunIdentity, progress: (Int, Int, String) -> Void = { _, _, _ in }
  ) throws {
    self.identity = identity
    let count = Self.all.count
    var done = 0
    func run(_ figure: SyncFigure) throws -> FigureResult {
      progress(done, count, figure.label)
      defer { done += 1 }
      return FigureResult(figure: figure, report: try figure.run(identity))
    }
    limits = try Self.limits.map { try run($0.figure) }
    sequential = try run(Self.sequential)
    calm = try run(Self.calm)
    rebranches = try Self.rebranches.map(run)
    kills = try Self.kills.map(run)
    thinKills = try Self.thinKills.map(run)
    sweep = try Self.sweep.map(run)
    snapshots = try SnapshotFigures(run: run)
  }
}

extension FigureResult {
  /// True if the node finished, no judged forecast denied it and all named its end closely enough;
  /// or if it did not, and the last forecast said so.
  var isForecastRight: Bool {
    if report.completeAfterNanoseconds == nil { return report.forecasts.last == .diverges }
    guard let error = report.forecastErrorPerMille else { return false }
    return error <= SyncFigures.forecastErrorPerMille
      && !report.forecasts.judged.contains { $0.forecast == .diverges }
  }
}
