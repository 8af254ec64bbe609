import EventLog
import Primitives
import Simulation
import Streams

/// `livesync scenario list`
enum ScenarioListCommand: Command {
  static let specification = CommandSpecification(
    name: "scenario list", summary: "List the built-in scenarios and the faults they come from.",
    positionals: [], options: [],
    notes: ["Run one with livesync simulate --scenario NAME."])

  static func run(_ arguments: Arguments) throws -> ExitCode {
    let list = Scenario.builtIn
    if arguments.wantsJSON {
      Console.printJSON("[" + list.map(ScenarioText.json).joined(separator: ",") + "]")
      return .pass
    }
    let width = (list.map(\.name.count).max() ?? 0) + 2
    for scenario in list {
      Console.print(right(scenario.name, width) + scenario.description)
      if !scenario.bug.isEmpty { Console.print(right("", width) + "from " + scenario.bug) }
    }
    return .pass
  }
}

/// `livesync scenario show`
enum ScenarioShowCommand: Command {
  static let specification = CommandSpecification(
    name: "scenario show", summary: "Show what a built-in scenario does and what it comes from.",
    positionals: ["NAME"], options: [],
    notes: ["All its numbers: livesync simulate --scenario NAME --show."])

  static func run(_ arguments: Arguments) throws -> ExitCode {
    let scenario = try SimulateCommand.usable { () throws(ScenarioError) in
      try Scenario.named(arguments.positionals[0])
    }
    if arguments.wantsJSON {
      Console.printJSON(ScenarioText.json(scenario))
    } else {
      Console.print(ScenarioText.lines(scenario).joined(separator: "\n"))
    }
    return .pass
  }
}

/// A scenario for people and for programs.
private enum ScenarioText {
  static func lines(_ scenario: Scenario) -> [String] {
    let needs = scenario.needs.map(\.rawValue).joined(separator: " ")
    let faults = scenario.faults.map { "\($0.kind)@\($0.start)ms" }
    return [
      "scenario  \(scenario.name)", "          \(scenario.description)",
      "from      " + (scenario.bug.isEmpty ? "-" : scenario.bug),
      "needs     " + (needs.isEmpty ? "-" : needs),
      "faults    " + (scenario.faults.isEmpty ? "-" : faults.joined(separator: " ")),
      "numbers   \(scenario.parametersChanged)",
      "run       livesync simulate --scenario \(scenario.name)",
    ]
  }

  static func json(_ scenario: Scenario) -> String {
    let needs = scenario.needs.map { JSONText.quoted($0.rawValue) }.joined(separator: ",")
    return "{\"name\":\(JSONText.quoted(scenario.name)),"
      + "\"description\":\(JSONText.quoted(scenario.description)),"
      + "\"bug\":\(JSONText.quoted(scenario.bug)),\"needs\":[\(needs)],"
      + "\"faults\":[\(scenario.faults.map(\.json).joined(separator: ","))],"
      + "\"parameters\":\(JSONText.quoted(scenario.parametersChanged))}"
  }
}
