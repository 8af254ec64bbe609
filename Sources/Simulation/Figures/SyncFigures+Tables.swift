import EventLog
import Primitives

extension SyncFigures {
  /// The lines around the section in a page.
  public static let marks = (
    begin: "<!-- begin sync -->", end: "<!-- end sync -->"
  )

  /// `page` with the section between its marks replaced; nil if it has no marks.
  public static func replaceSection(in page: String, with section: String) -> String? {
    guard let begin = page.firstRange(of: marks.begin), let end = page.firstRange(of: marks.end),
      begin.upperBound <= end.lowerBound
    else { return nil }
    return "\(page[..<begin.upperBound])\n\n\(section)\n\(page[end.lowerBound...])"
  }

  /// True if everything holds.
  public var allHold: Bool { tables.allSatisfy { $0.rows.allSatisfy { $0.failure == nil } } }

  /// The section of the page, in Markdown.
  public var markdown: String {
    let origin =
      "`livesync figures --write Docs/Performance.md` (`make sync-figures`). Virtual time: the "
      + "same program and seed give the same figures on every machine. "
      + "Commit \(identity.commit), \(identity.toolchain) \(identity.mode)."
    return (["## Live sync", origin] + tables.map(\.markdown)).joined(separator: "\n\n") + "\n"
  }

  /// The tables as one JSON object.
  public var json: String { "{\"tables\":[\(tables.map(\.json).joined(separator: ","))]}" }

  /// All tables.
  public var tables: [FigureTable] {
    [limitTable, rebranchTable, killTable, forecastTable] + snapshots.tables
  }

  private var limitTable: FigureTable {
    var rows = zip(limits, Self.limits).map { result, entry in
      Self.limitRow(result, wanted: "at most \(thousandths(entry.perMille)) x") {
        $0.ratioPerMille <= entry.perMille
      }
    }
    let base = limits.first?.report.completeAfterNanoseconds ?? .max
    rows.append(
      Self.limitRow(sequential, wanted: "at least \(Self.sequentialFactor) times the first") {
        $0.nanoseconds / max(1, base) >= Self.sequentialFactor
      })
    return FigureTable(
      title: "Time to a complete state against the physical limit",
      text: """
        Scenario `bandwidth`: 8 full peers, 50 ms one way, 10 Mbit/s up and 100 Mbit/s down each, 1
        M accounts, one block a second that changes about 200 of them. The limit is the bytes that
        must cross (each account once without proofs, the blocks from the last macro block on, the
        diffs of the blocks made meanwhile) through the narrowest place (the uplinks of all peers
        that answer together, or the node's downlink), and four round trips.
        """,
      columns: Self.limitColumns, rows: rows)
  }

  static let limitColumns = ["run", "took", "limit", "ratio", "wanted", "received", "wasted"]

  static func limitRow(
    _ result: FigureResult, wanted: String, holds: (SyncMeasurement) -> Bool
  ) -> FigureTable.Row {
    guard let measured = result.report.measurement else {
      return result.row(["never", "-", "-", wanted, "-", "-"], holds: false)
    }
    return result.row(
      [
        seconds(measured.nanoseconds), seconds(measured.limit.nanoseconds),
        thousandths(measured.ratioPerMille), wanted, kilobytes(measured.receivedBytes),
        kilobytes(measured.wastedBytes),
      ], holds: holds(measured))
  }

  private var rebranchTable: FigureTable {
    let rows = rebranches.map { result in
      guard let measured = result.report.measurement else {
        return result.row(["never", "-", "-", "-"], holds: false)
      }
      let lost = measured.tally.lostSinceRebranch
      let diverged = result.report.divergedBytes
      return result.row(
        [
          seconds(measured.nanoseconds), "\(lost)", "\(diverged)",
          "\(measured.tally.doubleChunkBytes)",
        ],
        holds: result.report.rebranchesWhileIncomplete > 0 && lost <= diverged)
    }
    let calmTime = calm.report.measurement.map { seconds($0.nanoseconds) } ?? "never"
    let calmDoubles = calm.report.measurement?.tally.doubleChunkBytes ?? 0
    return FigureTable(
      title: "Bytes fetched again after a rebranch",
      text: """
        A quarter of that world, with a sixteenth of the lines. When half of the state is held, a
        longer branch replaces blocks. Fetched again are the bytes of all chunks since then that
        were not taken or whose start had been held before; it must not be more than the keys and
        values that the two branches made different. Chunks that came twice because a second peer
        helped with a slow request are told apart. Without a rebranch the same run takes
        \(calmTime), and \(calmDoubles) bytes come twice.
        """,
      columns: [
        "rebranch", "took", "bytes fetched again", "bytes of diverged keys", "bytes come twice",
      ],
      rows: rows)
  }

  private var killTable: FigureTable {
    let rows =
      Self.killRows(kills, against: limits.first, wanted: Self.killedBytesPerMille)
      + Self.killRows(thinKills, against: calm, wanted: nil)
    return FigureTable(
      title: "Bytes of a node that is killed and restarted",
      text: """
        All bytes received until the state is complete, against the undisturbed run: in the world
        of the first table at most \(thousandths(Self.killedBytesPerMille)) times as many. On the
        thin lines of the table before this one a block and its diff take about a second, and the
        whole sync sixteen blocks: chunks that wait for their block when the node is killed are
        lost, since nothing unverified is stored, and nothing is demanded there.
        """,
      columns: Self.killColumns, rows: rows)
  }

  static let killColumns = ["run", "received", "ratio", "wanted"]

  static func killRows(
    _ results: [FigureResult], against calm: FigureResult?, wanted: Int?
  ) -> [FigureTable.Row] {
    let base = calm?.report.measurement?.receivedBytes
    return results.map { result in
      let limit = wanted.map(thousandths) ?? "-"
      guard let base, let bytes = result.report.measurement?.receivedBytes else {
        return result.row(["-", "-", limit], holds: false)
      }
      let ratio = (bytes * 1_000 + base - 1) / max(1, base)
      return result.row(
        [kilobytes(bytes), thousandths(ratio), limit], holds: wanted.map { ratio <= $0 } ?? true)
    }
  }

  private var forecastTable: FigureTable {
    let rows = sweep.map { result in
      let report = result.report
      return result.row(
        [
          report.completeAfterNanoseconds.map(seconds) ?? "never", report.forecasts.last.rawValue,
          "\(report.forecasts.judged.count)", report.forecastErrorPerMille.map(thousandths) ?? "-",
        ], holds: result.isForecastRight, mayFail: true)
    }
    return FigureTable(
      title: "Forecast against the truth",
      text: """
        Scenario `race`: the more the chain changes, the less of a thin line is left for the state.
        The error is the largest distance between a forecast end and the true one, in parts of the
        whole time, of all forecasts from 20 % progress on; at most
        \(thousandths(Self.forecastErrorPerMille)). That it will not finish must be said exactly
        where the state is never complete within the scenario's time.
        """,
      columns: ["run", "complete after", "last forecast", "judged", "largest error"], rows: rows)
  }
}

func kilobytes(_ bytes: Int) -> String { "\(bytes / 1_000) kB" }

extension FigureResult {
  /// - Parameter mayFail: the run may be one whose state is never complete.
  func row(
    _ cells: [String], holds: Bool, mayFail: Bool = false
  ) -> FigureTable.Row {
    let mayBe: [Event.RunVerdict] = mayFail ? [.pass, .liveness, .unwinnable] : [.pass]
    let hasFailed = !mayBe.contains(report.verdict)
    let failure = hasFailed ? "no: \(report.verdict.rawValue), \(report.reason)" : "no"
    return FigureTable.Row(
      cells: [figure.label] + cells, failure: holds && !hasFailed ? nil : failure,
      command: figure.command)
  }
}
