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
    var entries: [PlannedFault.Entry] = []
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
        do throws(ScenarioError) {
          entries = try PlannedFault.entries(of: member.value)
        } catch {
          throw FaultPlanError(
            error.reason, key: "faults", place: "\(error.place ?? member.place)")
        }
      default:
        throw FaultPlanError(
          "unknown key '\(member.key)'", key: member.key, place: "\(member.place)")
      }
    }
    guard let seed else { throw FaultPlanError("seed is missing", key: "seed") }
    guard let scenario else { throw FaultPlanError("scenario is missing", key: "scenario") }
    do throws(FaultPlanError) {
      try self.init(seed: seed, scenario: scenario, faults: entries.map(\.fault))
    } catch {
      guard let index = error.fault, entries.indices.contains(index) else { throw error }
      throw error.at("\(entries[index].entry.place(of: error.key))")
    }
  }

  /// The plan as a JSON file.
  public var json: String {
    let scenario = scenario.json.dropLast().split(separator: "\n").joined(separator: "\n  ")
    return "{\n  \"seed\": \(seed),\n  \"scenario\": \(scenario),\n  \"faults\": "
      + PlannedFault.json(faults) + "\n}\n"
  }
}
