import EventLog
import LiveSync

extension Scenario {
  /// The scenario of a JSON file. Keys that are left out have their default; unknown keys, numbers
  /// that are not whole and values out of range are refused by name and place.
  public init(json bytes: [UInt8]) throws(ScenarioError) {
    let document: JSONDocument
    do throws(JSONError) {
      document = try JSONDocument(parsing: bytes)
    } catch {
      throw .badFile("this is no JSON document: \(error.reason)").at(error.place)
    }
    try self.init(document)
  }

  /// The scenario that stands in a document.
  init(_ document: JSONDocument) throws(ScenarioError) {
    guard case .object(let members) = document.content else {
      throw .badFile("a scenario is one object").at(document.place)
    }
    self.init()
    var entries: [PlannedFault.Entry] = []
    for member in members {
      do throws(ScenarioError) {
        if member.key == "faults" {
          entries = try PlannedFault.entries(of: member.value)
        } else {
          try set(member.key, member.value)
        }
      } catch { throw error.at(member.place) }
    }
    faults = entries.map(\.fault)
    do throws(ScenarioError) {
      try check()
      try checkFaults(entries)
    } catch {
      guard let member = members.last(where: { error.keys.contains($0.key) }) else { throw error }
      throw error.at(member.place)
    }
  }

  /// Throws for the first planned fault that cannot be, at its place in the file.
  private func checkFaults(_ entries: [PlannedFault.Entry]) throws(ScenarioError) {
    do throws(FaultPlanError) {
      try FaultPlan.check(faults, in: self)
    } catch {
      let wrong = ScenarioError.contradiction(error.description, keys: ["faults"])
      guard let index = error.fault else { throw wrong }
      throw wrong.at(entries[index].entry.place(of: error.key))
    }
  }

  private mutating func set(_ key: String, _ value: JSONDocument) throws(ScenarioError) {
    switch key {
    case "name": name = try Self.text(key, value)
    case "description": description = try Self.text(key, value)
    case "bug": bug = try Self.text(key, value)
    case "needs": needs = try Self.named(key, value)
    case "strategy":
      let word = try Self.text(key, value)
      guard let named = SyncStrategy(rawValue: word) else {
        let known = SyncStrategy.allCases.map(\.rawValue).joined(separator: ", ")
        throw .badFile("strategy is '\(word)', known are \(known)")
      }
      strategy = named
    case "liars": liars = try Self.named(key, value)
    default:
      let path = try Self.path(of: key)
      guard let whole: Int = value.whole() else {
        throw .badFile("\(key) is no whole number").at(value.place)
      }
      self[keyPath: path] = whole
    }
  }

  /// The values whose names the list of `key` has.
  private static func named<Value: RawRepresentable & CaseIterable>(
    _ key: String, _ list: JSONDocument
  ) throws(ScenarioError) -> [Value] where Value.RawValue == String {
    guard case .array(let entries) = list.content else {
      throw .badFile("\(key) is no list of texts").at(list.place)
    }
    return try entries.map { entry throws(ScenarioError) in
      guard let word = entry.text else {
        throw .badFile("\(key) is no list of texts").at(entry.place)
      }
      guard let value = Value(rawValue: word) else {
        let known = Value.allCases.map(\.rawValue).joined(separator: ", ")
        throw .badFile("\(key) has '\(word)', known are \(known)").at(entry.place)
      }
      return value
    }
  }

  /// Sets the number named `key`; throws `badFile` if there is none. Ranges are checked by
  /// `check()`.
  public mutating func set(_ key: String, to number: Int) throws(ScenarioError) {
    self[keyPath: try Self.path(of: key)] = number
  }

  /// Sets one number as `KEY=N`; throws `badFile` naming what is wrong with it.
  public mutating func set(_ assignment: String) throws(ScenarioError) {
    let words = assignment.split(separator: "=", omittingEmptySubsequences: false)
    guard words.count == 2, let number = Int(words[1]), "\(number)" == words[1] else {
      throw .badFile("'\(assignment)' is no KEY=N, such as slow_peers=4")
    }
    try set(String(words[0]), to: number)
  }

  private static func path(
    of key: String
  ) throws(ScenarioError) -> any (WritableKeyPath<Scenario, Int> & Sendable) {
    guard let field = fields.first(where: { $0.key == key }) else {
      throw .badFile("unknown key '\(key)'")
    }
    return field.path
  }

  private static func text(
    _ key: String, _ value: JSONDocument
  ) throws(ScenarioError) -> String {
    guard let text = value.text else { throw .badFile("\(key) is no text").at(value.place) }
    return text
  }

  /// The scenario as a JSON file, every key in order; what it comes from and planned faults only if
  /// there are such.
  public var json: String {
    var lines = [
      "\"name\": \(JSONText.quoted(name))", "\"description\": \(JSONText.quoted(description))",
    ]
    if !bug.isEmpty { lines.append("\"bug\": \(JSONText.quoted(bug))") }
    if !needs.isEmpty {
      let words = needs.map { JSONText.quoted($0.rawValue) }
      lines.append("\"needs\": [\(words.joined(separator: ", "))]")
    }
    lines += Self.fields.map { "\"\($0.key)\": \(self[keyPath: $0.path])" }
    lines.append("\"strategy\": \(JSONText.quoted(strategy.rawValue))")
    let kinds = liars.map { JSONText.quoted($0.rawValue) }
    lines.append("\"liars\": [\(kinds.joined(separator: ", "))]")
    if !faults.isEmpty { lines.append("\"faults\": \(PlannedFault.json(faults))") }
    return "{\n" + lines.map { "  \($0)" }.joined(separator: ",\n") + "\n}\n"
  }
}
