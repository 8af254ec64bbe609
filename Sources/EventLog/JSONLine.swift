import Primitives

/// Appends records to a byte buffer as JSON Lines: keys in fixed order, unsigned integers and
/// strings only, no blanks, so that one record has exactly one line.
public struct JSONLine {
  private(set) var bytes: [UInt8] = []
  private var isFirst = true
  /// The fields of the line so far with the places of their values; nil if nobody wants to know.
  private var marks: [(field: EventField, value: Range<Int>)]?

  /// Appends one record and its line feed.
  mutating func append(_ record: EventRecord) {
    isFirst = true
    bytes.append(UInt8(ascii: "{"))
    integer(.seq, record.sequence)
    integer(.tNs, record.time)
    text(.node, record.context.node)
    text(.actor, record.context.actor)
    appendBody(of: record.event.group, record)
    bytes.append(UInt8(ascii: "}"))
    bytes.append(UInt8(ascii: "\n"))
  }

  private mutating func appendBody<Group: EventGroup>(of event: Group, _ record: EventRecord) {
    let name = event.name
    text(.event, name.rawValue)
    text(.level, Group.describe(name).level.rawValue)
    integer(.cause, record.cause)
    integer(.req, record.request)
    event.write(to: &self)
  }

  /// Empties the buffer and keeps its memory.
  mutating func removeAll() {
    bytes.removeAll(keepingCapacity: true)
  }

  /// An integer that is not negative; nil leaves the field out.
  @inlinable
  public mutating func integer<Value: FixedWidthInteger>(_ field: EventField, _ value: Value?) {
    guard let value else { return }
    guard let number = UInt64(exactly: value) else {
      preconditionFailure("the log has no negative numbers, but \(field.name) is \(value)")
    }
    append(field, number)
  }

  @usableFromInline
  mutating func append(_ field: EventField, _ number: UInt64) {
    key(field)
    append(decimal: number)
  }

  /// A text, cut to `EventLogLimits.textBytesMax`.
  public mutating func text(_ field: EventField, _ value: String) {
    key(field)
    append(quoted: value)
  }

  /// 64 lower-case hexadecimal digits.
  public mutating func hash(_ field: EventField, _ value: Hash256) {
    key(field)
    let words = value.words
    withUnsafeTemporaryAllocation(of: UInt8.self, capacity: 2 * Hash256.byteCount + 2) { text in
      text[0] = UInt8(ascii: "\"")
      for index in 0..<16 {
        let shift = UInt64(60 - 4 * index)
        text[1 + index] = JSONText.digit(UInt8(words.0 &>> shift & 15))
        text[17 + index] = JSONText.digit(UInt8(words.1 &>> shift & 15))
        text[33 + index] = JSONText.digit(UInt8(words.2 &>> shift & 15))
        text[49 + index] = JSONText.digit(UInt8(words.3 &>> shift & 15))
      }
      text[65] = UInt8(ascii: "\"")
      bytes.append(contentsOf: text)
    }
  }

  /// 64 lower-case hexadecimal digits.
  public mutating func publicKey(_ field: EventField, _ value: PublicKey) {
    hash(field, value.raw)
  }

  /// Two lower-case hexadecimal digits a byte, at most `EventLogLimits.dataBytesMax` bytes.
  public mutating func data(_ field: EventField, _ value: [UInt8]) {
    precondition(
      value.count <= EventLogLimits.dataBytesMax, "\(value.count) bytes in one \(field.name)")
    key(field)
    bytes.append(UInt8(ascii: "\""))
    for byte in value {
      bytes.append(JSONText.digit(byte >> 4))
      bytes.append(JSONText.digit(byte & 15))
    }
    bytes.append(UInt8(ascii: "\""))
  }

  /// One hexadecimal digit a nibble; nil leaves the field out.
  public mutating func key(_ field: EventField, _ value: KeyNibbles?) {
    guard let value else { return }
    key(field)
    withUnsafeTemporaryAllocation(of: UInt8.self, capacity: value.count + 2) { text in
      text[0] = UInt8(ascii: "\"")
      for index in 0..<value.count { text[1 + index] = JSONText.digit(UInt8(value[index])) }
      text[value.count + 1] = UInt8(ascii: "\"")
      bytes.append(contentsOf: text)
    }
  }

  /// `p` and the number; nil leaves the field out.
  public mutating func peer(_ field: EventField, _ value: UInt32?) {
    guard let value else { return }
    key(field)
    bytes.append(UInt8(ascii: "\""))
    bytes.append(UInt8(ascii: "p"))
    append(decimal: UInt64(value))
    bytes.append(UInt8(ascii: "\""))
  }

  /// One word of a closed set.
  public mutating func symbol(_ field: EventField, _ value: some EventSymbol) {
    text(field, value.rawValue)
  }

  /// The fields that `event` writes, with their values as they stand in a line.
  static func values(of event: some EventGroup) -> [(field: EventField, value: [UInt8])] {
    var line = JSONLine()
    line.marks = []
    event.write(to: &line)
    line.endMark()
    return (line.marks ?? []).map { ($0.field, Array(line.bytes[$0.value])) }
  }

  private mutating func endMark() {
    guard let last = marks?.indices.last, let start = marks?[last].value.lowerBound else { return }
    marks?[last].value = start..<bytes.count
  }

  private mutating func key(_ field: EventField) {
    if marks != nil { endMark() }
    let name = field.name.utf8
    withUnsafeTemporaryAllocation(of: UInt8.self, capacity: name.count + 4) { text in
      // A comma unless this is the line's first field; the name between quotes; a colon.
      text[0] = UInt8(ascii: ",")
      text[1] = UInt8(ascii: "\"")
      var end = 2
      for byte in name {
        text[end] = byte
        end += 1
      }
      text[end] = UInt8(ascii: "\"")
      text[end + 1] = UInt8(ascii: ":")
      bytes.append(
        contentsOf: UnsafeMutableBufferPointer(rebasing: text[(isFirst ? 1 : 0)...]))
    }
    isFirst = false
    marks?.append((field, bytes.count..<bytes.count))
  }

  private mutating func append(decimal value: UInt64) {
    withUnsafeTemporaryAllocation(of: UInt8.self, capacity: 20) { digits in
      var first = digits.count
      var rest = value
      repeat {
        first -= 1
        digits[first] = UInt8(ascii: "0") + UInt8(rest % 10)
        rest /= 10
      } while rest > 0
      bytes.append(contentsOf: UnsafeMutableBufferPointer(rebasing: digits[first...]))
    }
  }

  private mutating func append(quoted value: String) {
    JSONText.append(
      value.utf8.count <= EventLogLimits.textBytesMax ? value : Self.cut(value), to: &bytes)
  }

  /// The begin of a text that is too long, cut between characters, so that what is left is UTF-8.
  private static func cut(_ value: String) -> String {
    var room = EventLogLimits.textBytesMax
    let kept = value.unicodeScalars.prefix { scalar in
      room -= UTF8.width(scalar)
      return room >= 0
    }
    return String(kept)
  }
}
