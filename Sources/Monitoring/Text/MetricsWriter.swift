/// Writes metrics in the text format of Prometheus, version 0.0.4: each family with its help and
/// type, then its samples.
package struct MetricsWriter: Sendable {
  /// What kind of number a family is of.
  package enum Kind: String, Sendable {
    /// It only grows; its name ends with `_total`.
    case counter
    /// It goes up and down.
    case gauge
  }

  package typealias Labels = [(name: String, value: String)]

  package private(set) var text = ""

  package init() {}

  /// A family of one sample without labels; left out if there is no number.
  mutating func value(_ name: String, _ kind: Kind, _ help: String, _ value: Double?) {
    guard let value else { return }
    family(name, kind, help, [([], value)])
  }

  /// A family with labels, left out if it has no sample: what is not known is no zero.
  package mutating func family(
    _ name: String, _ kind: Kind, _ help: String, _ samples: [(labels: Labels, value: Double)]
  ) {
    guard !samples.isEmpty else { return }
    text += "# HELP \(name) \(Self.escaped(help, quotes: false))\n"
    text += "# TYPE \(name) \(kind.rawValue)\n"
    for sample in samples {
      let labels = sample.labels.map { "\($0.name)=\"\(Self.escaped($0.value, quotes: true))\"" }
      let list = labels.isEmpty ? "" : "{\(labels.joined(separator: ","))}"
      text += "\(name)\(list) \(Self.number(sample.value))\n"
    }
  }

  private static func number(_ value: Double) -> String {
    if value.isNaN { return "NaN" }
    if value.isInfinite { return value > 0 ? "+Inf" : "-Inf" }
    return Decimal.text(value)
  }

  /// Backslashes and line feeds are escaped, and in labels quotation marks.
  private static func escaped(_ text: String, quotes: Bool) -> String {
    var result = ""
    for scalar in text.unicodeScalars {
      switch scalar {
      case "\\": result += #"\\"#
      case "\n": result += #"\n"#
      case "\"" where quotes: result += #"\""#
      default: result.unicodeScalars.append(scalar)
      }
    }
    return result
  }
}
