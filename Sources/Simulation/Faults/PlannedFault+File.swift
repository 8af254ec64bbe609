import EventLog

/// Planned faults as they stand in files of plans and scenarios.
extension PlannedFault {
  /// A fault, and the object that it was read from.
  struct Entry {
    let fault: PlannedFault
    let entry: JSONDocument
  }

  private typealias Number = (key: String, path: WritableKeyPath<PlannedFault, Int>)

  private static var numbers: [Number] {
    [
      ("start_ms", \.start), ("duration_ms", \.duration), ("node", \.node), ("peer", \.peer),
      ("amount", \.amount),
    ]
  }

  /// The faults of a list. What is wrong with its form is named with its place.
  static func entries(of list: JSONDocument) throws(ScenarioError) -> [Entry] {
    guard case .array(let entries) = list.content else { throw .badFile("faults is no list") }
    return try entries.map { entry throws(ScenarioError) in
      Entry(fault: try PlannedFault(entry), entry: entry)
    }
  }

  private init(_ entry: JSONDocument) throws(ScenarioError) {
    guard case .object(let members) = entry.content else {
      throw .badFile("a fault is an object").at(entry.place)
    }
    self.init("", start: 0)
    for member in members {
      if member.key == "fault" {
        guard let text = member.value.text else {
          throw .badFile("fault is no text").at(member.place)
        }
        kind = text
        continue
      }
      guard let number = Self.numbers.first(where: { $0.key == member.key }) else {
        throw .badFile("unknown key '\(member.key)'").at(member.place)
      }
      guard let value: Int = member.value.whole() else {
        throw .badFile("\(member.key) is no whole number").at(member.place)
      }
      self[keyPath: number.path] = value
    }
    guard !kind.isEmpty else { throw .badFile("fault is missing").at(entry.place) }
  }

  /// A list of faults, one a line, as a member of an object.
  static func json(_ faults: [PlannedFault]) -> String {
    let lines = faults.map { "    " + $0.json }
    return "[" + (lines.isEmpty ? "" : "\n" + lines.joined(separator: ",\n") + "\n  ") + "]"
  }

  /// One JSON object; numbers that are 0 are left out, but for the start.
  public var json: String {
    let shown = Self.numbers.filter { $0.key == "start_ms" || self[keyPath: $0.path] != 0 }
    let numbers = shown.map { "\"\($0.key)\": \(self[keyPath: $0.path])" }
    return "{" + (["\"fault\": \(JSONText.quoted(kind))"] + numbers).joined(separator: ", ") + "}"
  }
}

extension JSONDocument {
  /// Where the member of this name stands; if there is none, the object.
  func place(of key: String) -> Place {
    guard case .object(let members) = content else { return place }
    return members.first { $0.key == key }?.place ?? place
  }
}
