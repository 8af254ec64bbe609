import Foundation
import Primitives
import Simulation
import Streams

/// `livesync simulate --check-determinism`
extension SimulateCommand {
  /// Longest log that is compared, in bytes.
  private static let comparedLogBytesMax = 1 << 32

  /// Runs the same twice, each in a process of its own, and compares the logs.
  static func checkDeterminism(_ arguments: Arguments, seed: UInt64) throws -> ExitCode {
    guard arguments.text("--seeds") == nil, arguments.text("--out") == nil else {
      throw UsageError("option '--check-determinism' goes with neither '--seeds' nor '--out'")
    }
    for name in ["--worker", "--show"] where arguments.flag(name) {
      throw UsageError("option '--check-determinism' does not go with '\(name)'")
    }
    let folder = FileManager.default.temporaryDirectory.path + "/livesync-" + UUID().uuidString
    let place = try Workplace(path: folder, isKept: false)
    let interruption = Interruption { number in
      place.end()
      return 128 + number
    }
    defer { place.end() }
    let result = Result { try runTwice(arguments, seed: seed, place) }
    interruption.end()
    let logs = try result.get()
    let difference = FirstDifference(logs[0], logs[1])
    if arguments.wantsJSON {
      Console.printJSON(
        "{\"seed\":\(seed),\"equal\":\(difference == nil),"
          + "\"first_different_record\":\(difference.map { "\($0.record)" } ?? "null")}")
    } else if let difference {
      Console.print("the runs differ at record \(difference.record):")
      Console.print("first     \(PrintableText.line(difference.lines.0))")
      Console.print("second    \(PrintableText.line(difference.lines.1))")
    } else {
      let records = logs[0].count { $0 == UInt8(ascii: "\n") }
      Console.print("PASS  two processes wrote the same \(records) records")
    }
    return difference == nil ? .pass : .nondeterminism
  }

  /// The logs of two runs, in `place`.
  private static func runTwice(
    _ arguments: Arguments, seed: UInt64, _ place: Workplace
  ) throws -> [[UInt8]] {
    var logs: [[UInt8]] = []
    for name in ["first", "second"] {
      let process = Process()
      process.executableURL = URL(fileURLWithPath: "/proc/self/exe").resolvingSymlinksInPath()
      var words = words(arguments)
      if arguments.text("--plan") == nil { words += ["--seed", "\(seed)"] }
      process.arguments = words + ["--json", "--out", "\(place.path)/\(name)"]
      process.standardOutput = FileHandle.nullDevice
      let child = try place.start(process)
      child.wait()
      guard let code = child.exitCode, code != ExitCode.usage.rawValue else {
        throw UsageError("the \(name) of two runs came to no end")
      }
      var file = try InputFile(path: "\(place.path)/\(name)/events.jsonl")
      logs.append(try file.all(limit: comparedLogBytesMax))
    }
    return logs
  }
}

/// Where two logs differ first.
struct FirstDifference {
  /// Number of the record, from 0, as its `seq` says.
  let record: Int
  /// The record in either log; empty behind the end of one.
  let lines: (String, String)

  /// Nil if the logs are equal.
  init?(_ first: [UInt8], _ second: [UInt8]) {
    guard first != second else { return nil }
    let end = UInt8(ascii: "\n")
    let (a, b) = (first.split(separator: end), second.split(separator: end))
    let shorter = min(a.count, b.count)
    let place = (0..<shorter).first { a[$0] != b[$0] } ?? shorter
    func line(_ list: [ArraySlice<UInt8>]) -> String {
      list.indices.contains(place) ? String(decoding: list[place], as: UTF8.self) : ""
    }
    record = place
    lines = (line(a), line(b))
  }
}
