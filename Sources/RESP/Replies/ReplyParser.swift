/// Reads replies of RESP2 and RESP3, as clients do.
public enum ReplyParser {
  /// The reply at the begin of `bytes` and how many bytes it takes; nil if it is not all there.
  ///
  /// Nothing is allocated by a length that is announced: what is not there is not waited for in
  /// memory.
  public static func reply(
    in bytes: UnsafeRawBufferPointer, bulkBytesMax: Int = RESPLimits.bulkBytesMax
  ) throws(RESPError) -> (reply: RESPReply, bytes: Int)? {
    var reader = Reader(bytes: bytes, bulkBytesMax: bulkBytesMax)
    guard let reply = try reader.reply(depth: 0) else { return nil }
    return (reply, reader.position)
  }

  /// The same of an array of bytes.
  public static func reply(in bytes: [UInt8]) throws(RESPError) -> (reply: RESPReply, bytes: Int)? {
    let result: Result<(reply: RESPReply, bytes: Int)?, RESPError> = bytes.withUnsafeBytes {
      bytes in
      do throws(RESPError) { return .success(try reply(in: bytes)) } catch {
        return .failure(error)
      }
    }
    return try result.get()
  }
}

private struct Reader {
  let bytes: UnsafeRawBufferPointer
  let bulkBytesMax: Int
  var position = 0

  init(bytes: UnsafeRawBufferPointer, bulkBytesMax: Int) {
    self.bytes = bytes
    self.bulkBytesMax = bulkBytesMax
  }

  mutating func reply(depth: Int) throws(RESPError) -> RESPReply? {
    guard depth < RESPLimits.replyDepthMax else {
      throw .malformedReply("more than \(RESPLimits.replyDepthMax) replies within one another")
    }
    guard position < bytes.count else { return nil }
    let marker = bytes[position]
    guard let line = try line() else { return nil }
    switch marker {
    case UInt8(ascii: "+"): return .simple(text(line))
    case UInt8(ascii: "-"): return .error(text(line))
    case UInt8(ascii: ":"): return .integer(try number(line))
    case UInt8(ascii: "("): return .bigNumber(text(line))
    case UInt8(ascii: ","): return try double(line)
    case UInt8(ascii: "#"): return try boolean(line)
    case UInt8(ascii: "_"): return .null
    case UInt8(ascii: "$"), UInt8(ascii: "!"), UInt8(ascii: "="):
      return try string(marker, try number(line))
    case UInt8(ascii: "*"), UInt8(ascii: "~"), UInt8(ascii: ">"), UInt8(ascii: "%"):
      return try aggregate(marker, try number(line), depth)
    default: throw .malformedReply("no reply begins with byte \(marker)")
    }
  }

  /// What stands behind the marker at the position, up to CR and LF, behind which the position is
  /// then.
  private mutating func line() throws(RESPError) -> UnsafeRawBufferPointer? {
    var index = position + 1
    while index + 1 < bytes.count {
      if bytes[index] == 13, bytes[index + 1] == 10 {
        let line = UnsafeRawBufferPointer(rebasing: bytes[position + 1..<index])
        position = index + 2
        return line
      }
      index += 1
      if index - position > RESPLimits.lineBytesMax { throw .malformedReply("too long a line") }
    }
    return nil
  }

  private func text(_ bytes: UnsafeRawBufferPointer) -> String {
    String(decoding: bytes, as: UTF8.self)
  }

  private func number(_ line: UnsafeRawBufferPointer) throws(RESPError) -> Int64 {
    guard let number = DecimalText.integer(line) else {
      throw .malformedReply("'\(text(line))' is no whole number")
    }
    return number
  }

  private func double(_ line: UnsafeRawBufferPointer) throws(RESPError) -> RESPReply {
    let text = text(line)
    switch text {
    case "inf": return .double(.infinity)
    case "-inf": return .double(-.infinity)
    case "nan": return .double(.nan)
    default:
      guard let number = Double(text) else { throw .malformedReply("'\(text)' is no number") }
      return .double(number)
    }
  }

  private func boolean(_ line: UnsafeRawBufferPointer) throws(RESPError) -> RESPReply {
    switch text(line) {
    case "t": return .boolean(true)
    case "f": return .boolean(false)
    case let other: throw .malformedReply("'\(other)' is neither true nor false")
    }
  }

  private mutating func string(_ marker: UInt8, _ length: Int64) throws(RESPError) -> RESPReply? {
    if length == -1 { return .null }
    guard length >= 0, length <= bulkBytesMax else {
      throw .malformedReply("a string of \(length) bytes")
    }
    let end = position + Int(length)
    guard end + 2 <= bytes.count else { return nil }
    guard bytes[end] == 13, bytes[end + 1] == 10 else { throw .unendedBulk }
    let content = Array(bytes[position..<end])
    position = end + 2
    switch marker {
    case UInt8(ascii: "$"): return .bulk(content)
    case UInt8(ascii: "!"): return .error(String(decoding: content, as: UTF8.self))
    default:
      guard content.count >= 4, content[3] == UInt8(ascii: ":") else {
        throw .malformedReply("a text without a format")
      }
      return .verbatim(
        format: String(decoding: content[..<3], as: UTF8.self), Array(content[4...]))
    }
  }

  private mutating func aggregate(
    _ marker: UInt8, _ count: Int64, _ depth: Int
  ) throws(RESPError) -> RESPReply? {
    if count == -1 { return .null }
    guard count >= 0, count <= RESPLimits.replyElementsMax else {
      throw .malformedReply("\(count) elements")
    }
    let elements = marker == UInt8(ascii: "%") ? 2 * Int(count) : Int(count)
    // Each takes three bytes at least.
    guard elements <= (bytes.count - position) / 3 + 1 || elements == 0 else { return nil }
    var replies: [RESPReply] = []
    for _ in 0..<elements {
      guard let reply = try reply(depth: depth + 1) else { return nil }
      replies.append(reply)
    }
    switch marker {
    case UInt8(ascii: "*"): return .array(replies)
    case UInt8(ascii: "~"): return .set(replies)
    case UInt8(ascii: ">"): return .push(replies)
    default:
      return .map(
        (0..<Int(count)).map { RESPPair(replies[2 * $0], replies[2 * $0 + 1]) })
    }
  }
}
