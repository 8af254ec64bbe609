import EventLog

extension FaultPlan {
  /// The plan of a JSON file: an object with `seed`, `scenario` (as in its own file) and `faults`.
  /// What is wrong is named with line, column and key.
  public init(json bytes: [UInt8]) throws(FaultPlanError) {
    let document: JSONDocument
    do throws(JSONError) {
      document = try JSONDocument(parsing: bytes)
    } catch {
      throw FaultPlanError("this is no JSON document: \(error.reason)", place: "\(error.place)")
    }
    guard case .object(let members) = document.content else {
      throw FaultPlanError("a plan is one object", place: "\(document.place)")
    }
    var seed: UInt64?
    var scenario: Scenario?
    var entries: [JSONDocument] = []
    for member in members {
      switch member.key {
      case "seed":
        guard let number: UInt64 = member.value.whole() else {
          throw FaultPlanError(
            "seed is no whole number from 0 on", key: "seed", place: "\(member.place)")
        }
        seed = number
      case "scenario":
        do throws(ScenarioError) {
          scenario = try Scenario(member.value)
        } catch {
          throw FaultPlanError(
            "scenario: \(error.reason)", key: "scenario",
            place: "\(error.place ?? member.place)")
        }
      case "faults":
        guard case .array(let list) = member.value.content else {
          throw FaultPlanError("faults is no list", key: "faults", place: "\(member.place)")
        }
        entries = list
      default:
        throw FaultPlanError(
          "unknown key '\(member.key)'", key: member.key, place: "\(member.place)")
      }
    }
    guard let seed else { throw FaultPlanError("seed is missing", key: "seed") }
    guard let scenario else { throw FaultPlanError("scenario is missing", key: "scenario") }
    let faults = try entries.map { entry throws(FaultPlanError) in try PlannedFault(entry) }
    do throws(FaultPlanError) {
      try self.init(seed: seed, scenario: scenario, faults: faults)
    } catch {
      guard let index = error.fault, entries.indices.contains(index) else { throw error }
      throw error.at("\(entries[index].place(of: error.key))")
    }
  }

  /// The plan as a JSON file.
  public var json: String {
    let scenario = scenario.json.dropLast().split(separator: "\n").joined(separator: "\n  ")
    let lines = faults.map { "    " + $0.json }
    return "{\n  \"seed\": \(seed),\n  \"scenario\": \(scenario),\n  \"faults\": ["
      + (lines.isEmpty ? "" : "\n" + lines.joined(separator: ",\n") + "\n  ") + "]\n}\n"
  }
}

extension PlannedFault {
  private typealias Number = (key: String, path: WritableKeyPath<PlannedFault, Int>)

  private static var numbers: [Number] {
    [
      ("start_ms", \.start), ("duration_ms", \.duration), ("node", \.node), ("peer", \.peer),
      ("amount", \.amount),
    ]
  }

  fileprivate init(_ entry: JSONDocument) throws(FaultPlanError) {
    guard case .object(let members) = entry.content else {
      throw FaultPlanError("a fault is an object", key: "faults", place: "\(entry.place)")
    }
    self.init("", start: 0)
    for member in members {
      if member.key == "fault" {
        guard let text = member.value.text else {
          throw FaultPlanError("fault is no text", key: "fault", place: "\(member.place)")
        }
        kind = text
        continue
      }
      guard let number = Self.numbers.first(where: { $0.key == member.key }) else {
        throw FaultPlanError(
          "unknown key '\(member.key)'", key: member.key, place: "\(member.place)")
      }
      guard let value: Int = member.value.whole() else {
        throw FaultPlanError(
          "\(member.key) is no whole number", key: member.key, place: "\(member.place)")
      }
      self[keyPath: number.path] = value
    }
    guard !kind.isEmpty else {
      throw FaultPlanError("fault is missing", key: "fault", place: "\(entry.place)")
    }
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
  fileprivate func place(of key: String) -> Place {
    guard case .object(let members) = content else { return place }
    return members.first { $0.key == key }?.place ?? place
  }
}
