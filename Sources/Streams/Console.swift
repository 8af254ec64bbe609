import Glibc
import Locking
import Primitives

/// The standard streams of a program: results go to standard output, everything else to standard
/// error. Every write is checked, and none ends the program by a signal.
///
/// - A reader that has gone ends the program quietly with `brokenPipeCode`.
/// - A standard output that cannot be written is told in one line; the program goes on, so that its
///   exit code is right, and `isLost` says that results are missing.
/// - What cannot be written to standard error is left out.
public enum Console {
  /// Exit code after the reader of standard output has gone: that of the signal SIGPIPE.
  public static let brokenPipeCode: Int32 = 128 + SIGPIPE

  private struct State {
    var program = "livesync"
    var isLost = false
  }
  private static let state = Lock(State())
  private static let output = Descriptor(STDOUT_FILENO)
  private static let errors = Descriptor(STDERR_FILENO)

  /// To be called first: ignores the signals that writing can raise, and fills closed standard
  /// streams, so that a file opened later does not take their place. `program` begins each message.
  public static func prepare(program: String) {
    state.withLock { $0.program = program }
    for number in [SIGPIPE, SIGXFSZ] { signal(number, SIG_IGN) }
    for number in [STDIN_FILENO, STDOUT_FILENO, STDERR_FILENO]
    where fcntl(number, F_GETFD) < 0 && errno == EBADF {
      // The other way round, so that every use still fails. The lowest free number is taken.
      _ = open("/dev/null", number == STDIN_FILENO ? O_WRONLY : O_RDONLY)
    }
  }

  /// True if results could not be written.
  public static var isLost: Bool { state.withLock { $0.isLost } }

  /// True if a person watches standard error, so that a moving progress line is welcome.
  public static let isTerminal = isatty(STDERR_FILENO) == 1

  /// Prints lines of text at once, also into a pipe. Control characters are written out.
  public static func print(_ text: String) {
    write(Array((PrintableText.lines(text) + "\n").utf8))
  }

  /// Prints a JSON document at once. Control characters are written out as JSON does.
  public static func printJSON(_ document: String) {
    write(Array((PrintableText.json(document) + "\n").utf8))
  }

  /// Writes a message of one line, or of several if `more` is given, to standard error.
  public static func error(_ message: String, more: String = "") {
    endProgress()
    let program = state.withLock { $0.program }
    let rest = more.isEmpty ? "" : PrintableText.lines(more) + "\n"
    _ = errors.write(Array("\(program): \(PrintableText.line(message))\n\(rest)".utf8))
  }

  /// Writes a line of a log to standard error.
  public static func log(_ line: String) {
    endProgress()
    _ = errors.write(Array("\(PrintableText.line(line))\n".utf8))
  }

  /// Replaces the last line on a terminal; does nothing in a pipe.
  public static func progress(_ line: String) {
    guard isTerminal else { return }
    _ = errors.write(Array("\r\u{1b}[K\(PrintableText.line(line))".utf8))
  }

  /// Shows lines on a terminal in the place of the `count` lines before; in a pipe does nothing.
  public static func table(_ lines: [String], replacing count: Int) {
    guard isTerminal else { return }
    let up = count > 0 ? "\u{1b}[\(count)A" : ""
    let text = lines.map { "\u{1b}[K\(PrintableText.line($0))\n" }.joined()
    _ = errors.write(Array((up + text).utf8))
  }

  /// Clears the progress line.
  public static func endProgress() {
    progress("")
  }

  /// Writes bytes to standard output as they are.
  static func write(_ bytes: [UInt8]) {
    if isLost { return }
    guard let failure = output.write(bytes).failure else { return }
    if failure.code == EPIPE {
      endProgress()
      _exit(brokenPipeCode)
    }
    state.withLock { $0.isLost = true }
    error("standard output cannot be written: \(SystemText.of(failure.code))")
  }

  /// True if `status` is that of standard output.
  static func isOutput(_ status: stat) -> Bool {
    output.status.map { $0.isSame(as: status) } ?? false
  }
}
