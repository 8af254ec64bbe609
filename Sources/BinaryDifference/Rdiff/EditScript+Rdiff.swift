/// Delta files of librsync (`rdiff delta`): a magic number, then commands of one byte, each with
/// its numbers, most significant byte first.
extension EditScript {
  private static let magic: UInt32 = 0x7273_0236
  /// Commands 1…64 are literals of as many bytes.
  private static let shortLiteralMax = 64
  /// The first of the four literals whose length follows in 1, 2, 4 or 8 bytes.
  private static let literal = 0x41
  /// The first of the sixteen copies: offsets of 1, 2, 4 or 8 bytes, and for each four lengths.
  private static let copy = 0x45
  private static let reserved = 0x55

  /// Reads a delta whose target has at most `limit` bytes.
  public init(
    rdiff bytes: [UInt8], limit: Int = BinaryDifferenceLimits.targetBytesMax
  ) throws(BinaryDifferenceError) {
    var cursor = ByteCursor(bytes)
    guard bytes.count >= 4, try cursor.bigEndian(width: 4) == Self.magic else {
      throw .foreign(.rdiffDelta)
    }
    var builder = EditScriptBuilder(limit: limit)
    while true {
      let start = cursor.offset
      let command = Int(try cursor.byte())
      switch command {
      case 0:
        guard cursor.remaining == 0 else {
          throw .invalid("\(cursor.remaining) bytes follow the end", at: cursor.offset)
        }
        self = try builder.finish()
        return
      case ...Self.shortLiteralMax: try builder.insert(try cursor.raw(command), at: start)
      case ..<Self.copy:
        let length = try Self.number(&cursor, command - Self.literal)
        try builder.insert(try cursor.raw(length), at: start)
      case ..<Self.reserved:
        let offset = try Self.number(&cursor, (command - Self.copy) / 4)
        let length = try Self.number(&cursor, (command - Self.copy) % 4)
        guard length > 0 else { throw .invalid("a copy is empty", at: start) }
        try builder.copy(offset: offset, length: length, at: start)
      default: throw .invalid("there is no command \(command)", at: start)
      }
    }
  }

  /// A number of 2^`width` bytes.
  private static func number(
    _ cursor: inout ByteCursor, _ width: Int
  ) throws(BinaryDifferenceError) -> Int {
    let start = cursor.offset
    guard let number = Int(exactly: try cursor.bigEndian(width: 1 << width)) else {
      throw .invalid("a number has more than 63 bits", at: start)
    }
    return number
  }

  /// The delta file.
  public var rdiffBytes: [UInt8] {
    var bytes: [UInt8] = []
    withUnsafeBytes(of: Self.magic.bigEndian) { bytes.append(contentsOf: $0) }
    func add(_ number: Int, _ width: Int) {
      withUnsafeBytes(of: UInt64(number).bigEndian) {
        bytes.append(contentsOf: $0[(8 - (1 << width))...])
      }
    }
    for operation in operations {
      switch operation {
      case .copy(let offset, let length):
        let widths = (Self.width(offset), Self.width(length))
        bytes.append(UInt8(Self.copy + 4 * widths.0 + widths.1))
        add(offset, widths.0)
        add(length, widths.1)
      case .insert(let literal):
        if literal.count <= Self.shortLiteralMax {
          bytes.append(UInt8(literal.count))
        } else {
          let width = Self.width(literal.count)
          bytes.append(UInt8(Self.literal + width))
          add(literal.count, width)
        }
        bytes += literal
      }
    }
    bytes.append(0)
    return bytes
  }

  /// Binary logarithm of the bytes that hold the number.
  private static func width(_ number: Int) -> Int {
    switch number {
    case ...0xff: 0
    case ...0xffff: 1
    case ...0xffff_ffff: 2
    default: 3
    }
  }
}
