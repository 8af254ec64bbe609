/// Reads requests, one after another, from bytes that come in pieces: arrays of bulk strings, and
/// lines (inline requests). An AOF file of Redis is a row of the former.
///
/// The bytes stay where they are; what comes out is where the arguments lie. A parser keeps how far
/// it came, so bytes are looked at once, however they are cut.
public struct RequestParser: Sendable {
  /// What there is at the begin of the bytes.
  public enum Outcome: Sendable, Hashable {
    /// A request of so many bytes.
    case request(bytes: Int)
    /// So many bytes that ask for nothing: an empty line or an array without arguments.
    case nothing(bytes: Int)
    /// The begin of a request. At least `total` bytes of it are needed, counted from its begin.
    case incomplete(total: Int)
    /// No request, and there is no telling where the next one begins.
    case refused(RESPError)
  }

  /// What was read of the request at hand.
  private enum Stage: Sendable {
    case start
    /// So many arguments are missing; the line of the next one begins at `position`.
    case argument(missing: Int)
    /// The bytes of an argument begin at `position`.
    case bulk(missing: Int, count: Int)
    /// The request is over: the next one has not begun.
    case done
  }

  private var stage = Stage.start
  /// What was read, from the begin of the request.
  private var position = 0
  /// How far an end of line was looked for.
  private var searched = 0
  private var ranges: [ArgumentRange] = []
  /// The arguments of an inline request with their quotes and escapes undone.
  private var unquoted: [UInt8] = []
  /// Whether the request that was read last is a line.
  public private(set) var isInline = false

  public init() {}

  /// Reads one request. `bytes` begin where the request begins; after `.incomplete` the next call
  /// gets the same bytes and more.
  public mutating func next(
    in bytes: UnsafeRawBufferPointer, bounds: RequestBounds = .full
  ) -> Outcome {
    if case .done = stage { reset() }
    if case .start = stage {
      guard let first = bytes.first else { return .incomplete(total: 1) }
      if first != UInt8(ascii: "*") { return inline(bytes) }
      if let outcome = header(bytes, bounds) { return outcome }
    }
    return arguments(bytes, bounds)
  }

  /// Gives `body` the arguments of the request that was read last from `bytes`.
  @inline(__always)
  public func withArguments<Result>(
    in bytes: UnsafeRawBufferPointer, _ body: (RequestArguments) -> Result
  ) -> Result {
    ranges.withUnsafeBufferPointer { ranges in
      guard isInline else {
        return body(RequestArguments(base: bytes.baseAddress!, ranges: ranges))
      }
      return unquoted.withUnsafeBytes {
        body(RequestArguments(base: $0.baseAddress!, ranges: ranges))
      }
    }
  }

  /// Appends where the arguments of the request that was read last lie.
  @inline(__always)
  func appendRanges(to ranges: inout [ArgumentRange]) { ranges.append(contentsOf: self.ranges) }

  /// Forgets a request that was read in part.
  public mutating func reset() {
    stage = .start
    position = 0
    searched = 0
    isInline = false
    ranges.removeAll(keepingCapacity: ranges.capacity <= RESPLimits.keptArguments)
    if !unquoted.isEmpty { unquoted = [] }
  }

  // MARK: Arrays

  /// The line with the number of arguments; nil if it was read.
  private mutating func header(
    _ bytes: UnsafeRawBufferPointer, _ bounds: RequestBounds
  ) -> Outcome? {
    guard let line = line(bytes) else { return unended(bytes, .longArrayLine) }
    guard let count = DecimalText.integer(line) else { return .refused(.invalidArrayLength) }
    if count > bounds.arguments {
      return .refused(
        bounds.isStranger && count <= RESPLimits.argumentsMax
          ? .strangerArrayLength : .invalidArrayLength)
    }
    if count <= 0 {
      stage = .done
      return .nothing(bytes: position)
    }
    stage = .argument(missing: Int(count))
    return nil
  }

  private mutating func arguments(
    _ bytes: UnsafeRawBufferPointer, _ bounds: RequestBounds
  ) -> Outcome {
    while true {
      switch stage {
      case .argument(let missing):
        guard position < bytes.count else { return .incomplete(total: position + 1) }
        let marker = bytes[position]
        guard let line = line(bytes) else { return unended(bytes, .longBulkLine) }
        guard marker == UInt8(ascii: "$") else {
          return .refused(.unexpected(marker, expected: UInt8(ascii: "$")))
        }
        guard let count = DecimalText.integer(line), count >= 0 else {
          return .refused(.invalidBulkLength)
        }
        if count > bounds.bulkBytes {
          return .refused(
            bounds.isStranger && count <= RESPLimits.bulkBytesMax
              ? .strangerBulkLength : .invalidBulkLength)
        }
        guard position + Int(count) <= bounds.requestBytes else {
          return .refused(.invalidBulkLength)
        }
        stage = .bulk(missing: missing, count: Int(count))
      case .bulk(let missing, let count):
        let end = position + count + 2
        guard end <= bytes.count else { return .incomplete(total: end) }
        guard bytes[end - 2] == 13, bytes[end - 1] == 10 else { return .refused(.unendedBulk) }
        ranges.append(
          ArgumentRange(
            offset: UInt32(truncatingIfNeeded: position), count: UInt32(truncatingIfNeeded: count)))
        position = end
        searched = end
        guard missing > 1 else {
          stage = .done
          return .request(bytes: end)
        }
        stage = .argument(missing: missing - 1)
      case .start, .done: preconditionFailure("no array was begun")
      }
    }
  }

  /// What stands between the marker at `position` and the end of its line, which becomes the
  /// position; nil if the line does not end yet.
  private mutating func line(_ bytes: UnsafeRawBufferPointer) -> UnsafeRawBufferPointer? {
    var index = max(searched, position)
    // The line feed has to be there too.
    let end = bytes.count - 1
    while index < end {
      if bytes[index] == 13 {
        let line = UnsafeRawBufferPointer(rebasing: bytes[min(position + 1, index)..<index])
        position = index + 2
        searched = position
        return line
      }
      index += 1
    }
    searched = max(searched, index)
    return nil
  }

  /// A line that has no end, unless it is too long.
  private func unended(_ bytes: UnsafeRawBufferPointer, _ error: RESPError) -> Outcome {
    bytes.count - position > RESPLimits.lineBytesMax
      ? .refused(error) : .incomplete(total: bytes.count + 1)
  }

  // MARK: Lines

  private mutating func inline(_ bytes: UnsafeRawBufferPointer) -> Outcome {
    var end = searched
    while end < bytes.count, bytes[end] != 10 { end += 1 }
    searched = end
    guard end < bytes.count else {
      return bytes.count > RESPLimits.lineBytesMax
        ? .refused(.longInline) : .incomplete(total: bytes.count + 1)
    }
    guard end <= RESPLimits.lineBytesMax else { return .refused(.longInline) }
    let length = end > 0 && bytes[end - 1] == 13 ? end - 1 : end
    guard
      let words = QuotedWords.split(
        UnsafeRawBufferPointer(rebasing: bytes[..<length]), into: &unquoted)
    else { return .refused(.unbalancedQuotes) }
    stage = .done
    guard !words.isEmpty else { return .nothing(bytes: end + 1) }
    ranges = words
    isInline = true
    return .request(bytes: end + 1)
  }
}
