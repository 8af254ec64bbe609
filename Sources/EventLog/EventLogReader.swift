/// The rest of a line that was cut off while it was written.
public struct EventLogCut: Sendable, Hashable, CustomStringConvertible {
  /// Number of the line, from 1.
  public let line: Int
  /// Bytes that are there of it.
  public let bytes: Int

  public var description: String {
    "the log is cut off in line \(line), of which \(bytes) bytes are there and left out"
  }
}

/// Reads a log that comes in pieces. Whatever the bytes are, it either gives the records that they
/// are the log of or says where they stop being one; it never holds more than one line.
///
/// It is strict, since a log is evidence: the first record is `run.start` of a known schema, the
/// records are numbered without gaps (from 0, or on from an earlier part of the log), the time does
/// not go back, a cause comes first, nothing follows `run.end`, and every line is exactly what the
/// writer would have written.
public struct EventLogReader: Sendable {
  private let schema: EventSchema
  private var pending: [UInt8] = []
  private var lines = 0
  /// Number of the first record: above 0 in a later part of a log that was written in parts.
  private var first: UInt64 = 0
  private var lastTime: Int64 = 0
  private var isEnded = false

  /// A reader of logs with the events of `schema` and no others.
  public init(_ schema: EventSchema) {
    self.schema = schema
  }

  /// Takes the next bytes and hands each record that they complete to `body`. After an error the
  /// reader must not be used again.
  public mutating func read(
    _ bytes: some Collection<UInt8>, _ body: (EventRecord) -> Void
  ) throws(EventLogError) {
    for byte in bytes {
      if byte != UInt8(ascii: "\n") {
        // Said at once, so that what is no log at all is not read line by line.
        guard !pending.isEmpty || byte == UInt8(ascii: "{") else {
          throw .syntax(expected: "`{`", line: lines + 1, column: 1)
        }
        pending.append(byte)
        guard pending.count <= EventLogLimits.lineBytesMax else {
          throw .lineTooLong(line: lines + 1)
        }
      } else {
        lines += 1
        let record = try record(pending, line: lines)
        try check(record)
        pending.removeAll(keepingCapacity: true)
        body(record)
      }
    }
  }

  /// Says that no bytes follow. Throws if the last line is not complete.
  public func finish() throws(EventLogError) {
    guard pending.isEmpty else {
      throw .incompleteLine(line: lines + 1, column: pending.count + 1)
    }
  }

  /// Says that no bytes follow, where the last line may have been cut off while it was written.
  /// Returns what is left of it; nil if the log ends with a whole line. Throws if the rest is not
  /// the beginning of the next record, or if not even the first record is whole.
  public func finishWhereCut() throws(EventLogError) -> EventLogCut? {
    if pending.isEmpty { return nil }
    let beginning = Array("{\"seq\":\(first &+ UInt64(lines)),\"t_ns\":".utf8)
    guard lines > 0, !isEnded, zip(pending, beginning).allSatisfy({ $0 == $1 }) else {
      throw .incompleteLine(line: lines + 1, column: pending.count + 1)
    }
    return EventLogCut(line: lines + 1, bytes: pending.count)
  }

  /// The records of a whole log.
  public static func records(
    of bytes: some Collection<UInt8>, schema: EventSchema
  ) throws(EventLogError) -> [EventRecord] {
    var reader = EventLogReader(schema)
    var records: [EventRecord] = []
    try reader.read(bytes) { records.append($0) }
    try reader.finish()
    return records
  }

  /// The records of a log whose last line may be cut off, and what is left of that.
  public static func wholeRecords(
    of bytes: some Collection<UInt8>, schema: EventSchema
  ) throws(EventLogError) -> (records: [EventRecord], cut: EventLogCut?) {
    var reader = EventLogReader(schema)
    var records: [EventRecord] = []
    try reader.read(bytes) { records.append($0) }
    return (records, try reader.finishWhereCut())
  }

  /// The record of one line, which has no line feed. `line` is its number, for errors.
  private func record(_ bytes: [UInt8], line: Int) throws(EventLogError) -> EventRecord {
    let fields = try JSONFields(bytes, number: line)
    let sequence: UInt64 = try fields.integer(.seq)
    let time: Int64 = try fields.integer(.tNs)
    let context = EventContext(node: try fields.text(.node), actor: try fields.text(.actor))
    let name = try fields.text(.event)
    guard let kind = schema.kind(named: name) else { throw fields.unknownEvent(name) }
    let level: EventLevel = try fields.symbol(.level)
    guard level == kind.level else {
      throw fields.invalid(.level, "is \(kind.level.rawValue) for \(name)")
    }
    let cause: UInt64? = try fields.optionalInteger(.cause)
    let request: UInt64? = try fields.optionalInteger(.req)
    // A newer schema may have other fields here, so its number is looked at before they are.
    if name == EventKind.runStart, try fields.has(.schema) {
      let schema: Int = try fields.peekInteger(.schema)
      guard schema <= Event.schemaVersion else {
        throw .newerSchema(found: schema, known: Event.schemaVersion, line: line)
      }
    }
    let event = try kind.read(fields)
    try fields.finish()
    return EventRecord(
      sequence: sequence, time: time, context: context, event: event, cause: cause,
      request: request)
  }

  private mutating func check(_ record: EventRecord) throws(EventLogError) {
    let isStart = if case Event.Run.start = record.event.group { true } else { false }
    guard isStart == (lines == 1) else {
      throw .outOfOrder("`run.start` must be the first record and only that", line: lines)
    }
    if isEnded { throw .outOfOrder("a record follows `run.end`", line: lines) }
    if isStart { first = record.sequence }
    let (expected, isOver) = first.addingReportingOverflow(UInt64(lines - 1))
    guard record.sequence == expected, !isOver else {
      throw .outOfOrder("seq is \(record.sequence) instead of \(expected)", line: lines)
    }
    guard record.time >= lastTime else { throw .outOfOrder("the time goes back", line: lines) }
    if let cause = record.cause, cause >= record.sequence {
      throw .outOfOrder("the cause \(cause) does not come first", line: lines)
    }
    lastTime = record.time
    if case Event.Run.end = record.event.group { isEnded = true }
  }
}
