import Foundation
import Primitives
import Simulation
import Streams

/// `livesync-bench simulator`: how fast the simulator is, in processor time of one core.
enum SimulatorCommand {
  static let usage = """
    usage: livesync-bench simulator [--bandwidth] [--json]

    Measures how much virtual time a second of processor time gives with ten nodes and a block a
    second, while a node fills its state and once it follows; and how many seeds of the profiles
    swarm and small are run in a second on one core.

      --bandwidth  also run the scenario bandwidth (a million accounts), with its memory
      --json       print one JSON object
      --help       print this text
    """

  /// One measured number.
  private struct Row {
    let name: String
    let value: Double
    let unit: String
  }

  private enum Arm {
    /// Profiles, and the seeds of each that are run.
    static let profiles = [("swarm", 0..<50 as Range<UInt64>), ("small", 0..<200)]
    static let identity = RunIdentity(commit: "bench", toolchain: "swift", mode: "release")
  }

  static func run(_ words: [String]) -> Int32 {
    if words == ["--help"] {
      Console.print(usage)
      return 0
    }
    guard Set(words).isSubset(of: ["--bandwidth", "--json"]), Set(words).count == words.count else {
      Console.error("unknown or repeated arguments: \(words.joined(separator: " "))", more: usage)
      return 2
    }
    do {
      var rows = try tenNodes() + drawnWorlds()
      if words.contains("--bandwidth") { rows += try bandwidth() }
      show(rows, asJSON: words.contains("--json"))
      return 0
    } catch {
      Console.error("\(error)")
      return 1
    }
  }

  private static func show(_ rows: [Row], asJSON isJSON: Bool) {
    if isJSON {
      let fields = rows.map { "\"\($0.name)\":\(String(format: "%.3f", $0.value))" }
      Console.printJSON("{" + fields.joined(separator: ",") + "}")
    } else {
      for row in rows {
        Console.print(
          right(row.name, 28) + left(String(format: "%.1f", row.value), 10) + " " + row.unit)
      }
    }
  }

  /// Ten nodes at one block a second.
  private static func tenNodes() throws -> [Row] {
    var scenario = Scenario()
    scenario.name = "ten-nodes"
    scenario.nodes = 10
    scenario.accounts = 5_000
    scenario.uploadBytesPerSecond = 16_000
    scenario.blocks = 600
    scenario.joinAtBlock = 20
    scenario.forkPerMillion = 0
    let start = seconds()
    var (joined, complete): (Point?, Point?)
    let report = try run(scenario, seed: 1) { progress in
      let point = Point(virtual: progress.virtualNanoseconds, spent: seconds() - start)
      if progress.block >= 20 { joined = joined ?? point }
      if progress.heldPartsPerMillion >= 1_000_000 { complete = complete ?? point }
    }
    let end = Point(virtual: report.virtualNanoseconds, spent: seconds() - start)
    guard let joined, let complete else { throw Failure(what: "ten nodes never synced") }
    return [
      Row(name: "ten_nodes_syncing", value: complete.speed(since: joined), unit: "x real time"),
      Row(name: "ten_nodes_synced", value: end.speed(since: complete), unit: "x real time"),
    ]
  }

  /// Worlds with planned faults, one after another.
  private static func drawnWorlds() throws -> [Row] {
    try Arm.profiles.map { name, seeds in
      let profile = try Profile.named(name)
      let start = seconds()
      for seed in seeds {
        let report = try profile.draw(seed).run().run(identity: Arm.identity)
        guard report.verdict == .pass || report.verdict == .vacuous else {
          throw Failure(what: "\(name), seed \(seed): \(report.reason)")
        }
      }
      return Row(
        name: "\(name)_worlds", value: Double(seeds.count) / (seconds() - start), unit: "seeds/s")
    }
  }

  private static func bandwidth() throws -> [Row] {
    let start = seconds()
    _ = try run(try Scenario.named("bandwidth"), seed: 1)
    let spent = seconds() - start
    var usage = rusage()
    getrusage(.init(RUSAGE_SELF.rawValue), &usage)
    return [
      Row(name: "bandwidth", value: spent, unit: "s"),
      Row(name: "bandwidth_memory", value: Double(usage.ru_maxrss) / 1_024, unit: "MiB"),
    ]
  }

  private static func run(
    _ scenario: Scenario, seed: UInt64, _ progress: (SimulationProgress) -> Void = { _ in }
  ) throws -> SimulationReport {
    let report = try SimulationRun(scenario, seed: seed).run(
      identity: Arm.identity, progress: progress)
    guard report.verdict == .pass else {
      throw Failure(what: "\(scenario.name), seed \(seed): \(report.reason)")
    }
    return report
  }

  /// A run that was to be measured and did not pass.
  private struct Failure: Error, CustomStringConvertible {
    let what: String
    var description: String { "this run does not count: \(what)" }
  }

  /// Virtual time, and processor time that it took.
  private struct Point {
    let virtual: Int64
    let spent: Double

    func speed(since start: Point) -> Double {
      Double(virtual - start.virtual) / 1e9 / max(spent - start.spent, 1e-9)
    }
  }

  /// Processor time of the process, in seconds.
  private static func seconds() -> Double {
    var time = timespec()
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &time)
    return Double(time.tv_sec) + Double(time.tv_nsec) / 1e9
  }
}
