import Foundation
import Glibc

/// The built program at work, until it ends by itself or by a signal, also where whoever started
/// the tests ignores signals (nohup, or a shell in the background). What is left is killed.
final class BackgroundProgram {
  private let process = Process()

  /// - Parameter errors: file that takes what it writes to its standard streams.
  init(_ arguments: [String], errors: String) throws {
    // Takes the place of `env`, so the number of the process is that of the program.
    process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
    process.arguments = ["--default-signal=INT,TERM,HUP", Program.path] + arguments
    try Data().write(to: URL(fileURLWithPath: errors))
    let file = try FileHandle(forWritingTo: URL(fileURLWithPath: errors))
    process.standardInput = FileHandle.nullDevice
    process.standardOutput = file
    process.standardError = file
    try process.run()
  }

  deinit {
    if process.isRunning { kill(process.processIdentifier, SIGKILL) }
  }

  var identifier: Int32 { process.processIdentifier }

  func signal(_ number: Int32) { kill(process.processIdentifier, number) }

  /// Waits for its end; the exit code, or the signal's number if one has ended it.
  func wait() -> Int32 {
    process.waitUntilExit()
    return process.terminationStatus
  }
}
