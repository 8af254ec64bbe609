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
  /// Everything went well, but a result, the event log or a file could not be written. Instead of
  /// `pass` only: what is worse keeps its own code.
  case lost = 5
  /// A safety invariant was broken.
  case safety = 10
  /// The node did not complete or follow in time.
  case liveness = 11
  /// The same run gave other bytes.
  case nondeterminism = 12
  /// A run ended in the middle: an error, or the end of its process.
  case crash = 13
  /// The run passed without having exercised what it is for.
  case vacuous = 14
  /// No node could have done what the scenario asks for.
  case unwinnable = 15
}
