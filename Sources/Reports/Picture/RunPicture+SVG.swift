import Primitives

extension RunPicture {
  /// Places in pixels.
  private enum Place {
    static let width = 1_000.0
    static let left = 60.0
    static let right = 850.0
    static let share = (top: 50.0, height: 90.0)
    static let keys = (top: 160.0, height: 340.0)
    static let marks = (top: 512.0, height: 10.0)
    static let stalls = (top: 534.0, height: 10.0)
    static let away = (top: 550.0, height: 10.0)
    static let axis = 564.0
    /// A short word in the usual size.
    static let wordWidth = 40.0
    static let height = 600.0
  }

  /// Colours that people of any colour sight can tell apart (Okabe and Ito 2008), one a peer.
  private static let colours = [
    "#0072b2", "#e69f00", "#009e73", "#cc79a7", "#56b4e9", "#d55e00", "#f0e442", "#888888",
  ]

  private static func colour(_ peer: UInt32) -> String {
    colours[Int(peer &- 1) % colours.count]
  }

  /// The picture as an SVG document.
  public var svg: String {
    let parts = [
      frame, fillShapes, growthShape, deathShapes, markShapes, stallShapes, absenceShapes, axis,
      legend,
    ]
    return """
      <svg xmlns="http://www.w3.org/2000/svg" width="\(px(Place.width))" \
      height="\(px(Place.height))" viewBox="0 0 \(px(Place.width)) \(px(Place.height))" \
      font-family="sans-serif" font-size="12">
      <rect width="100%" height="100%" fill="#ffffff"/>
      \(parts.flatMap(\.self).joined(separator: "\n"))
      </svg>

      """
  }

  // MARK: Where things are

  private var begin: Int64 { start ?? 0 }

  private func x(_ time: Int64) -> Double {
    let share = Double(min(max(time, begin), end) - begin) / Double(max(1, end - begin))
    return Place.left + share * (Place.right - Place.left)
  }

  private func y(_ row: Int) -> Double {
    Place.keys.top + Double(row) / Double(ReportLimits.pictureRows) * Place.keys.height
  }

  /// With two decimals, by whole numbers.
  private func px(_ value: Double) -> String {
    let hundredths = Int((value * 100).rounded())
    let rest = hundredths % 100
    if rest == 0 { return "\(hundredths / 100)" }
    return "\(hundredths / 100)." + (rest < 10 ? "0" : "") + "\(rest)"
  }

  // MARK: Shapes

  private func rect(
    _ x: Double, _ y: Double, _ width: Double, _ height: Double, _ more: String
  ) -> String {
    "<rect x=\"\(px(x))\" y=\"\(px(y))\" width=\"\(px(max(0, width)))\" "
      + "height=\"\(px(max(0, height)))\" \(more)/>"
  }

  private func line(
    _ x: Double, _ y: Double, _ x2: Double, _ y2: Double, _ more: String
  ) -> String {
    "<line x1=\"\(px(x))\" y1=\"\(px(y))\" x2=\"\(px(x2))\" y2=\"\(px(y2))\" \(more)/>"
  }

  private func text(_ x: Double, _ y: Double, _ words: String, _ more: String = "") -> String {
    let safe = PrintableText.line(words).replacing("&", with: "&amp;").replacing("<", with: "&lt;")
    return "<text x=\"\(px(x))\" y=\"\(px(y))\" \(more)>\(safe)</text>"
  }

  private var frame: [String] {
    let width = Place.right - Place.left
    let right = "text-anchor=\"end\" fill=\"#555555\""
    return [
      text(Place.left, 28, "\(node) fills its state: \(title)", "font-size=\"16\""),
      rect(Place.left, Place.share.top, width, Place.share.height, "fill=\"#f4f4f4\""),
      rect(Place.left, Place.keys.top, width, Place.keys.height, "fill=\"#f4f4f4\""),
      text(Place.left - 6, Place.share.top + 10, "100 %", right),
      text(Place.left - 6, Place.share.top + Place.share.height, "0 %", right),
      text(Place.left - 6, Place.keys.top + 10, "00…", right),
      text(Place.left - 6, Place.keys.top + Place.keys.height, "ff…", right),
      text(Place.left - 6, Place.keys.top + Place.keys.height / 2, "keys", right),
      text(Place.left - 6, Place.marks.top + 5, "rebranch", right + " font-size=\"10\""),
      text(Place.left - 6, Place.stalls.top + 9, "stalled", right + " font-size=\"10\""),
      text(Place.left - 6, Place.away.top + 9, "away", right + " font-size=\"10\""),
    ]
  }

  private var fillShapes: [String] {
    fills.map { fill in
      let left = x(fill.from)
      return rect(
        left, y(fill.rows.lowerBound), x(fill.to ?? end) - left,
        y(fill.rows.upperBound) - y(fill.rows.lowerBound),
        "fill=\"\(Self.colour(fill.peer))\"")
    }
  }

  private var growthShape: [String] {
    func y(_ rows: Int) -> Double {
      let share = Double(rows) / Double(ReportLimits.pictureRows)
      return Place.share.top + (1 - share) * Place.share.height
    }
    var path = "M\(px(Place.left)) \(px(y(0)))"
    for point in growth { path += " H\(px(x(point.time))) V\(px(y(point.rows)))" }
    path += " H\(px(Place.right))"
    return ["<path d=\"\(path)\" fill=\"none\" stroke=\"#222222\" stroke-width=\"1.5\"/>"]
  }

  private var deathShapes: [String] {
    deaths.flatMap { span in
      let left = x(span.from)
      let width = x(span.to ?? end) - left
      let bottom = Place.keys.top + Place.keys.height
      // A word that does not fit into the band stands before it, where no curve is.
      let isWide = width > Place.wordWidth
      return [
        rect(
          left, Place.share.top, width, bottom - Place.share.top,
          "fill=\"#222222\" fill-opacity=\"0.55\""),
        text(
          isWide ? left + width / 2 : left - 4, Place.share.top + 16, span.label,
          isWide
            ? "text-anchor=\"middle\" fill=\"#ffffff\""
            : "text-anchor=\"end\" fill=\"#222222\""),
      ]
    }
  }

  private var markShapes: [String] {
    var lastDepth = -Double.infinity
    var isLower = false
    return marks.flatMap { mark in
      let x = x(mark.time)
      let bottom = Place.keys.top + Place.keys.height
      let small = "text-anchor=\"middle\" font-size=\"9\""
      switch mark.kind {
      case .rebranch:
        // Numbers side by side would run into each other.
        isLower = x - lastDepth < Place.marks.height && !isLower
        lastDepth = x
        let y = Place.marks.top + (isLower ? Place.marks.height : 0)
        return [
          line(x, Place.keys.top, x, bottom, "stroke=\"#cc0000\" stroke-width=\"0.7\""),
          text(x, y, mark.label, small + " fill=\"#cc0000\""),
        ]
      case .ban:
        return [
          line(x, Place.keys.top, x, bottom, "stroke=\"#000000\" stroke-dasharray=\"4 2\""),
          text(x, Place.keys.top - 2, "\(mark.label) banned", small),
        ]
      case .complete, .givenUp:
        let colour = mark.kind == .complete ? "#006600" : "#990099"
        return [
          line(x, Place.share.top, x, bottom, "stroke=\"\(colour)\" stroke-width=\"1.2\""),
          text(x, Place.share.top - 4, mark.label, small + " fill=\"\(colour)\""),
        ]
      }
    }
  }

  private var stallShapes: [String] {
    stalls.map { span in
      let left = x(span.from)
      return rect(
        left, Place.stalls.top, x(span.to ?? end) - left, Place.stalls.height, "fill=\"#d55e00\"")
    }
  }

  private var absenceShapes: [String] {
    absences.compactMap { span in
      let left = x(span.from)
      let right = x(span.to ?? end)
      guard right > left else { return nil }
      let peer = UInt32(span.label.dropFirst()) ?? 0
      return rect(
        left, Place.away.top, right - left, Place.away.height,
        "fill=\"\(Self.colour(peer))\" fill-opacity=\"0.7\"")
    }
  }

  private var axis: [String] {
    let seconds = Double(end - begin) / 1e9
    // About eight ticks at 1, 2 or 5 times a power of ten.
    var step = 0.001
    for factor in Self.steps where seconds / step > 8 { step *= factor }
    var shapes: [String] = []
    var tick = (Double(begin) / 1e9 / step).rounded(.up) * step
    while tick <= Double(end) / 1e9 {
      let x = x(Int64(tick * 1e9))
      shapes.append(line(x, Place.axis, x, Place.axis + 5, "stroke=\"#555555\""))
      shapes.append(
        text(x, Place.axis + 18, "\(px(tick)) s", "text-anchor=\"middle\" fill=\"#555555\""))
      tick += step
    }
    shapes.append(line(Place.left, Place.axis, Place.right, Place.axis, "stroke=\"#555555\""))
    return shapes
  }

  /// From one width of a tick to the next: 1, 2, 5, 10 and so on, up to a year.
  private static let steps = (0..<31).map { $0 % 3 == 1 ? 2.5 : 2.0 }

  private var legend: [String] {
    let left = Place.right + 16
    var y = Place.keys.top + 10
    var shapes: [String] = []
    for peer in Set(fills.map(\.peer)).sorted().prefix(ReportLimits.pictureLegendMax) {
      let chunks = fills.filter { $0.peer == peer }
      let rows = chunks.reduce(0) { $0 + $1.rows.count }
      let all = max(1, fills.reduce(0) { $0 + $1.rows.count })
      shapes.append(rect(left, y - 10, 12, 12, "fill=\"\(Self.colour(peer))\""))
      shapes.append(text(left + 18, y, "p\(peer)  \(percent(rows * 1_000_000 / all))"))
      y += 18
    }
    return shapes
  }
}
