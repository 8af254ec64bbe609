import Primitives

/// The charts of a report. Places along the time are shares of the width, so that a chart fits any
/// screen; words stand outside of what is stretched.
struct ReportCharts {
  private let report: RunReport
  private let begin: Int64
  private let end: Int64

  init(_ report: RunReport) {
    self.report = report
    begin = report.picture.start ?? 0
    end = max(report.picture.end, begin + 1)
  }

  /// The class with the colour of a peer, such as `p3`.
  static func colour(_ peer: String) -> String {
    guard let number = UInt32(peer.dropFirst()), number > 0 else { return "p0" }
    return "p\((number - 1) % 7 + 1)"
  }

  /// Where a moment stands, 0...1000.
  private func x(_ time: Int64) -> Double {
    Double(min(max(time, begin), end) - begin) / Double(end - begin) * 1_000
  }

  private func share(_ time: Int64) -> String { HTMLText.decimal(x(time) / 10) + "%" }

  /// A row of the chart: words to the left, and a picture of this height.
  private func row(
    _ words: [String], _ height: Int, _ shapes: String, kind: String = "ground",
    label: String = ""
  ) -> String {
    let axis = words.count == 1 ? "axis one" : "axis"
    let role = label.isEmpty ? "aria-hidden=\"true\"" : "role=\"img\" aria-label=\"\(label)\""
    return "<div class=\"\(axis)\">\(words.map { "<span>\($0)</span>" }.joined())</div>"
      + "<svg class=\"\(kind)\" height=\"\(height)\" \(role)>\(shapes)</svg>"
  }

  private func stretched(_ height: Int, _ shapes: String) -> String {
    "<svg width=\"100%\" height=\"100%\" viewBox=\"0 0 1000 \(height)\" "
      + "preserveAspectRatio=\"none\">\(shapes)</svg>"
  }

  // MARK: How the state filled

  var fill: String {
    let most = max(1, report.missing.all.map(\.value).max() ?? 1)
    let marks = lines(.complete, "good-line") + deaths
    return """
      <section><h2>How the state filled</h2>
      <p class="why">Time goes to the right. The strip in the middle is the key space from its \
      first to its last key: each part gets the colour of the peer that gave it, from the moment \
      that it was proven. Grey is missing.</p>
      <div class="chart">
      \(row(
        ["100 %", "held", "0 %"], 110,
        stretched(1_000_000, steps(held, most: 1_000_000, height: 1_000_000))
          + marks, label: "Share of the key space that is held over time"))
      \(row(
        ["\(most)", "missing ranges", "0"], 64,
        stretched(1_000, steps(report.missing.all, most: most, height: 1_000)) + marks,
        label: "Missing ranges over time"))
      \(row(
        ["00…", "keys", "ff…"], 240, strip + marks,
        label: "Which part of the key space is held, by peer, over time"))
      \(row(["forks"], 12, lines(.rebranch, "bad-line")))
      \(row(["stalled"], 12, bars(report.picture.stalls, "warn-fill")))
      \(row(["peers away"], 12, absences))
      \(row([""], 18, ticks, kind: "labels"))
      </div>
      \(legend)</section>
      """
  }

  /// The share that is held, by whichever the log says more often: progress, or chunks.
  private var held: [(time: Int64, value: Int64)] {
    guard report.picture.growth.count > report.held.all.count else { return report.held.all }
    var curve = ReportCurve()
    for point in report.picture.growth {
      curve.add(point.time, Int64(point.rows * 1_000_000 / ReportLimits.pictureRows))
    }
    return curve.all
  }

  /// A curve of steps with what lies under it.
  private func steps(_ points: [(time: Int64, value: Int64)], most: Int64, height: Int) -> String {
    guard let first = points.first else { return "" }
    func y(_ value: Int64) -> String {
      HTMLText.decimal((1 - Double(max(0, value)) / Double(most) * 0.97 - 0.015) * Double(height))
    }
    var path = "M\(HTMLText.decimal(x(first.time))) \(y(first.value))"
    for point in points.dropFirst() {
      path += "H\(HTMLText.decimal(x(point.time)))V\(y(point.value))"
    }
    path += "H1000"
    let area = "\(path)V\(height)H\(HTMLText.decimal(x(first.time)))Z"
    return "<path class=\"area\" d=\"\(area)\"/><path class=\"curve\" d=\"\(path)\"/>"
  }

  private var strip: String {
    let shapes = report.picture.fills.prefix(ReportLimits.heatRectanglesMax).map { fill in
      let left = x(fill.from)
      return "<rect class=\"\(Self.colour("p\(fill.peer)"))\" x=\"\(HTMLText.decimal(left))\" "
        + "y=\"\(fill.rows.lowerBound)\" width=\"\(HTMLText.decimal(x(fill.to ?? end) - left))\" "
        + "height=\"\(fill.rows.count)\"/>"
    }
    return "<g shape-rendering=\"crispEdges\">"
      + stretched(ReportLimits.pictureRows, shapes.joined()) + "</g>"
  }

  private func lines(_ kind: RunPicture.Mark.Kind, _ style: String) -> String {
    report.picture.marks.filter { $0.kind == kind }.prefix(ReportLimits.tableRowsMax).map { mark in
      let title =
        kind == .rebranch ? "\(mark.label) blocks reverted at " : "\(mark.label) at "
      return "<line class=\"\(style)\" x1=\"\(share(mark.time))\" x2=\"\(share(mark.time))\" "
        + "y1=\"0\" y2=\"100%\"><title>\(HTMLText.escaped(title))"
        + "\(Figures.moment(mark.time))</title></line>"
    }.joined()
  }

  private var deaths: String { bars(report.picture.deaths, "dead") }

  private func bars(_ spans: [RunPicture.Span], _ kind: String) -> String {
    spans.prefix(ReportLimits.tableRowsMax).map { bar($0, kind) }.joined()
  }

  private func bar(_ span: RunPicture.Span, _ kind: String) -> String {
    let width = HTMLText.decimal((x(span.to ?? end) - x(span.from)) / 10)
    return "<rect class=\"\(kind)\" x=\"\(share(span.from))\" width=\"\(width)%\" height=\"100%\">"
      + "<title>\(HTMLText.escaped(span.label)) from \(Figures.moment(span.from))</title></rect>"
  }

  private var absences: String {
    report.picture.absences.prefix(ReportLimits.tableRowsMax)
      .filter { ($0.to ?? end) > begin }.map { bar($0, Self.colour($0.label)) }.joined()
  }

  private var ticks: String {
    let seconds = Double(end - begin) / 1e9
    // About six ticks at 1, 2 or 5 times a power of ten.
    var step = 0.001
    for factor in (0..<31).map({ $0 % 3 == 1 ? 2.5 : 2.0 }) where seconds / step > 6 {
      step *= factor
    }
    var shapes = ""
    var tick = (Double(begin) / 1e9 / step).rounded(.up) * step
    while tick <= Double(end) / 1e9 {
      let place = x(Int64(tick * 1e9)) / 10
      let anchor = place < 3 ? "start" : place > 97 ? "end" : "middle"
      shapes +=
        "<text x=\"\(HTMLText.decimal(place))%\" y=\"13\" text-anchor=\"\(anchor)\">"
        + "\(HTMLText.decimal(tick)) s</text>"
      tick += step
    }
    return shapes
  }

  private var legend: String {
    let peers = Set(report.picture.fills.map(\.peer)).sorted()
      .prefix(ReportLimits.pictureLegendMax)
    let items = peers.map { peer in
      "<li><svg class=\"swatch\"><rect class=\"\(Self.colour("p\(peer)"))\" width=\"12\" "
        + "height=\"12\"/></svg>p\(peer)</li>"
    }
    let others = [
      report.picture.deaths.isEmpty ? "" : Self.key("dead", "the node was killed"),
      report.picture.marks.contains { $0.kind == .complete }
        ? Self.key("good-fill", "complete") : "",
      report.picture.marks.contains { $0.kind == .rebranch }
        ? Self.key("bad-fill", "fork") : "",
    ]
    return "<ul class=\"legend\">\((items + others).joined())</ul>"
  }

  private static func key(_ kind: String, _ words: String) -> String {
    "<li><svg class=\"swatch\"><rect class=\"\(kind)\" width=\"12\" height=\"12\"/></svg>"
      + "\(words)</li>"
  }

  // MARK: The forecast

  /// When the node expected to be done, over time; nil if it never said.
  var forecast: String? {
    let points = report.forecasts.all
    guard points.count > 1 else { return nil }
    let truth = report.summary.timeToComplete
    // What is far off is cut, so that the rest can be seen.
    let whole = (truth ?? end) - begin
    let top = begin + max(1, whole + whole / 2)
    let shown = ReportCharts(report, until: truth ?? end)
    func y(_ value: Int64) -> Double {
      Double(min(max(value, begin), top) - begin) / Double(top - begin)
    }
    var path = ""
    for point in points {
      path +=
        "\(path.isEmpty ? "M" : "L")\(HTMLText.decimal(shown.x(point.time))) "
        + HTMLText.decimal((1 - y(point.value)) * 1_000)
    }
    let line = truth.map { truth in
      let place = HTMLText.decimal((1 - y(truth)) * 100) + "%"
      return "<line class=\"truth\" x1=\"0\" x2=\"100%\" y1=\"\(place)\" y2=\"\(place)\"/>"
    }
    return "<div class=\"chart\">"
      + row(
        ["\(top / 1_000_000_000) s", "done at", "\(begin / 1_000_000_000) s"], 150,
        stretched(1_000, "<path class=\"curve\" d=\"\(path)\"/>") + (line ?? ""),
        label: "When the node expected to be done, over time")
      + row([""], 18, shown.ticks, kind: "labels") + "</div>"
  }

  private init(_ report: RunReport, until: Int64) {
    self.report = report
    begin = report.picture.start ?? 0
    end = max(until, begin + 1)
  }
}
