import Compression

/// Where the blocks of a piece's frame begin. zstd codes the bytes of a block with one table, so
/// bytes of different kinds, such as random ones and those that only use seven bits, take fewer
/// bytes apart. What it is changes no content, only the size of the frame.
struct BlockPlan {
  /// Ascending offsets.
  private(set) var starts: [Int] = []

  /// Shorter columns go with the one before: a block's head would take more than it gains.
  private static let columnBytesMin = 512
  /// What a block of its own takes about: three bytes, and the table of its code.
  private static let headBits = 8.0 * 70

  init(_ piece: RawPiece) {
    piece.bytes.withUnsafeBytes { bytes in
      var open = Histogram(bytes[0..<(piece.columns.first ?? bytes.count)])
      for (index, start) in piece.columns.enumerated() {
        let end = index + 1 < piece.columns.count ? piece.columns[index + 1] : bytes.count
        let next = Histogram(bytes[start..<end])
        guard end - start >= Self.columnBytesMin else {
          open.add(next)
          continue
        }
        var both = open
        both.add(next)
        if both.bits > open.bits + next.bits + Self.headBits {
          starts.append(start)
          open = next
        } else {
          open = both
        }
      }
    }
  }

  /// How often each byte is there.
  private struct Histogram {
    private var counts = [Int32](repeating: 0, count: 256)
    private var total: Int32 = 0

    init(_ bytes: Slice<UnsafeRawBufferPointer>) {
      total = Int32(bytes.count)
      counts.withUnsafeMutableBufferPointer { counts in
        for byte in UnsafeRawBufferPointer(rebasing: bytes) { counts[Int(byte)] += 1 }
      }
    }

    mutating func add(_ other: Histogram) {
      for index in counts.indices { counts[index] += other.counts[index] }
      total += other.total
    }

    /// Bits that a perfect code takes (Shannon 1948).
    var bits: Double {
      var bits = 0.0
      for count in counts where count > 0 { bits -= Double(count) * BlockPlan.log2(count) }
      return total > 0 ? bits + Double(total) * BlockPlan.log2(total) : 0
    }
  }

  /// The binary logarithm of a positive number, to a few thousandths: its exponent, and a
  /// polynomial of what is left, 1…2.
  private static func log2(_ number: Int32) -> Double {
    let value = Double(number)
    let rest = value.significand - 1
    return Double(value.exponent)
      + rest * (1.4387 + rest * (-0.6777 + rest * (0.3218 - rest * 0.0828)))
  }
}

extension RawPiece {
  /// The piece as a zstd frame of its own.
  public func frame(by compressor: ZstdCompressor) -> [UInt8] {
    compressor.frame(of: bytes, blocksAt: BlockPlan(self).starts)
  }
}
