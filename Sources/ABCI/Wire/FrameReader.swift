import Primitives

/// Cuts what comes over a connection into messages: the length of each as a varint, then its bytes.
///
/// Holds no more than one message and what came together with its end.
package struct FrameReader: Sendable {
  /// What cannot be the begin of a message.
  package enum Failure: Error, Sendable, Hashable, CustomStringConvertible {
    /// The length has more than 64 bits.
    case length
    /// The message is too long.
    case tooLong(UInt64, limit: Int)

    package var description: String {
      switch self {
      case .length: "the length of a message has more than 64 bits"
      case .tooLong(let count, let limit): "a message of \(count) bytes, above \(limit)"
      }
    }
  }

  private var buffer: [UInt8] = []
  /// What of the buffer was taken.
  private var start = 0
  private let limit: Int

  package init(limit: Int = ABCILimits.requestBytesMax) { self.limit = limit }

  /// Whether a message has begun that is not whole yet.
  package var isWithinMessage: Bool { start < buffer.count }

  package mutating func append(_ bytes: some Collection<UInt8>) {
    if start > 0 {
      buffer.removeFirst(start)
      start = 0
    }
    buffer += bytes
  }

  /// The next message, nil if it is not whole yet. After a failure nothing more can be read.
  package mutating func next() throws(Failure) -> [UInt8]? {
    var length: UInt64 = 0
    var position = start
    for index in 0..<PrimitiveLimits.varintBytesMax {
      guard position < buffer.count else { return nil }
      let byte = buffer[position]
      position += 1
      if index == PrimitiveLimits.varintBytesMax - 1, byte > 1 { throw .length }
      length |= UInt64(byte & 0x7f) << UInt64(7 * index)
      if byte < 0x80 { break }
      if index == PrimitiveLimits.varintBytesMax - 1 { throw .length }
    }
    guard length <= UInt64(limit) else { throw .tooLong(length, limit: limit) }
    guard buffer.count - position >= Int(length) else { return nil }
    start = position + Int(length)
    return Array(buffer[position..<start])
  }
}
