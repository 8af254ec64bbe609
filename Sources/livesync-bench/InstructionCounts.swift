import EventLog
import Foundation
import Streams

/// Numbers of instructions of the workloads, counted by valgrind's callgrind.
enum InstructionCounts {
  /// How far a count may be from the recorded one, in per cent.
  private static let tolerancePercent = 2.0

  /// Largest file of counts that is read, in bytes.
  private static let bytesMax = 1 << 20

  struct Failure: Error, CustomStringConvertible {
    let description: String
  }

  /// Counts all workloads and prints a table; false if a count is off. Recording writes `file`.
  static func run(file: String, isRecording: Bool) throws -> Bool {
    let target = isRecording ? try OutputFile(path: file) : nil
    let recorded = isRecording ? [:] : try read(file)
    var counts: [(name: String, count: Int)] = []
    var isWithin = true
    Console.print("workload   recorded         now   difference")
    for workload in Workload.allCases {
      let name = workload.rawValue
      let now = try count(name)
      counts.append((name, now))
      let before = isRecording ? now : recorded[name]
      guard let before else {
        throw Failure(description: "\(file) has no count of \(name); record it anew")
      }
      let percent = 100 * Double(now - before) / Double(before)
      if abs(percent) > tolerancePercent { isWithin = false }
      let verdict = abs(percent) > tolerancePercent ? "  OFF" : ""
      Console.print(
        name.padding(toLength: 8, withPad: " ", startingAt: 0)
          + String(format: "%11d %11d %+10.2f %%", before, now, percent) + verdict)
    }
    if let target { try write(counts, to: target) }
    return isWithin
  }

  /// The instructions of one workload in a process of its own.
  private static func count(_ workload: String) throws -> Int {
    let folder = FileManager.default.temporaryDirectory
      .appending(path: "livesync-counts-\(ProcessInfo.processInfo.processIdentifier)")
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(at: folder) }
    let output = folder.appending(path: workload)
    let process = Process()
    process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
    process.arguments = [
      "valgrind", "--tool=callgrind", "--quiet", "--collect-atstart=no",
      "--toggle-collect=*7counted*", "--callgrind-out-file=\(output.path)",
      try FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/exe"), "workload",
      workload,
    ]
    process.environment = ProcessInfo.processInfo.environment
      .merging(["SWIFT_DETERMINISTIC_HASHING": "1"]) { $1 }
    process.standardOutput = FileHandle.nullDevice
    // What valgrind says of the program's debug information is of no use unless it fails.
    let words = folder.appending(path: "stderr")
    try OutputFile(path: words.path).write([])
    process.standardError = try FileHandle(forWritingTo: words)
    try process.run()
    process.waitUntilExit()
    guard process.terminationStatus == 0 else {
      let said = try String(contentsOf: words, encoding: .utf8)
      throw Failure(description: "valgrind ended with \(process.terminationStatus):\n\(said)")
    }
    let lines = try String(contentsOf: output, encoding: .utf8).split(separator: "\n")
    let total = lines.first { $0.hasPrefix("totals: ") }?.split(separator: " ").last
    guard let count = total.flatMap({ Int($0) }), count > 0 else {
      throw Failure(description: "valgrind counted nothing in \(workload)")
    }
    return count
  }

  private static func read(_ path: String) throws -> [String: Int] {
    var file = try InputFile(path: path)
    let document: JSONDocument
    do { document = try JSONDocument(parsing: try file.all(limit: bytesMax)) } catch {
      throw error is JSONError ? Failure(description: "'\(path)': \(error)") : error
    }
    guard case .object(let members) = document.content else {
      throw Failure(description: "'\(path)' is no object of counts")
    }
    var counts: [String: Int] = [:]
    for member in members {
      guard let count: Int = member.value.whole(), count > 0 else {
        let place = member.value.place
        throw Failure(description: "'\(path)': \(place): \(member.key) is no count")
      }
      counts[member.key] = count
    }
    return counts
  }

  private static func write(_ counts: [(name: String, count: Int)], to file: OutputFile) throws {
    let lines = counts.map { "  \"\($0.name)\": \($0.count)" }.joined(separator: ",\n")
    try file.write(Array("{\n\(lines)\n}\n".utf8))
  }
}
