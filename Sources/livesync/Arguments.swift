/// What a command takes, for parsing and for its help text.
struct CommandSpecification {
  struct Option {
    let name: String
    /// Placeholder of the value; nil for a flag.
    let value: String?
    let help: String
    /// Whether it may be given several times.
    let isList: Bool

    init(_ name: String, _ value: String? = nil, help: String, isList: Bool = false) {
      self.name = name
      self.value = value
      self.help = isList ? help + " (may be repeated)" : help
      self.isList = isList
    }
  }

  /// Words after the program's name, such as "fixture record".
  let name: String
  /// One sentence.
  let summary: String
  /// Placeholders of the positional arguments, in order.
  let positionals: [String]
  let options: [Option]
  /// Further lines of the help text.
  let notes: [String]
  /// How many of the last positional arguments may be left out.
  var optionalPositionals = 0
  /// Whether the last one may stand several times.
  var repeatsLast = false

  /// The options every command has.
  private static let common = [
    Option("--json", help: "print one JSON object instead of text"),
    Option("--help", help: "print this text"),
  ]

  var allOptions: [Option] { options + Self.common }

  var usage: String {
    let needed = positionals.dropLast(optionalPositionals)
    let others = positionals.suffix(optionalPositionals).map { "[\($0)]" }
    let more = repeatsLast ? ["…"] : []
    let words = ["usage: livesync", name] + needed + others + more + ["[options]"]
    return words.joined(separator: " ")
  }

  var help: String {
    var lines = [usage, "", summary, ""]
    let names = allOptions.map { $0.value == nil ? $0.name : "\($0.name) \($0.value!)" }
    let width = (names.map(\.count).max() ?? 0) + 2
    for (option, name) in zip(allOptions, names) {
      lines.append(
        "  " + name + String(repeating: " ", count: width - name.count) + option.help)
    }
    if !notes.isEmpty { lines += [""] + notes }
    return lines.joined(separator: "\n")
  }
}

/// Arguments that do not fit a command; the message names what was wrong.
struct UsageError: Error {
  let message: String

  init(_ message: String) {
    self.message = message
  }
}

/// The parsed arguments of one command.
struct Arguments {
  let positionals: [String]
  private let values: [String: [String]]
  private let flags: Set<String>

  /// Fits `words` to `specification`. Every option at most once unless it is a list, values in the
  /// next word or after an equals sign.
  init(_ words: [String], _ specification: CommandSpecification) throws(UsageError) {
    var positionals: [String] = []
    var values: [String: [String]] = [:]
    var flags: Set<String> = []
    var rest = words[...]
    while let word = rest.popFirst() {
      guard word.hasPrefix("-"), word != "-" else {
        positionals.append(word)
        continue
      }
      let parts = word.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
      let name = String(parts[0])
      guard let option = specification.allOptions.first(where: { $0.name == name }) else {
        throw UsageError("unknown option '\(name)'")
      }
      guard option.isList || values[name] == nil, !flags.contains(name) else {
        throw UsageError("option '\(name)' is given twice")
      }
      guard let placeholder = option.value else {
        guard parts.count == 1 else { throw UsageError("option '\(name)' takes no value") }
        flags.insert(name)
        continue
      }
      guard let value = parts.count == 2 ? String(parts[1]) : rest.popFirst() else {
        throw UsageError("option '\(name)' needs a value \(placeholder)")
      }
      values[name, default: []].append(value)
    }
    self.positionals = positionals
    self.values = values
    self.flags = flags
    let most = specification.positionals.count
    let isEnough = positionals.count >= most - specification.optionalPositionals
    let isTooMuch = positionals.count > most && !specification.repeatsLast
    guard !wantsHelp, !isEnough || isTooMuch else { return }
    if isTooMuch {
      throw UsageError("unexpected argument '\(positionals[specification.positionals.count])'")
    }
    throw UsageError("argument \(specification.positionals[positionals.count]) is missing")
  }

  var wantsHelp: Bool { flags.contains("--help") }
  var wantsJSON: Bool { flags.contains("--json") }

  func flag(_ name: String) -> Bool { flags.contains(name) }
  func text(_ name: String) -> String? { values[name]?.last }
  func texts(_ name: String) -> [String] { values[name] ?? [] }

  /// The whole number given for `name`, if any, which must lie in `range`.
  func number<Value: FixedWidthInteger>(
    _ name: String, in range: ClosedRange<Value>
  ) throws(UsageError) -> Value? {
    guard let text = text(name) else { return nil }
    guard let value = Value(text), range.contains(value) else {
      throw UsageError(
        "option '\(name)' needs a whole number from \(range.lowerBound) to \(range.upperBound), "
          + "not '\(text)'")
    }
    return value
  }
}
