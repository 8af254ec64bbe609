/// Reads the fields of one line, exactly as `JSONLine` writes them.
final class JSONFields: EventFieldReader {
  private let line: [UInt8]
  private let number: Int
  private var offset = 0
  /// Where the value read last begins, for errors about it.
  private var valueOffset = 0

  /// A reader of `line`, which has no line feed and is line `number` of the log.
  init(_ line: [UInt8], number: Int) throws(EventLogError) {
    self.line = line
    self.number = number
    try expect("{")
  }

  /// Refuses anything after the last field.
  func finish() throws(EventLogError) {
    guard isNext("}") else { throw unexpected("`}` after the last field", at: offset) }
    offset += 1
    guard offset == line.count else { throw syntax("the end of the line", at: offset) }
  }

  func has(_ field: EventField) throws(EventLogError) -> Bool {
    end(ofKey: field) != nil
  }

  func unsigned(
    _ field: EventField, atMost limit: UInt64
  ) throws(EventLogError) -> UInt64 {
    try begin(field)
    var value: UInt64 = 0
    while offset < line.count, let digit = Self.digit(line[offset]) {
      let (product, isLarge) = value.multipliedReportingOverflow(by: 10)
      let (sum, isLarger) = product.addingReportingOverflow(UInt64(digit))
      if isLarge || isLarger || sum > limit { throw invalid(field, "is above \(limit)") }
      value = sum
      offset += 1
    }
    guard offset > valueOffset else { throw syntax("an unsigned integer", at: offset) }
    if line[valueOffset] == UInt8(ascii: "0"), offset > valueOffset + 1 {
      throw invalid(field, "has a needless zero")
    }
    return value
  }

  /// The value of the next field, which is then still the next one.
  func peekInteger<Value: FixedWidthInteger>(
    _ field: EventField
  ) throws(EventLogError) -> Value {
    let start = offset
    defer { offset = start }
    return try integer(field)
  }

  func text(
    _ field: EventField, as form: EventTextForm
  ) throws(EventLogError) -> String {
    try begin(field)
    try expect("\"")
    var utf8: [UInt8] = []
    let limit =
      form == .data ? 2 * EventLogLimits.dataBytesMax : EventLogLimits.textBytesMax
    while true {
      guard offset < line.count else { throw syntax("the end of a text", at: offset) }
      let byte = line[offset]
      offset += 1
      switch byte {
      case UInt8(ascii: "\""): return try finishText(field, utf8)
      case UInt8(ascii: "\\"): utf8.append(try escape())
      case 0..<0x20: throw syntax("no control character", at: offset - 1)
      default: utf8.append(byte)
      }
      if utf8.count > limit {
        throw invalid(field, "is longer than \(limit) bytes")
      }
    }
  }

  func invalid(_ field: EventField, _ rule: String) -> EventLogError {
    .invalidValue(field.name, rule: rule, line: number, column: valueOffset + 1)
  }

  /// The error that says that the log has no event of this name.
  func unknownEvent(_ name: String) -> EventLogError {
    .unknownEvent(name, line: number, column: valueOffset + 1)
  }

  private func finishText(_ field: EventField, _ utf8: [UInt8]) throws(EventLogError) -> String {
    guard let text = String(validating: utf8, as: UTF8.self) else {
      throw invalid(field, "is not UTF-8")
    }
    return text
  }

  /// The byte that an escape stands for; only the escapes that the writer uses.
  private func escape() throws(EventLogError) -> UInt8 {
    let start = offset - 1
    guard offset < line.count else { throw syntax("an escape", at: start) }
    offset += 1
    switch line[offset - 1] {
    case UInt8(ascii: "\""): return UInt8(ascii: "\"")
    case UInt8(ascii: "\\"): return UInt8(ascii: "\\")
    case UInt8(ascii: "n"): return UInt8(ascii: "\n")
    case UInt8(ascii: "r"): return UInt8(ascii: "\r")
    case UInt8(ascii: "t"): return UInt8(ascii: "\t")
    case UInt8(ascii: "u"):
      for control in UInt8(0)..<0x20 where ![9, 10, 13].contains(control) {
        var written = JSONText.escaped(control)[...]
        written.removeFirst(2)
        if line[offset...].starts(with: written) {
          offset += written.count
          return control
        }
      }
      throw syntax("a control character without a short escape", at: start)
    default: throw syntax("an escape that the writer uses", at: start)
    }
  }

  private func begin(_ field: EventField) throws(EventLogError) {
    guard let end = end(ofKey: field) else {
      throw unexpected("the field \(field.name)", at: offset)
    }
    offset = end
    valueOffset = end
  }

  /// Where the value of the next field begins, nil if that is not this field.
  private func end(ofKey field: EventField) -> Int? {
    var index = offset
    func skip(_ byte: UInt8) -> Bool {
      guard index < line.count, line[index] == byte else { return false }
      index += 1
      return true
    }
    // Only the first field has no comma before it.
    guard offset == 1 || skip(UInt8(ascii: ",")), skip(UInt8(ascii: "\"")) else { return nil }
    for byte in field.name.utf8 where !skip(byte) { return nil }
    return skip(UInt8(ascii: "\"")) && skip(UInt8(ascii: ":")) ? index : nil
  }

  private func isNext(_ character: Unicode.Scalar) -> Bool {
    offset < line.count && line[offset] == UInt8(ascii: character)
  }

  private func expect(_ character: Unicode.Scalar) throws(EventLogError) {
    guard isNext(character) else { throw syntax("`\(character)`", at: offset) }
    offset += 1
  }

  private func syntax(_ expected: String, at offset: Int) -> EventLogError {
    .syntax(expected: expected, line: number, column: offset + 1)
  }

  private func unexpected(_ expected: String, at offset: Int) -> EventLogError {
    .unexpectedField(expected: expected, line: number, column: offset + 1)
  }

  private static func digit(_ byte: UInt8) -> UInt8? {
    (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte) ? byte - UInt8(ascii: "0") : nil
  }
}
