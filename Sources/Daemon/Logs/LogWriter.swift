import EventLog
import Locking
import Primitives
import Runtime
import Streams

/// Writes the logs of a node on a thread of its own.
final class LogWriter: Sendable {
  /// The event log's files. `@unchecked Sendable`: touched by the worker only.
  private final class Files: @unchecked Sendable {
    let log: RotatingLog
    init(_ log: RotatingLog) { self.log = log }
  }

  let worker: any Worker
  private let files: Files

  init(_ settings: NodeSettings, _ runtime: any Runtime) throws(NodeProcessError) {
    worker = runtime.worker("logs")
    do throws(StreamError) {
      files = Files(
        try RotatingLog(
          folder: settings.data, name: "events.jsonl", filesMax: settings.eventLogFiles
        ) { cut in
          Console.error("the event log is cut after \(cut.bytes) bytes: \(cut.reason)")
        })
    } catch { throw .stream(error) }
  }

  /// Writes what waits.
  func write(_ log: NodeEventLog, _ people: PeopleLog) async {
    await worker.run { [files] in
      for line in people.take() { Console.log(line) }
      do throws(StreamError) { try log.write(to: files.log) } catch {
        Console.error("a new file of the event log could not be begun: \(error)")
      }
    }
  }

  func close() async { await worker.run { [files] in _ = files.log.close() } }
}
