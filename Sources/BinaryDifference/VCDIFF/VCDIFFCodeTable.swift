/// The default code table of RFC 3284, section 5.6, and the addresses of section 5.3.
enum VCDIFFCodeTable {
  enum Kind: UInt8 {
    case nothing
    case add
    case run
    case copy
  }

  /// One of the two instructions of a code.
  struct Instruction: Hashable {
    var kind: Kind
    /// 0 if the size follows as an integer.
    var size: Int
    /// Of a copy's address.
    var mode = 0

    static let nothing = Instruction(kind: .nothing, size: 0)
  }

  /// One code: an instruction, and perhaps another one.
  struct Code: Hashable {
    var first: Instruction
    var second: Instruction = .nothing
  }

  /// Modes of addresses: as they are, back from here, four near ones, three tables of same ones.
  static let modes = 9

  static let codes: [Code] = {
    func add(_ size: Int) -> Instruction { .init(kind: .add, size: size) }
    func copy(_ size: Int, _ mode: Int) -> Instruction {
      .init(kind: .copy, size: size, mode: mode)
    }
    var codes = [Code(first: .init(kind: .run, size: 0))]
    codes += (0...17).map { Code(first: add($0)) }
    for mode in 0..<modes {
      codes += ([0] + Array(4...18)).map { Code(first: copy($0, mode)) }
    }
    for mode in 0..<modes {
      for size in 1...4 {
        for copied in 4...(mode < 6 ? 6 : 4) {
          codes.append(Code(first: add(size), second: copy(copied, mode)))
        }
      }
    }
    codes += (0..<modes).map { Code(first: copy(4, $0), second: add(1)) }
    return codes
  }()

  /// The number of each code.
  static let numbers = Dictionary(
    uniqueKeysWithValues: codes.enumerated().map { ($1, UInt8($0)) })
}

/// The last addresses of a window's copies, by which others are told shorter.
struct VCDIFFAddresses {
  private static let nearCount = 4
  private static let sameCount = 3
  private var near = [Int](repeating: 0, count: nearCount)
  private var next = 0
  private var same = [Int](repeating: 0, count: sameCount * 256)

  private mutating func add(_ address: Int) {
    near[next] = address
    next = (next + 1) % Self.nearCount
    same[address % same.count] = address
  }

  /// The address that `cursor` tells in this mode at byte `here` of source and target.
  mutating func read(
    _ mode: Int, here: Int, _ cursor: inout ByteCursor
  ) throws(BinaryDifferenceError) -> Int {
    let start = cursor.offset
    let address: Int
    if mode >= 2 + Self.nearCount {
      address = same[(mode - 2 - Self.nearCount) * 256 + Int(try cursor.byte())]
    } else {
      let number = try cursor.vcdiffInteger()
      switch mode {
      case 0: address = number
      case 1: address = here - number
      default:
        let (sum, overflow) = near[mode - 2].addingReportingOverflow(number)
        guard !overflow else { throw .invalid("an address has more than 63 bits", at: start) }
        address = sum
      }
    }
    guard address >= 0, address < here else {
      throw .invalid("a copy is from byte \(address), at byte \(here)", at: start)
    }
    add(address)
    return address
  }

  /// The mode that tells `address` shortest, and how it does.
  mutating func write(_ address: Int, here: Int) -> (mode: Int, bytes: [UInt8]) {
    defer { add(address) }
    let slot = address % same.count
    if same[slot] == address {
      return (2 + Self.nearCount + slot / 256, [UInt8(slot % 256)])
    }
    var best = (mode: 0, number: address)
    if here - address < best.number { best = (1, here - address) }
    for (index, value) in near.enumerated() where address >= value {
      if address - value < best.number { best = (2 + index, address - value) }
    }
    return (best.mode, VCDIFF.digits(best.number))
  }
}
