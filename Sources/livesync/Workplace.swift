import Foundation
import Locking
import Streams

/// A folder that a command works in, and the processes that work there for it.
///
/// Two threads may end the work: the command's own, or that of a signal while the command's is in
/// the middle of something. So whatever would make the folder anew goes through `make` or `start`,
/// which hold the end back and do nothing after it: what the end has removed stays away.
final class Workplace: Sendable {
  /// The work has been ended, so nothing is made any more.
  struct Ended: Error, CustomStringConvertible {
    let description = "the work was ended"
  }

  /// Tries to remove the folder, and the time from one to the next, in seconds.
  private static let removalsMax = 100
  private static let removalPause = 0.02

  private struct State {
    var isOver = false
    var processes: [ChildProcess] = []
  }

  let path: String
  private let isKept: Bool
  private let state = Lock(State())

  /// Makes the folder, for the user only.
  /// - Parameter isKept: true if the folder stays when the work has ended.
  init(path: String, isKept: Bool) throws(StreamError) {
    self.path = path
    self.isKept = isKept
    try Folder.make(path, mode: 0o700)
  }

  /// Does what makes files or folders here. Throws `Ended` if the work has been ended.
  func make<Result>(_ body: () throws -> Result) throws -> Result {
    try state.withLock { state in
      guard !state.isOver else { throw Ended() }
      nonisolated(unsafe) let result = try body()
      return result
    }
  }

  /// Starts a process that works here. Throws `Ended` if the work has been ended.
  func start(_ process: sending Process) throws -> ChildProcess {
    try state.withLock { state in
      guard !state.isOver else { throw Ended() }
      try process.run()
      let child = ChildProcess(process)
      state.processes.append(child)
      return child
    }
  }

  /// Ends every process, lets none begin any more, and removes the folder unless it is kept.
  func end() {
    let processes = state.withLock { state in
      state.isOver = true
      return state.processes
    }
    for process in processes { process.kill() }
    for process in processes { process.wait() }
    if !isKept { remove() }
  }

  /// Threads of this process may still write in folders that are there, so one try may not do; but
  /// none makes this folder anew.
  private func remove() {
    var failure: (any Error)?
    for _ in 0..<Self.removalsMax where FileManager.default.fileExists(atPath: path) {
      do { try FileManager.default.removeItem(atPath: path) } catch {
        failure = error
        Thread.sleep(forTimeInterval: Self.removalPause)
      }
    }
    guard FileManager.default.fileExists(atPath: path) else { return }
    Console.error("'\(path)' was not removed: \(failure.map { "\($0)" } ?? "it came back")")
  }
}
