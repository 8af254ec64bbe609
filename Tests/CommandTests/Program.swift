import Foundation
import TestSupport

/// The built program, run as a process of its own.
enum Program {
  struct Result {
    let code: Int32
    let output: String
    let errors: String
    /// True if a signal ended it, whose number is the code then.
    let isKilled: Bool
  }

  /// The build folder: the test bundle and the program are built side by side.
  private static let folder: URL = {
    var folder = URL(fileURLWithPath: CommandLine.arguments[0]).deletingLastPathComponent()
    while folder.path != "/" {
      if FileManager.default.isExecutableFile(atPath: folder.appending(path: "livesync").path) {
        return folder
      }
      folder.deleteLastPathComponent()
    }
    return PackageFiles.root.appending(path: ".build/release")
  }()

  /// Where it is.
  static var path: String { folder.appending(path: "livesync").path }

  /// Runs `livesync` with `arguments`; `input` is its standard input.
  static func run(_ arguments: String..., input: String = "") throws -> Result {
    try run(arguments, input: input)
  }

  static func run(_ arguments: [String], input: String = "") throws -> Result {
    try run(folder.appending(path: "livesync"), arguments, input: input, in: PackageFiles.root)
  }

  /// Runs a script of bash in `place`; `livesync` and `livesync-bench` are the built programs. What
  /// it leaves in the background ends with it: `waitUntilExit` waits for that too.
  static func shell(_ script: String, in place: URL = PackageFiles.root) throws -> Result {
    let prepare = """
      export PATH="\(folder.path):$PATH"
      trap 'kill $(jobs -p) 2> /dev/null || true' EXIT

      """
    return try run(
      URL(fileURLWithPath: "/bin/bash"), ["-c", prepare + script], input: "", in: place)
  }

  private static func run(
    _ executable: URL, _ arguments: [String], input: String, in place: URL
  ) throws -> Result {
    let process = Process()
    process.executableURL = executable
    process.arguments = arguments
    process.currentDirectoryURL = place
    let scratch = try scratchFolder()
    defer { try? FileManager.default.removeItem(at: scratch) }
    // Files instead of pipes: a full pipe that nobody reads would stop the program.
    let files = try ["in", "out", "err"].map { name in
      let url = scratch.appending(path: name)
      try Data((name == "in" ? input : "").utf8).write(to: url)
      return url
    }
    process.standardInput = try FileHandle(forReadingFrom: files[0])
    process.standardOutput = try FileHandle(forWritingTo: files[1])
    process.standardError = try FileHandle(forWritingTo: files[2])
    try process.run()
    process.waitUntilExit()
    return Result(
      code: process.terminationStatus,
      output: try String(contentsOf: files[1], encoding: .utf8),
      errors: try String(contentsOf: files[2], encoding: .utf8),
      isKilled: process.terminationReason == .uncaughtSignal)
  }

  /// A new empty folder that the caller removes.
  static func scratchFolder() throws -> URL {
    let url = FileManager.default.temporaryDirectory.appending(path: UUID().uuidString)
    try FileManager.default.createDirectory(at: url, withIntermediateDirectories: true)
    return url
  }
}
