import EventLog
import Locking
import Primitives
import Streams

/// The log for people: a line for each record that deserves attention, such as
/// `2026-11-30T06:00:00.123Z warn peer peer.banned peer=p3 reason=…`. What waits to be written is
/// bounded like the event log; what is lost is said.
public final class PeopleLog: Sendable {
  private struct State {
    var lines: [String] = []
    var bytes = 0
    var lost = 0
  }

  private let state = Lock(State())
  private let least: EventLevel
  /// Milliseconds since the Unix epoch when the run began.
  private let origin: UInt64

  /// - Parameters:
  ///   - least: records of lower levels are left out.
  ///   - origin: milliseconds since the Unix epoch when the run began.
  public init(least: EventLevel, origin: UInt64) {
    self.least = least
    self.origin = origin
  }

  /// Takes a record.
  public func add(_ record: EventRecord) {
    guard record.event.level.rank >= least.rank else { return }
    let time = origin + UInt64(max(0, record.time)) / 1_000_000
    add("\(CalendarTime(milliseconds: time)) \(EventText.line(of: record))")
  }

  /// Takes a line that is no record.
  public func note(_ text: String, level: EventLevel = .info, at nanoseconds: Int64) {
    guard level.rank >= least.rank else { return }
    let time = origin + UInt64(max(0, nanoseconds)) / 1_000_000
    add("\(CalendarTime(milliseconds: time)) \(level.rawValue) \(text)")
  }

  private func add(_ line: String) {
    state.withLock { state in
      guard state.bytes < DaemonLimits.logBufferBytesMax else {
        state.lost += 1
        return
      }
      state.bytes += line.utf8.count
      state.lines.append(line)
    }
  }

  /// Takes out the lines that wait.
  public func take() -> [String] {
    state.withLock { state in
      defer { state = State() }
      return state.lines + (state.lost > 0 ? ["\(state.lost) lines were lost"] : [])
    }
  }
}

extension EventLevel {
  /// Higher deserves more attention.
  var rank: Int { Self.allCases.firstIndex(of: self) ?? 0 }
}

/// A moment as people write it: UTC, by ISO 8601 (`2026-11-30T06:00:00.123Z`).
struct CalendarTime: CustomStringConvertible {
  let milliseconds: UInt64

  var description: String {
    let (days, rest) = milliseconds.quotientAndRemainder(dividingBy: 86_400_000)
    let (year, month, day) = Self.date(days)
    let seconds = rest / 1_000
    let date = "\(Self.pad(year, 4))-\(Self.pad(month, 2))-\(Self.pad(day, 2))"
    let clock = [seconds / 3_600, seconds / 60 % 60, seconds % 60].map { Self.pad($0, 2) }
    return "\(date)T\(clock.joined(separator: ":")).\(Self.pad(rest % 1_000, 3))Z"
  }

  /// Year, month and day of a number of days since the Unix epoch (Hinnant, "chrono-Compatible
  /// Low-Level Date Algorithms", `civil_from_days`).
  private static func date(_ days: UInt64) -> (UInt64, UInt64, UInt64) {
    let shifted = days + 719_468
    let era = shifted / 146_097
    let dayOfEra = shifted - era * 146_097
    let yearOfEra =
      (dayOfEra - dayOfEra / 1_460 + dayOfEra / 36_524 - dayOfEra / 146_096) / 365
    let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
    let shiftedMonth = (5 * dayOfYear + 2) / 153
    let day = dayOfYear - (153 * shiftedMonth + 2) / 5 + 1
    let month = shiftedMonth < 10 ? shiftedMonth + 3 : shiftedMonth - 9
    return (yearOfEra + era * 400 + (month <= 2 ? 1 : 0), month, day)
  }

  private static func pad(_ number: UInt64, _ digits: Int) -> String {
    let text = "\(number)"
    return String(repeating: "0", count: max(0, digits - text.count)) + text
  }
}

/// A record as people read it.
enum EventText {
  /// Level, actor, name and fields of a record; hashes are cut to their first digits.
  static func line(of record: EventRecord) -> String {
    var words = [record.event.level.rawValue, record.context.actor, record.event.name]
    guard let document = try? JSONDocument(parsing: record.jsonLine),
      case .object(let members) = document.content
    else { return words.joined(separator: " ") }
    let header = Set(EventField.header.map(\.name))
    for member in members where !header.contains(member.key) {
      words.append("\(member.key)=\(text(of: member.value))")
    }
    return words.joined(separator: " ")
  }

  private static func text(of value: JSONDocument) -> String {
    switch value.content {
    case .number(let digits): digits
    case .text(let text):
      text.utf8.count == 64 && text.allSatisfy(\.isHexDigit)
        ? "\(text.prefix(12))…" : text.contains(" ") ? "\"\(text)\"" : text
    case .bool(let bool): "\(bool)"
    case .null, .array, .object: "-"
    }
  }
}
