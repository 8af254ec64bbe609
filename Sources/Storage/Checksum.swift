/// CRC-32C (Castagnoli, reflected, RFC 3720 appendix B.4), eight bytes at a time: finds every
/// flipped bit and every damaged stretch of up to 32 bits. No protection against an attacker.
package struct Checksum {
  /// Eight tables of 256 entries: what a byte does to the checksum with 0 to 7 bytes after it.
  private static let tables: [UInt32] = {
    var tables = [UInt32](repeating: 0, count: 8 * 256)
    for byte in 0..<256 {
      var value = UInt32(byte)
      for _ in 0..<8 { value = value & 1 == 1 ? value >> 1 ^ 0x82f6_3b78 : value >> 1 }
      tables[byte] = value
    }
    for index in 256..<tables.count {
      let shorter = tables[index - 256]
      tables[index] = shorter >> 8 ^ tables[Int(shorter & 0xff)]
    }
    return tables
  }()

  private var state = UInt32.max

  package init() {}

  /// The checksum of what was added.
  package var value: UInt32 { ~state }

  package mutating func add(_ bytes: UnsafeRawBufferPointer) {
    guard let base = bytes.baseAddress else { return }
    var state = state
    Self.tables.withUnsafeBufferPointer { tables in
      var offset = 0
      while offset + 8 <= bytes.count {
        let word = UInt64(
          littleEndian: base.loadUnaligned(fromByteOffset: offset, as: UInt64.self))
        let mixed = word ^ UInt64(state)
        state = 0
        for index in 0..<8 {
          let byte = Int(truncatingIfNeeded: mixed >> UInt64(8 * index)) & 0xff
          state ^= tables[(7 - index) * 256 + byte]
        }
        offset += 8
      }
      while offset < bytes.count {
        state = state >> 8 ^ tables[Int((state ^ UInt32(bytes[offset])) & 0xff)]
        offset += 1
      }
    }
    self.state = state
  }
}
