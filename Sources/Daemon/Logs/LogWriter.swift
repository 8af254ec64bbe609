import EventLog
import Locking
import Primitives
import Runtime
import Streams

/// Writes the logs of a node on threads of their own: a terminal or a pipe that nobody reads holds
/// up the log for people, and neither the event log nor the end of the node.
final class LogWriter: Sendable {
  /// The event log's files. `@unchecked Sendable`: touched by the worker only.
  private final class Files: @unchecked Sendable {
    let log: RotatingLog
    init(_ log: RotatingLog) { self.log = log }
  }

  /// Where the event log was cut since it was last written.
  private final class Cuts: Sendable {
    private let newest = Lock<LogFile.Cut?>(nil)

    func add(_ cut: LogFile.Cut) { newest.withLock { $0 = cut } }

    func take() -> LogFile.Cut? {
      newest.withLock { cut in
        defer { cut = nil }
        return cut
      }
    }
  }

  let worker: any Worker
  private let people: any Worker
  private let files: Files
  private let cuts = Cuts()

  init(_ settings: NodeSettings, _ runtime: any Runtime) throws(StreamError) {
    worker = runtime.worker("logs")
    people = runtime.worker("people")
    files = Files(
      try RotatingLog(
        folder: settings.data, name: "events.jsonl", filesMax: settings.eventLogFiles
      ) { [cuts] in cuts.add($0) })
  }

  /// Writes what waits of the event log. Returns what is to be told if that failed.
  func write(_ log: NodeEventLog) async -> String? {
    await worker.run { [files, cuts] in
      do throws(StreamError) { try log.flush(into: files.log) } catch {
        return "a new file of the event log could not be begun: \(error)"
      }
      return cuts.take().map { "the event log is cut after \($0.bytes) bytes: \($0.reason)" }
    }
  }

  /// Writes what waits for people.
  func write(_ log: PeopleLog) async {
    await people.run { for line in log.take() { Console.log(line) } }
  }

  /// Closes the event log.
  func close() async { await worker.run { [files] in _ = files.log.close() } }
}
