import Locking
import Runtime
import Streams

/// Writes lines to standard error off the event loop: whoever does not read it holds nothing up
/// and loses what does not fit.
final class NoteWriter: Sendable {
  private let runtime: any Runtime
  private let worker: any Worker
  private let waiting = Lock(0)
  private static let waitingMax = 256

  init(_ runtime: any Runtime) {
    self.runtime = runtime
    worker = runtime.worker("notes")
  }

  func add(_ line: String) {
    let hasRoom = waiting.withLock { count in
      guard count < Self.waitingMax else { return false }
      count += 1
      return true
    }
    guard hasRoom else { return }
    runtime.spawn("note") { [self] in
      await worker.run { Console.error(line) }
      waiting.withLock { $0 -= 1 }
    }
  }
}
