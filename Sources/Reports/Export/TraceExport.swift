import EventLog
import Primitives

/// A log as a trace in the JSON form that Perfetto and chrome://tracing open.
///
/// A node is a process, a part of it a thread. A request is a span from the record that sends it to
/// its end; a message between two nodes is an arrow; what `state.progress` counts are counters;
/// everything else is an instant. The arguments of each have the record's own fields.
public struct TraceExport: Sendable {
  /// Where a record stands in the trace.
  private struct Place: Sendable {
    let process: Int
    let thread: Int
    let time: Int64
  }

  private var processes: [String: Int] = [:]
  private var threads: [EventContext: Int] = [:]
  private var pairs = MessagePairs()
  private var senders = BoundedMap<UInt64, Place>(limit: ReportLimits.exportPendingMax)
  private var bytes: [UInt8] = []
  private var isFirst = true

  /// A trace of no records yet.
  public init() {}

  /// The bytes before the first record.
  public static let head = Array("{\"displayTimeUnit\":\"ms\",\"traceEvents\":[".utf8)
  /// The bytes after the last record.
  public static let tail = Array("\n]}\n".utf8)

  /// The bytes of the next record, after those of the records before it.
  public mutating func add(_ record: EventRecord) throws(ExportError) -> [UInt8] {
    bytes.removeAll(keepingCapacity: true)
    let record = StoryRecord(record)
    let place = try place(of: record)
    let part = pairs.take(record)
    switch record.name {
    case "request.sent": span("b", record, record.sequence, place)
    case "request.ended":
      if let sent = record.record.cause { span("e", record, sent, place) }
    case "state.progress": counters(record, place)
    default: break
    }
    let isSlice = part.sends || part.receives != nil
    // Arrows begin and end at slices only; a nanosecond keeps them from covering each other.
    let form = isSlice ? "\"ph\":\"X\",\"dur\":0.001" : "\"ph\":\"i\",\"s\":\"t\""
    append(
      "\(form),\"name\":\(JSONText.quoted(record.name)),"
        + "\"cat\":\(JSONText.quoted(record.record.event.level.rawValue)),"
        + "\"args\":{\(arguments(record))}", place)
    if part.sends { senders[record.sequence] = place }
    if let sender = part.receives.flatMap({ senders[$0] }) {
      let arrow = "\"name\":\"message\",\"cat\":\"message\",\"id\":\(record.sequence)"
      append("\"ph\":\"s\",\(arrow)", sender)
      append("\"ph\":\"f\",\"bp\":\"e\",\(arrow)", place)
    }
    return bytes
  }

  private mutating func place(of record: StoryRecord) throws(ExportError) -> Place {
    let context = record.record.context
    let process: Int
    if let known = processes[context.node] {
      process = known
    } else {
      guard processes.count < ReportLimits.nodesMax else {
        throw .tooManyNodes(limit: ReportLimits.nodesMax, sequence: record.sequence)
      }
      process = processes.count + 1
      processes[context.node] = process
      let name = context.node == EventContext.run.node ? "the run" : context.node
      append(metadata("process_name", name, process, 0))
    }
    if let thread = threads[context] {
      return Place(process: process, thread: thread, time: record.time)
    }
    // Actors beyond the limit share the last thread.
    let thread = min(threads.count + 1, ReportLimits.exportPendingMax)
    if thread < ReportLimits.exportPendingMax {
      threads[context] = thread
      append(metadata("thread_name", context.actor, process, thread))
    }
    return Place(process: process, thread: thread, time: record.time)
  }

  private func metadata(_ kind: String, _ name: String, _ process: Int, _ thread: Int) -> String {
    "\"ph\":\"M\",\"name\":\"\(kind)\",\"pid\":\(process),\"tid\":\(thread),"
      + "\"args\":{\"name\":\(JSONText.quoted(name))}"
  }

  private mutating func span(
    _ phase: String, _ record: StoryRecord, _ identity: UInt64, _ place: Place
  ) {
    let name = "\(record.text(.type) ?? "") to \(record.peer ?? "")"
    append(
      "\"ph\":\"\(phase)\",\"cat\":\"request\",\"id\":\(identity),"
        + "\"name\":\(JSONText.quoted(name)),\"args\":{\(arguments(record))}", place)
  }

  private mutating func counters(_ record: StoryRecord, _ place: Place) {
    for field in [EventField.missingRanges, .inFlight, .buffered, .heldPpm, .items] {
      guard let value = record.number(field) else { continue }
      append("\"ph\":\"C\",\"name\":\"\(field.name)\",\"args\":{\"\(field.name)\":\(value)}", place)
    }
  }

  /// The record's number, its cause and its fields. The bytes of evidence are left out.
  private func arguments(_ record: StoryRecord) -> String {
    var text = "\"seq\":\(record.sequence)"
    if let cause = record.record.cause { text += ",\"cause\":\(cause)" }
    if let request = record.record.request { text += ",\"req\":\(request)" }
    for (field, value) in record.record.event.fields where field != .data {
      switch value {
      case .number(let number): text += ",\"\(field.name)\":\(number)"
      case .text(let words): text += ",\"\(field.name)\":\(JSONText.quoted(words))"
      }
    }
    return text
  }

  private mutating func append(_ members: String, _ place: Place) {
    let nanoseconds = place.time % 1_000
    let digits = String(repeating: "0", count: 3 - "\(nanoseconds)".count) + "\(nanoseconds)"
    append(
      "\"ts\":\(place.time / 1_000).\(digits),\"pid\":\(place.process),\"tid\":\(place.thread),"
        + members)
  }

  private mutating func append(_ members: String) {
    bytes += Array((isFirst ? "\n{" : ",\n{").utf8)
    isFirst = false
    bytes += Array(members.utf8)
    bytes.append(UInt8(ascii: "}"))
  }
}
