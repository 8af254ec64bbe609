import Foundation
import Locking

/// A process of this command, for several threads: nobody who waits for its end holds up another
/// who asks about it or ends it.
final class ChildProcess: Sendable {
  /// Time between two looks whether it has ended, in seconds.
  private static let pause = 0.005

  private let process: Lock<Process>

  /// A process that runs.
  init(_ process: sending Process) { self.process = Lock(process) }

  var isRunning: Bool { process.withLock { $0.isRunning } }

  /// How it has ended: its exit code, or nil if a signal ended it. Only when it no longer runs.
  var exitCode: Int32? {
    process.withLock { $0.terminationReason == .exit ? $0.terminationStatus : nil }
  }

  /// Asks it to end.
  func terminate() { process.withLock { if $0.isRunning { $0.terminate() } } }

  /// Ends it whatever it does; it may take a moment until it is gone.
  func kill() {
    process.withLock { if $0.isRunning { Glibc.kill($0.processIdentifier, SIGKILL) } }
  }

  /// Waits until it is gone.
  func wait() {
    while isRunning { Thread.sleep(forTimeInterval: Self.pause) }
  }
}
