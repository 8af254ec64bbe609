import EventLog
import LiveSync

/// A page about one node's sync for people who have not read the manual: what happened, whether it
/// went well, who gave what, what was refused, and where time and bytes went.
///
/// Pure: records go in one by one, and equal records give an equal page. Every number on the page
/// is one of the node's `LogSummary`.
public struct RunReport: Sendable {
  public let node: String
  /// The numbers.
  public private(set) var summary: LogSummary
  private(set) var picture: RunPicture
  /// Share of the key space that is held, in millionths.
  private(set) var held = ReportCurve()
  private(set) var missing = ReportCurve()
  /// Ends that were forecast.
  private(set) var forecasts = ReportCurve()

  /// A report on the node with this name, such as `s0`.
  public init(node: String) {
    self.node = node
    summary = LogSummary(node: node)
    picture = RunPicture(node: node)
  }

  /// False if the log says nothing of the node's start.
  public var isEmpty: Bool { picture.isEmpty }

  /// The last line of the log if that was cut off.
  public var cut: EventLogCut? {
    get { summary.cut }
    set { summary.cut = newValue }
  }

  /// Takes the next record.
  public mutating func add(_ record: EventRecord) {
    summary.add(record)
    picture.add(record)
    guard record.context.node == node else { return }
    switch record.event.group {
    case Event.State.progress(_, _, let ranges, let ppm, _, _):
      held.add(record.time, Int64(ppm))
      missing.add(record.time, Int64(ranges))
    case Event.State.complete:
      held.add(record.time, 1_000_000)
      missing.add(record.time, 0)
    case Event.State.forecast(.converges, let eta?, _, _, _, _):
      if summary.timeToComplete == nil {
        let (end, isTooLarge) = record.time.addingReportingOverflow(eta)
        forecasts.add(record.time, isTooLarge ? .max : end)
      }
    default: break
    }
  }
}

/// A curve with a bounded number of points: when there are too many, every second one goes, and
/// from then on only every second one is taken in.
struct ReportCurve: Sendable {
  private(set) var points: [(time: Int64, value: Int64)] = []
  /// The last point, which is never left out.
  private var latest: (time: Int64, value: Int64)?
  private var stride = 1
  private var count = 0

  mutating func add(_ time: Int64, _ value: Int64) {
    latest = (time, value)
    defer { count += 1 }
    guard count % stride == 0 else { return }
    points.append((time, value))
    guard points.count > ReportLimits.curvePointsMax else { return }
    points = points.enumerated().filter { $0.offset % 2 == 0 }.map(\.element)
    stride *= 2
  }

  /// The points in the order of time, the last one among them.
  var all: [(time: Int64, value: Int64)] {
    guard let latest, let last = points.last, last.time != latest.time else { return points }
    return points + [latest]
  }
}
