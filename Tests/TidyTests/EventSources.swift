/// What the sources say of the events of the log: which groups there are, and who emits what.
struct EventSources {
  /// One event as its group declares it.
  struct Declaration: Hashable {
    let group: String
    /// The case of the group, such as `evidencePart`.
    let name: String
    /// The label of its first value; nil if that has none.
    let label: String?
  }

  private(set) var declarations: [Declaration] = []
  /// The groups that the schema of the program lists.
  private(set) var registered: [String] = []
  /// The code that could emit events, without blanks, one text a file.
  private var emitters: [String] = []

  init(_ files: [SourceFile]) {
    for file in files where file.isSource {
      let code = file.code.joined(separator: "\n")
      if file.path.contains("/Events/") {
        declarations += Self.declarations(in: code)
      } else {
        emitters.append(code.filter { !$0.isWhitespace })
      }
      if file.path.hasSuffix("/EventSchema+Livesync.swift") {
        registered += code.matches(of: /Event\.(\w+)\.self/).map { String($0.1) }
      }
    }
  }

  var groups: [String] {
    var seen: Set<String> = []
    return declarations.map(\.group).filter { seen.insert($0).inserted }
  }

  /// The events that no source constructs, as `Group.name`.
  var unemitted: [String] {
    declarations.filter { declaration in !emitters.contains { Self.emits($0, declaration) } }
      .map { "\($0.group).\($0.name)" }
  }

  /// An event is made through its group's factory, as `.chunk(.rejected(…))`, by the name of its
  /// case as a function, as in `make(Event.Chunk.rejected)`, or as a value of a function that gives
  /// the group, as `.rejected(peer: …)`. Patterns have none of these forms.
  private static func emits(_ code: String, _ event: Declaration) -> Bool {
    let factory = event.group.prefix(1).lowercased() + event.group.dropFirst()
    let direct = ".\(factory)(.\(event.name)"
    let function = "(Event.\(event.group).\(event.name)"
    return [direct, function].contains { has(code, $0) }
      || event.label.map { label in
        code.contains("Event.\(event.group)") && code.contains(".\(event.name)(\(label):")
      } ?? false
  }

  /// True if `text` stands there as a whole name and not as the beginning of one.
  private static func has(_ code: String, _ text: String) -> Bool {
    code.ranges(of: text).contains { range in
      guard range.upperBound < code.endIndex else { return true }
      let next = code[range.upperBound]
      return !(next.isLetter || next.isNumber || next == "_")
    }
  }

  private static func declarations(in code: String) -> [Declaration] {
    guard let group = code.firstMatch(of: /extension Event\.(\w+): EventGroup/)?.1,
      let start = code.firstRange(of: "enum \(group): Sendable")?.upperBound,
      let end = code[start...].firstRange(of: "\n  }")?.lowerBound
    else { return [] }
    return code[start..<end].matches(of: /case (\w+)(?:\(\s*(\w+):)?/).map {
      Declaration(group: String(group), name: String($0.1), label: $0.2.map(String.init))
    }
  }
}
