import Foundation

/// Numbers of instructions of the workloads, counted by valgrind's callgrind.
enum InstructionCounts {
  /// How far a count may be from the recorded one, in per cent.
  private static let tolerancePercent = 2.0

  struct Failure: Error, CustomStringConvertible {
    let description: String
  }

  /// Counts all workloads and prints a table; false if a count is off. Recording writes `file`.
  static func run(file: String, isRecording: Bool) throws -> Bool {
    let place = URL(fileURLWithPath: file)
    let recorded = isRecording ? [:] : try read(place)
    var counts: [(name: String, count: Int)] = []
    var isWithin = true
    print("workload   recorded         now   difference")
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
      print(
        name.padding(toLength: 8, withPad: " ", startingAt: 0)
          + String(format: "%11d %11d %+10.2f %%", before, now, percent) + verdict)
    }
    if isRecording { try write(counts, to: place) }
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
    try Data().write(to: words)
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

  private static func read(_ file: URL) throws -> [String: Int] {
    do {
      return try JSONDecoder().decode([String: Int].self, from: Data(contentsOf: file))
    } catch {
      throw Failure(description: "\(file.path) is no file of counts: \(error)")
    }
  }

  private static func write(_ counts: [(name: String, count: Int)], to file: URL) throws {
    let lines = counts.map { "  \"\($0.name)\": \($0.count)" }.joined(separator: ",\n")
    try Data("{\n\(lines)\n}\n".utf8).write(to: file, options: .atomic)
  }
}
