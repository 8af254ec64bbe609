import Primitives

/// A varint count of steps, and for each a varint: twice its length, plus one for a copy. An
/// insert's bytes follow; for a copy a varint of how far it begins behind (even: twice the
/// distance) or before (odd) the end of the last copy, which is 0 at first.
extension EditScript: WireCodable {
  public func encode(to encoder: inout WireEncoder) {
    encoder.append(count: operations.count)
    var expected = 0
    for operation in operations {
      switch operation {
      case .copy(let offset, let length):
        encoder.append(varint: UInt64(length) << 1 | 1)
        let distance = offset - expected
        encoder.append(varint: UInt64(bitPattern: Int64(distance << 1 ^ distance >> 63)))
        expected = offset + length
      case .insert(let bytes):
        encoder.append(varint: UInt64(bytes.count) << 1)
        encoder.append(raw: bytes)
      }
    }
  }

  public init(from decoder: inout WireDecoder) throws(WireError) {
    // A step takes at least two bytes.
    let count = try decoder.count(
      elementBytes: 2, limit: BinaryDifferenceLimits.operationsMax)
    var operations: [EditOperation] = []
    var (targetBytes, needed, expected) = (0, 0, 0)
    var last: EditOperation?
    for _ in 0..<count {
      let start = decoder.offset
      let head = try decoder.varint()
      let room = BinaryDifferenceLimits.targetBytesMax - targetBytes
      guard head >> 1 <= UInt64(room) else {
        throw .lengthTooLarge(head >> 1, limit: room, at: start)
      }
      let length = Int(head >> 1)
      guard length > 0 else { throw .invalidValue("a step is empty", at: start) }
      let operation: EditOperation
      if head & 1 == 1 {
        let offset = try Self.offset(after: expected, length, &decoder)
        if case .copy = last, offset == expected {
          throw .invalidValue("a copy goes on where the one before it ends", at: start)
        }
        operation = .copy(offset: offset, length: length)
        expected = offset + length
        needed = max(needed, expected)
      } else {
        if case .insert = last { throw .invalidValue("two inserts are neighbours", at: start) }
        operation = .insert(Array(try decoder.raw(length)))
      }
      targetBytes += length
      operations.append(operation)
      last = operation
    }
    self.init(operations: operations, targetBytes: targetBytes, baseBytesNeeded: needed)
  }

  private static func offset(
    after expected: Int, _ length: Int, _ decoder: inout WireDecoder
  ) throws(WireError) -> Int {
    let start = decoder.offset
    let coded = try decoder.varint()
    let distance = Int(coded >> 1) ^ -Int(coded & 1)
    let (offset, overflow) = expected.addingReportingOverflow(distance)
    guard !overflow, offset >= 0, offset <= BinaryDifferenceLimits.baseBytesMax - length else {
      throw .invalidValue("a copy is from outside of any base", at: start)
    }
    return offset
  }
}
