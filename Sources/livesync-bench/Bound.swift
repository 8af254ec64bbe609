/// A figure that has a limit.
struct Bound {
  let name: String
  let value: Double
  let unit: String
  let limit: Double
  /// Whether the limit is the least that is wanted.
  let isLeast: Bool

  var isKept: Bool { isLeast ? value >= limit : value <= limit }
  /// At most 1 if it is kept.
  var ratio: Double { isLeast ? limit / value : value / limit }

  /// The figure, and how it stands to its limit.
  var figures: [FigureReport.Figure] {
    [
      FigureReport.Figure(name, value, unit),
      FigureReport.Figure("\(name), ratio to its bound", ratio, ""),
    ]
  }
}
