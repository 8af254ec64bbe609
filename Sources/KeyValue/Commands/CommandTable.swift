/// The commands by name.
struct CommandTable: Sendable {
  /// A name in lower case in two words, the first byte lowest, zeros behind.
  private struct Name: Sendable, Equatable {
    var low: UInt64
    var high: UInt64

    /// Nil for what is too long for any command.
    @inline(__always)
    init?(_ bytes: UnsafeRawBufferPointer) {
      guard bytes.count <= 16 else { return nil }
      (low, high) = (0, 0)
      for index in 0..<bytes.count {
        let byte = UInt64(Bytes.lower(bytes[index]))
        if index < 8 {
          low |= byte &<< UInt64(8 &* index)
        } else {
          high |= byte &<< UInt64(8 &* (index &- 8))
        }
      }
    }

    @inline(__always)
    var place: Int {
      Int(truncatingIfNeeded: ((low ^ high) &* 0x9e37_79b9_7f4a_7c15) >> 56)
    }
  }

  private struct Slot: Sendable {
    var name: Name
    /// The number of the command plus 1; 0 is empty.
    var number: UInt8
  }

  private static let slotCount = 256
  private var slots: [Slot]
  let commands = CommandSpecification.all

  init() {
    guard let none = Name(UnsafeRawBufferPointer(start: nil, count: 0)) else {
      preconditionFailure("the empty name is too long")
    }
    slots = Array(repeating: Slot(name: none, number: 0), count: Self.slotCount)
    for (number, command) in commands.enumerated() {
      var text = command.name
      guard let name = text.withUTF8({ Name(UnsafeRawBufferPointer($0)) }) else {
        preconditionFailure("the name of \(command.name) is too long")
      }
      var place = name.place
      while slots[place].number != 0 { place = (place + 1) % Self.slotCount }
      slots[place] = Slot(name: name, number: UInt8(number + 1))
    }
  }

  /// The number of a command of this name, whatever its case.
  @inline(__always)
  func find(_ bytes: UnsafeRawBufferPointer) -> Int? {
    guard let name = Name(bytes) else { return nil }
    var place = name.place
    while slots[place].number != 0 {
      if slots[place].name == name { return Int(slots[place].number) - 1 }
      place = (place + 1) % Self.slotCount
    }
    return nil
  }
}
