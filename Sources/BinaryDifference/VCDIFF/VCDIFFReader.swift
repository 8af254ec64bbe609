/// Reads a delta window by window. Nothing is given out before all of it is read.
struct VCDIFFReader {
  private var cursor: ByteCursor
  private let base: [UInt8]
  private let limit: Int
  private(set) var target: [UInt8] = []
  /// Collects what was done, if anybody asks.
  var builder: EditScriptBuilder?

  init(_ delta: [UInt8], base: [UInt8], limit: Int) {
    cursor = ByteCursor(delta)
    self.base = base
    self.limit = limit
  }

  mutating func readAll() throws(BinaryDifferenceError) {
    guard cursor.remaining >= 4, try cursor.raw(4).elementsEqual(VCDIFF.magic) else {
      throw .foreign(.vcdiff)
    }
    let indicator = try cursor.byte()
    guard indicator & 1 == 0 else { throw .unsupported("a secondary compressor", at: 4) }
    guard indicator & 2 == 0 else { throw .unsupported("a code table of its own", at: 4) }
    guard indicator == 0 else { throw .unsupported("header bits \(indicator)", at: 4) }
    while cursor.remaining > 0 { try readWindow() }
  }

  mutating func finishScript() throws(BinaryDifferenceError) -> EditScript {
    var builder = builder ?? EditScriptBuilder()
    return try builder.finish()
  }

  private mutating func readWindow() throws(BinaryDifferenceError) {
    let start = cursor.offset
    let indicator = try cursor.byte()
    guard indicator & ~3 == 0 else {
      throw .unsupported("window bits \(indicator)", at: start)
    }
    guard indicator != 3 else { throw .invalid("a window has two sources", at: start) }
    var source = 0..<0
    let isOfTarget = indicator == VCDIFF.targetBit
    if indicator != 0 {
      let size = try cursor.vcdiffInteger()
      let position = try cursor.vcdiffInteger()
      let (end, overflow) = position.addingReportingOverflow(size)
      let whole = isOfTarget ? target.count : base.count
      guard !overflow, end <= whole else {
        throw .beyondBase(
          end: UInt64(position) + UInt64(size), base: whole, at: start)
      }
      source = position..<end
    }
    let length = try cursor.vcdiffInteger()
    var encoding = try cursor.section(length)
    var window = try VCDIFFWindow(&encoding, source: source, isOfTarget: isOfTarget, start: start)
    let room = limit - target.count
    guard window.size <= room else {
      throw .targetTooLarge(
        UInt64(target.count) + UInt64(window.size), limit: limit, at: start)
    }
    try window.run(base: base, target: &target, builder: &builder)
  }
}

/// One window: its three sections, and what they refer to.
private struct VCDIFFWindow {
  /// Bytes of the target that it makes.
  let size: Int
  private let source: Range<Int>
  private let isOfTarget: Bool
  /// Offset of the window, for errors.
  private let start: Int
  private var data: ByteCursor
  private var instructions: ByteCursor
  private var addressBytes: ByteCursor
  private var addresses = VCDIFFAddresses()

  init(
    _ encoding: inout ByteCursor, source: Range<Int>, isOfTarget: Bool, start: Int
  ) throws(BinaryDifferenceError) {
    self.source = source
    self.isOfTarget = isOfTarget
    self.start = start
    size = try encoding.vcdiffInteger()
    let place = encoding.offset
    let indicator = try encoding.byte()
    guard indicator == 0 else { throw .unsupported("a compressed section", at: place) }
    let lengths = (
      try encoding.vcdiffInteger(), try encoding.vcdiffInteger(), try encoding.vcdiffInteger()
    )
    data = try encoding.section(lengths.0)
    instructions = try encoding.section(lengths.1)
    addressBytes = try encoding.section(lengths.2)
    guard encoding.remaining == 0 else {
      throw .invalid("\(encoding.remaining) bytes follow the sections", at: encoding.offset)
    }
  }

  mutating func run(
    base: [UInt8], target: inout [UInt8], builder: inout EditScriptBuilder?
  ) throws(BinaryDifferenceError) {
    let begin = target.count
    let end = begin + size
    while instructions.remaining > 0 {
      let place = instructions.offset
      let code = VCDIFFCodeTable.codes[Int(try instructions.byte())]
      for index in 0..<(code.second.kind == .nothing ? 1 : 2) {
        let instruction = index == 0 ? code.first : code.second
        let length =
          instruction.size > 0 ? instruction.size : try instructions.vcdiffInteger()
        guard length <= end - target.count else {
          throw .invalid("a window has more bytes than it says", at: place)
        }
        let made = target.count
        switch instruction.kind {
        case .nothing: break
        case .add: target += try data.raw(length)
        case .run: target += repeatElement(try data.byte(), count: length)
        case .copy:
          let here = source.count + made - begin
          let address = try addresses.read(instruction.mode, here: here, &addressBytes)
          try copy(address, length, begin, base, &target, &builder, place)
          continue
        }
        try builder?.insert(target[made...], at: place)
      }
    }
    guard target.count == end else {
      throw .invalid("a window has \(target.count - begin) bytes, not \(size)", at: start)
    }
    for rest in [data, addressBytes] where rest.remaining > 0 {
      throw .invalid("\(rest.remaining) bytes of a section are not used", at: rest.offset)
    }
  }

  /// Copies from byte `address` of the source and the window's own bytes after it; what is copied
  /// may overlap with what is made.
  private func copy(
    _ address: Int, _ length: Int, _ begin: Int, _ base: [UInt8], _ target: inout [UInt8],
    _ builder: inout EditScriptBuilder?, _ place: Int
  ) throws(BinaryDifferenceError) {
    let made = target.count
    var rest = length
    if address < source.count {
      let first = source.lowerBound + address
      let part = min(rest, source.count - address)
      if isOfTarget {
        append(first, part, to: &target)
      } else {
        target += base[first..<first + part]
        try builder?.copy(offset: first, length: part, at: place)
      }
      rest -= part
    }
    if rest > 0 { append(begin + max(0, address - source.count), rest, to: &target) }
    // What came from the base is noted above.
    let noted = isOfTarget ? 0 : min(length, max(0, source.count - address))
    try builder?.insert(target[(made + noted)...], at: place)
  }

  /// Appends bytes of the target itself, as often as they are needed.
  private func append(_ first: Int, _ length: Int, to target: inout [UInt8]) {
    var rest = length
    while rest > 0 {
      let part = min(rest, target.count - first)
      // A slice that lives on while its array grows would have all of it copied.
      let piece = Array(target[first..<first + part])
      target += piece
      rest -= part
    }
  }
}
