/// Writes a message of protobuf (proto3): fields in the order of the calls, without those that have
/// their default value.
struct ProtobufWriter {
  private(set) var bytes: [UInt8] = []

  mutating func append(_ field: UInt32, _ value: UInt64) {
    guard value != 0 else { return }
    tag(field, 0)
    Self.varint(value, to: &bytes)
  }

  mutating func append(_ field: UInt32, _ value: [UInt8]) {
    if !value.isEmpty { append(field, message: value) }
  }

  mutating func append(_ field: UInt32, _ text: String) {
    append(field, Array(text.utf8))
  }

  /// A message within this one, or an element of a list, which is written even if it is empty.
  mutating func append(_ field: UInt32, message: [UInt8]) {
    tag(field, 2)
    Self.varint(UInt64(message.count), to: &bytes)
    bytes += message
  }

  /// A list of numbers in the packed form.
  mutating func append(_ field: UInt32, packed numbers: [UInt32]) {
    var packed: [UInt8] = []
    for number in numbers { Self.varint(UInt64(number), to: &packed) }
    append(field, packed)
  }

  private mutating func tag(_ field: UInt32, _ type: UInt64) {
    Self.varint(UInt64(field) << 3 | type, to: &bytes)
  }

  static func varint(_ value: UInt64, to bytes: inout [UInt8]) {
    var rest = value
    while rest >= 0x80 {
      bytes.append(UInt8(truncatingIfNeeded: rest) | 0x80)
      rest >>= 7
    }
    bytes.append(UInt8(rest))
  }
}
