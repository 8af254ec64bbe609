import Primitives
import Simulation
import Streams

/// `livesync simulate --plan FILE`
extension SimulateCommand {
  /// The plan of the file that is named; nil if none is.
  static func plan(_ arguments: Arguments) throws -> FaultPlan? {
    guard let path = arguments.text("--plan") else { return nil }
    for name in ["--profile", "--scenario", "--seed", "--seeds"]
    where arguments.text(name) != nil {
      throw UsageError("option '--plan' does not go with '\(name)': a plan says it")
    }
    try refuseNumbers(arguments, with: "--plan")
    var file = try InputFile(path: path)
    let bytes = try file.all(limit: SimulationLimits.planBytesMax)
    do { return try FaultPlan(json: bytes) } catch { throw UsageError("\(path): \(error)") }
  }

  /// The world of a plan is what the plan says.
  static func refuseNumbers(
    _ arguments: Arguments, with option: String
  ) throws(UsageError) {
    for name in ["--nodes", "--accounts", "--blocks", "--strategy", "--set"]
    where arguments.text(name) != nil {
      throw UsageError("option '\(option)' does not go with '\(name)'; change the plan instead")
    }
  }
}
