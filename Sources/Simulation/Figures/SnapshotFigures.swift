/// The published figures of joining from snapshots: which runs, and what must hold of them.
struct SnapshotFigures: Sendable {
  /// Thousandths of the limit that a run may take.
  private static let limitPerMille = 1_100
  /// Wasted bytes among those received when half of the hosts lie, in thousandths.
  private static let wastedPerMille = 10

  private static let undisturbed = (1...3).map { seed in
    SyncFigure("snapshots of eight peers, seed \(seed)", scenario: "snapshot", seed: UInt64(seed))
  }
  private static let kills = [25, 50, 75].map { percent in
    SyncFigure(
      "killed at \(percent) %", scenario: "snapshot", set: ["kill_at_percent=\(percent)"])
  }
  private static let liars = SyncFigure("half of the hosts lie", scenario: "snapshot-liars")

  /// All of them, in the order they run.
  static var all: [SyncFigure] { undisturbed + kills + [liars] }

  private let undisturbed: [FigureResult]
  private let kills: [FigureResult]
  private let liars: FigureResult

  init(run: (SyncFigure) throws -> FigureResult) rethrows {
    undisturbed = try Self.undisturbed.map(run)
    kills = try Self.kills.map(run)
    liars = try run(Self.liars)
  }

  var tables: [FigureTable] { [limitTable, killTable, liarTable] }

  private var limitTable: FigureTable {
    FigureTable(
      title: "A state from snapshots",
      text: """
        The world of the first table; all peers keep a snapshot of the last macro block, whose
        bytes are the limit's share of the state.
        """,
      columns: SyncFigures.limitColumns,
      rows: undisturbed.map { result in
        SyncFigures.limitRow(result, wanted: "at most \(thousandths(Self.limitPerMille)) x") {
          $0.ratioPerMille <= Self.limitPerMille
        }
      })
  }

  private var killTable: FigureTable {
    FigureTable(
      title: "Bytes of a node that is killed while it joins from snapshots",
      text: """
        All bytes received until the state is complete, against the undisturbed run of seed 1: at
        most \(thousandths(SyncFigures.killedBytesPerMille)) times as many.
        """,
      columns: SyncFigures.killColumns,
      rows: SyncFigures.killRows(
        kills, against: undisturbed.first, wanted: SyncFigures.killedBytesPerMille))
  }

  private var liarTable: FigureTable {
    let bytes = liars.report.measurement.map { ($0.receivedBytes, $0.wastedBytes) }
    let holds = bytes.map { $0.1 * 1_000 <= $0.0 * Self.wastedPerMille } ?? false
    return FigureTable(
      title: "Bytes that lying hosts waste",
      text: """
        Scenario `snapshot-liars`: 300,000 accounts, four of eight hosts serve pieces that do not
        fit the state root. Each is banned by its first one.
        """,
      columns: ["run", "received", "wasted", "wanted"],
      rows: [
        liars.row(
          [
            bytes.map { kilobytes($0.0) } ?? "never", bytes.map { kilobytes($0.1) } ?? "-",
            "at most \(thousandths(Self.wastedPerMille)) of them",
          ], holds: holds)
      ])
  }
}
