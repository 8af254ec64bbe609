/// The text format of Prometheus, read strictly: written apart from the writer, by the format's
/// own description.
struct MetricsText {
  struct Family {
    var help: String
    var type: String
    /// By labels, as they were read, in order.
    var samples: [(labels: [String: String], value: Double)] = []
  }

  struct Failure: Error, CustomStringConvertible {
    let description: String
  }

  private(set) var families: [String: Family] = [:]

  /// Throws at the first line that breaks a rule.
  init(_ text: String) throws {
    guard text.hasSuffix("\n") else { throw Failure(description: "no line feed at the end") }
    var help: (name: String, text: String)?
    var current: String?
    for line in text.dropLast().split(separator: "\n", omittingEmptySubsequences: false) {
      let words = line.split(separator: " ", maxSplits: 3).map(String.init)
      if line.hasPrefix("# HELP ") {
        guard words.count == 4, Self.isName(words[2]) else { throw Self.wrong(line) }
        help = (words[2], words[3])
      } else if line.hasPrefix("# TYPE ") {
        guard words.count == 4, let said = help, said.name == words[2],
          ["counter", "gauge"].contains(words[3]), families[words[2]] == nil
        else { throw Self.wrong(line) }
        families[words[2]] = Family(help: said.text, type: words[3])
        current = words[2]
        help = nil
      } else {
        let sample = try Self.sample(line)
        guard sample.name == current else { throw Self.wrong(line) }
        let isKnown = families[sample.name]?.samples.contains { $0.labels == sample.labels }
        guard isKnown == false else { throw Failure(description: "twice: \(line)") }
        families[sample.name]?.samples.append((sample.labels, sample.value))
      }
    }
  }

  func value(_ name: String, _ labels: [String: String] = [:]) -> Double? {
    families[name]?.samples.first { $0.labels == labels }?.value
  }

  private static func wrong(_ line: Substring) -> Failure { Failure(description: "\(line)") }

  private static func isName(_ text: some StringProtocol) -> Bool {
    String(text).wholeMatch(of: /[a-z_][a-z0-9_]*/) != nil
  }

  private static func sample(
    _ line: Substring
  ) throws -> (name: String, labels: [String: String], value: Double) {
    var rest = line
    let name = rest.prefix { $0 != "{" && $0 != " " }
    rest.removeFirst(name.count)
    var labels: [String: String] = [:]
    if rest.first == "{" {
      rest.removeFirst()
      while rest.first != "}" {
        let label = rest.prefix { $0 != "=" }
        rest.removeFirst(label.count)
        guard isName(label), rest.hasPrefix("=\"") else { throw wrong(line) }
        rest.removeFirst(2)
        var value = ""
        while let character = rest.popFirst(), character != "\"" {
          if character == "\\" {
            switch rest.popFirst() {
            case "n": value += "\n"
            case "\\": value += "\\"
            case "\"": value += "\""
            default: throw wrong(line)
            }
          } else {
            value.append(character)
          }
        }
        guard labels.updateValue(value, forKey: String(label)) == nil else { throw wrong(line) }
        if rest.first == "," { rest.removeFirst() }
      }
      rest.removeFirst()
    }
    guard isName(name), rest.first == " ", let value = Double(rest.dropFirst()) else {
      throw wrong(line)
    }
    return (String(name), labels, value)
  }
}
