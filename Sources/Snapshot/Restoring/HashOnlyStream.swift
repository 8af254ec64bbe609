import Primitives
import StateTrie

/// The stream of a snapshot of format 1: each item of the state in key order, as its length as a
/// varint and then its wire form. Uncompressed it is a function of the state alone.
enum HashOnlyStream {
  static func append(_ item: TrieItem, to bytes: inout [UInt8]) {
    let wire = item.wireBytes
    var encoder = WireEncoder()
    encoder.append(wire)
    bytes += encoder.bytes
  }

  /// Reads the stream from pieces of it.
  struct Reader {
    private var buffer: [UInt8] = []
    private var start = 0

    /// Bytes of a piece that are not an item yet.
    var remaining: Int { buffer.count - start }

    mutating func append(_ bytes: [UInt8]) {
      buffer.removeFirst(start)
      start = 0
      buffer += bytes
    }

    /// The next item; nil if it is not whole yet.
    mutating func next() throws(WireError) -> TrieItem? {
      var head = WireDecoder(Array(buffer[start...].prefix(PrimitiveLimits.varintBytesMax)))
      let length: UInt64
      do throws(WireError) { length = try head.varint() } catch {
        // More bytes may make it whole; a number that is too long stays so.
        if remaining < PrimitiveLimits.varintBytesMax { return nil }
        throw error
      }
      guard length <= UInt64(SnapshotLimits.itemBytesMax) else {
        throw .lengthTooLarge(length, limit: SnapshotLimits.itemBytesMax, at: 0)
      }
      let begin = start + head.offset
      guard buffer.count - begin >= Int(length) else { return nil }
      start = begin + Int(length)
      return try TrieItem(wireBytes: Array(buffer[begin..<start]))
    }
  }
}
