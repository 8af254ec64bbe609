import EventLog
import Reports
import Streams

/// The event log that a command is given as its first argument.
struct EventLogFile {
  static let strictOption = CommandSpecification.Option(
    "--strict", help: "refuse a log whose last line is cut off")

  private let path: String
  private let isStrict: Bool

  init(_ arguments: Arguments) {
    path = arguments.positionals[0]
    isStrict = arguments.flag(Self.strictOption.name)
  }

  init(path: String) {
    self.path = path
    isStrict = false
  }

  /// Hands the records to `body`, one by one. Returns what is left of the last line if that is cut
  /// off, after a warning; a strict reader refuses it.
  func read(_ body: (EventRecord) -> Void) throws -> EventLogCut? {
    var file = try InputFile(path: path)
    var reader = EventLogReader(.livesync)
    do {
      while true {
        let piece = try file.next()
        if piece.isEmpty { break }
        try reader.read(piece, body)
      }
      if isStrict {
        try reader.finish()
        return nil
      }
      let cut = try reader.finishWhereCut()
      if let cut { Console.error("warning: \(path): \(cut)") }
      return cut
    } catch let error as EventLogError {
      throw UsageError("\(path): \(error)")
    }
  }
}

extension EventLogCut {
  /// Further fields of a JSON object.
  var jsonFields: String { ",\"cut_line\":\(line),\"cut_bytes\":\(bytes)" }
}
