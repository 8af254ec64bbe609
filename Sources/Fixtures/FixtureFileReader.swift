import Primitives

/// Goes through the lines of a fixture, which come in pieces.
struct FixtureFileReader {
  private let source: () -> [UInt8]
  /// Bytes that came and are not read yet, from `start` on.
  private var buffer: [UInt8] = []
  private var start = 0
  private var total = 0
  private var number = 0

  /// - Parameter source: gives the next bytes, none at the end.
  init(_ source: @escaping () -> [UInt8]) {
    self.source = source
  }

  /// Takes more bytes. False at the end.
  private mutating func fill() throws(FixtureError) -> Bool {
    let piece = source()
    if piece.isEmpty { return false }
    total += piece.count
    guard total <= FixtureLimits.fileBytesMax else {
      throw .tooLarge("the file", limit: FixtureLimits.fileBytesMax, line: number)
    }
    buffer.removeFirst(start)
    start = 0
    buffer += piece
    return true
  }

  /// The bytes of the next line.
  private mutating func bytes() throws(FixtureError) -> ArraySlice<UInt8> {
    // Bytes of the line that were looked at already.
    var seen = 0
    while true {
      let end = buffer[(start + seen)...].firstIndex(of: UInt8(ascii: "\n"))
      guard (end ?? buffer.count) - start <= FixtureLimits.lineBytesMax else {
        throw .tooLarge("the line", limit: FixtureLimits.lineBytesMax, line: number)
      }
      if let end {
        defer { start = end + 1 }
        return buffer[start..<end]
      }
      // Said at once, so that what is no fixture at all is not read to a limit.
      guard start == buffer.count || buffer[start] == UInt8(ascii: "{") else {
        throw .syntax(expected: "`{`", line: number)
      }
      seen = buffer.count - start
      guard try fill() else {
        throw seen == 0
          ? .order("the file ends without an `end` record", line: number)
          : .incompleteLine(line: number)
      }
    }
  }

  /// True if nothing follows.
  private mutating func isAtEnd() throws(FixtureError) -> Bool {
    if start < buffer.count { return false }
    return try !fill()
  }

  /// The next line and what record it is.
  private mutating func line() throws(FixtureError) -> (String, FixtureLineReader) {
    number += 1
    var reader = try FixtureLineReader(try bytes(), number: number)
    let record = try reader.text("record")
    return (record, reader)
  }

  /// The next line, which must be this record.
  mutating func next(_ wanted: String) throws(FixtureError) -> FixtureLineReader {
    let (record, reader) = try line()
    guard record == wanted else { throw .order("expected the record `\(wanted)`", line: number) }
    return reader
  }

  /// Everything after genesis.
  mutating func steps() throws(FixtureError) -> ([FixtureStep], FixtureEnd) {
    var steps: [FixtureStep] = []
    var known: Set<Hash256> = []
    var blocks: [FixtureBlock] = []
    var answers: [FixtureAnswer] = []
    while true {
      var (record, reader) = try line()
      switch record {
      case FixtureBlock.record:
        let block = try FixtureBlock(from: &reader)
        guard known.insert(block.block.hash).inserted else {
          throw reader.invalid("hash", "names a block that came before")
        }
        blocks.append(block)
      case FixtureAnswer.record:
        answers.append(
          try FixtureAnswer(from: &reader, step: UInt32(steps.count), known: known))
      case FixtureStep.record:
        steps.append(
          try step(&reader, UInt32(steps.count), known: known, blocks: blocks, answers: answers))
        (blocks, answers) = ([], [])
      case FixtureEnd.record:
        guard blocks.isEmpty, answers.isEmpty, try isAtEnd() else {
          throw .order("an `end` record stands inside the file", line: number)
        }
        return (steps, try FixtureEnd(from: &reader, steps: steps.count))
      default:
        throw .order("`\(record)` is no record of a step", line: number)
      }
    }
  }

  private mutating func step(
    _ reader: inout FixtureLineReader, _ index: UInt32, known: Set<Hash256>,
    blocks: [FixtureBlock], answers: [FixtureAnswer]
  ) throws(FixtureError) -> FixtureStep {
    let line = number
    let found: UInt32 = try reader.integer("step")
    guard found == index else { throw reader.invalid("step", "is \(found) instead of \(index)") }
    guard index < FixtureLimits.stepsMax else {
      throw .tooLarge("the number of steps", limit: FixtureLimits.stepsMax, line: line)
    }
    let milliseconds: UInt32 = try reader.integer(
      "ms", atMost: FixtureLimits.stepMillisecondsMax)
    let action = try FixtureAction(from: &reader, known: known)
    guard (action == .start) == (index == 0) else {
      throw reader.invalid("do", "is start in the first step and only there")
    }
    var expectation = try next(FixtureObservation.record)
    return FixtureStep(
      number: index, milliseconds: milliseconds, action: action, blocks: blocks,
      answers: answers, expected: try FixtureObservation(from: &expectation, step: index),
      line: line)
  }
}
