import Foundation

/// The figures of one run of a benchmark, for people, programs and the page.
struct FigureReport {
  struct Figure {
    let name: String
    let value: Double
    let unit: String

    init(_ name: String, _ value: Double, _ unit: String) {
      self.name = name
      self.value = value
      self.unit = unit
    }
  }

  let benchmark: String
  /// What was measured.
  let title: String
  /// What was asked for, in JSON.
  let settings: [String: Any]
  let figures: [Figure]
  /// True if no bound was missed.
  let isWithinBounds: Bool

  var text: String {
    let width = (figures.map(\.name.count).max() ?? 0) + 1
    let rows = figures.map { figure in
      figure.name.padding(toLength: width, withPad: " ", startingAt: 0)
        + String(format: "%14.3f ", figure.value) + figure.unit
    }
    return (["\(benchmark), \(title)"] + rows).joined(separator: "\n")
  }

  func json() throws -> String {
    var object = settings
    object["ok"] = isWithinBounds
    for figure in figures {
      let unit = figure.unit.isEmpty ? "" : " " + figure.unit
      object[figure.name + unit] = (figure.value * 1_000).rounded() / 1_000
    }
    let data = try JSONSerialization.data(withJSONObject: object, options: [.sortedKeys])
    return String(decoding: data, as: UTF8.self)
  }

  func markdown(heading: String, command: String, machine: Machine) -> String {
    let rows = figures.map { "| \($0.name) | \(String(format: "%.3f", $0.value)) | \($0.unit) |" }
    return """
      ## \(heading)

      `\(command)`, \(machine.cpu), \(machine.cores) cores, \(machine.system),
      commit \(machine.commit).
      \(title).

      | figure | value | unit |
      |---|---|---|
      \(rows.joined(separator: "\n"))
      """
  }
}
