extension EditScript {
  /// The strict VCDIFF delta, in windows of `windowBytes` bytes of target; each window's source is
  /// the part of the base from which it copies.
  public func vcdiffBytes(
    windowBytes: Int = BinaryDifferenceLimits.vcdiffWindowBytes
  ) -> [UInt8] {
    precondition(windowBytes > 0, "a window of no bytes")
    var delta = VCDIFF.magic + [0]
    var window: [WindowStep] = []
    var size = 0
    func close() {
      if !window.isEmpty { delta += VCDIFFWindowWriter.bytes(of: window, size: size) }
      window = []
      size = 0
    }
    for operation in operations {
      var done = 0
      while done < operation.length {
        let part = min(operation.length - done, windowBytes - size)
        switch operation {
        case .copy(let offset, _):
          window.append(.copy(offset + done..<offset + done + part))
        case .insert(let bytes): window.append(.insert(bytes[done..<done + part]))
        }
        done += part
        size += part
        if size == windowBytes { close() }
      }
    }
    close()
    return delta
  }
}

/// A step that lies in one window.
private enum WindowStep {
  case copy(Range<Int>)
  case insert(ArraySlice<UInt8>)
}

/// Writes the three sections of a window.
private struct VCDIFFWindowWriter {
  private typealias Instruction = VCDIFFCodeTable.Instruction
  private var data: [UInt8] = []
  private var instructions: [UInt8] = []
  private var addressBytes: [UInt8] = []
  private var addresses = VCDIFFAddresses()
  /// An instruction that may share a code with the next one, and its size.
  private var waiting: (instruction: Instruction, size: Int)?
  private let source: Range<Int>
  /// Bytes of source and target so far.
  private var here: Int

  static func bytes(of steps: [WindowStep], size: Int) -> [UInt8] {
    var source: Range<Int>?
    for case .copy(let range) in steps {
      let known = source ?? range
      source =
        min(known.lowerBound, range.lowerBound)..<max(known.upperBound, range.upperBound)
    }
    var writer = VCDIFFWindowWriter(source: source ?? 0..<0)
    for step in steps { writer.add(step) }
    writer.flush()
    return writer.window(size: size)
  }

  private init(source: Range<Int>) {
    self.source = source
    here = source.count
  }

  private func window(size: Int) -> [UInt8] {
    var encoding = VCDIFF.digits(size) + [0]
    for section in [data, instructions, addressBytes] {
      encoding += VCDIFF.digits(section.count)
    }
    encoding += data + instructions + addressBytes
    var head: [UInt8] = [0]
    if !source.isEmpty {
      head =
        [VCDIFF.sourceBit] + VCDIFF.digits(source.count) + VCDIFF.digits(source.lowerBound)
    }
    return head + VCDIFF.digits(encoding.count) + encoding
  }

  private mutating func add(_ step: WindowStep) {
    switch step {
    case .copy(let range):
      let (mode, bytes) = addresses.write(range.lowerBound - source.lowerBound, here: here)
      addressBytes += bytes
      add(Instruction(kind: .copy, size: 0, mode: mode), range.count)
    case .insert(let bytes): addLiteral(bytes)
    }
  }

  /// Inserts and runs of equal bytes.
  private mutating func addLiteral(_ bytes: ArraySlice<UInt8>) {
    var start = bytes.startIndex
    var place = start
    while place < bytes.endIndex {
      var end = place + 1
      while end < bytes.endIndex, bytes[end] == bytes[place] { end += 1 }
      if end - place >= VCDIFF.runBytesMin {
        addInsert(bytes[start..<place])
        data.append(bytes[place])
        add(Instruction(kind: .run, size: 0), end - place)
        start = end
      }
      place = end
    }
    addInsert(bytes[start...])
  }

  private mutating func addInsert(_ bytes: ArraySlice<UInt8>) {
    guard !bytes.isEmpty else { return }
    data += bytes
    add(Instruction(kind: .add, size: 0), bytes.count)
  }

  private mutating func add(_ instruction: Instruction, _ size: Int) {
    here += size
    if let first = waiting {
      var (one, two) = (first.instruction, instruction)
      one.size = first.size
      two.size = size
      if let number = VCDIFFCodeTable.numbers[.init(first: one, second: two)] {
        instructions.append(number)
        waiting = nil
        return
      }
      flush()
    }
    waiting = (instruction, size)
  }

  /// Writes the waiting instruction by a code of its own.
  private mutating func flush() {
    guard let (instruction, size) = waiting else { return }
    waiting = nil
    var sized = instruction
    sized.size = size
    if let number = VCDIFFCodeTable.numbers[.init(first: sized)] {
      instructions.append(number)
    } else if let number = VCDIFFCodeTable.numbers[.init(first: instruction)] {
      instructions.append(number)
      instructions += VCDIFF.digits(size)
    }
  }
}
