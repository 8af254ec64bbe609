import Glibc

/// Code that may trap, run in a copy of this process: a trap cannot be caught in the process itself.
public enum ForkedRun {
  /// How the copy ended.
  public enum End: Equatable, Sendable {
    /// By itself, with the number that the code returned, 0...255.
    case returned(Int32)
    /// By a signal: a trap, or SIGALRM after too long a time.
    case killed(signal: Int32)
  }

  /// The longest time that the copy may take in seconds, in case it waits for a lock that another
  /// thread of this process held when it was copied.
  private static let secondsMax: UInt32 = 10

  /// Runs `body` in a copy of this process that only has the calling thread. `body` must not wait for
  /// other threads.
  public static func run(_ body: () -> Int32) -> End {
    // Swift hides fork, because few things are safe after it; plain computing is.
    typealias Fork = @convention(c) () -> Int32
    let fork = unsafeBitCast(dlsym(dlopen(nil, RTLD_NOW), "fork"), to: Fork.self)
    let child = fork()
    precondition(child >= 0, "the process cannot be copied: errno \(errno)")
    if child == 0 {
      for number in [SIGILL, SIGTRAP, SIGSEGV, SIGABRT] { signal(number, SIG_DFL) }
      // The reason is printed when the case is run for itself.
      let nowhere = open("/dev/null", O_WRONLY)
      dup2(nowhere, STDERR_FILENO)
      alarm(secondsMax)
      _exit(body())
    }
    var status: Int32 = 0
    while waitpid(child, &status, 0) < 0, errno == EINTR {}
    return status & 0x7f == 0
      ? .returned((status >> 8) & 0xff) : .killed(signal: status & 0x7f)
  }
}

/// Tells which case was running when the process trapped.
public enum TrapReport {
  private static let bytesMax = 512
  nonisolated(unsafe) private static let text: UnsafeMutablePointer<UInt8> = {
    let text = UnsafeMutablePointer<UInt8>.allocate(capacity: bytesMax)
    text.initialize(repeating: 0, count: bytesMax)
    return text
  }()
  nonisolated(unsafe) private static var length = 0
  nonisolated(unsafe) private static var earlier: [Int32: sigaction] = [:]
  private static let isInstalled: Bool = {
    for number in [SIGILL, SIGTRAP] {
      var action = sigaction()
      var old = sigaction()
      action.__sigaction_handler.sa_handler = { number in
        write(STDERR_FILENO, TrapReport.text, TrapReport.length)
        // The trap happens again and is told by whoever told it before.
        guard var old = TrapReport.earlier[number] else { _exit(1) }
        sigaction(number, &old, nil)
      }
      sigaction(number, &action, &old)
      earlier[number] = old
    }
    return true
  }()

  /// Runs `body`; if it traps, `name` is written to standard error first. For one test at a time: of
  /// tests that run side by side, the name given last is written.
  public static func naming<Value>(_ name: String, _ body: () -> Value) -> Value {
    precondition(isInstalled)
    let line = Array("\ntrapped in: \(name)\n".utf8.prefix(bytesMax))
    for (index, byte) in line.enumerated() { text[index] = byte }
    length = line.count
    defer { length = 0 }
    return body()
  }
}
