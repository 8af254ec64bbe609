import Foundation

/// The exit codes of every command, documented in Docs/CommandLine.md.
enum ExitCode: Int32 {
  /// Done, or the verdict is pass.
  case pass = 0
  /// A check found something: a damaged data directory, evidence that does not prove what it says.
  case refuted = 1
  /// Arguments or input files that cannot be used.
  case usage = 2
  /// A data directory cannot be opened.
  case unopened = 3
  /// There is no room on the disk for a data directory; what was committed is there.
  case fullDisk = 4
  /// A safety invariant was broken.
  case safety = 10
  /// The node did not complete or follow in time.
  case liveness = 11
  /// The same run gave other bytes.
  case nondeterminism = 12
  /// The run passed without having exercised what it is for.
  case vacuous = 14
  /// No node could have done what the scenario asks for.
  case unwinnable = 15
}

/// Standard error, where everything goes that is not a result.
enum Console {
  /// True if a person watches standard error, so that a moving progress line is welcome.
  static let isTerminal = isatty(FileHandle.standardError.fileDescriptor) == 1

  static func error(_ message: String) {
    FileHandle.standardError.write(Data("livesync: \(message)\n".utf8))
  }

  /// Replaces the last line on a terminal; does nothing in a pipe.
  static func progress(_ line: String) {
    guard isTerminal else { return }
    FileHandle.standardError.write(Data("\r\u{1b}[K\(line)".utf8))
  }

  /// Clears the progress line.
  static func endProgress() {
    progress("")
  }

  /// Prints a result line at once, also into a pipe.
  static func print(_ line: String) {
    FileHandle.standardOutput.write(Data((line + "\n").utf8))
  }
}
