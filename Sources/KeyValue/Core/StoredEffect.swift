import CRDT
import Primitives

/// An effect as the log has it.
enum LoggedEffect: Sendable, Hashable {
  case whole(KeyValueEffect)
  /// What changed of a large value.
  case changed(ValueChange)

  /// Whether it is of a key.
  var isOfKey: Bool {
    switch self {
    case .whole(let effect): effect.version != nil
    case .changed: true
    }
  }
}

/// The stored form of one effect: a byte for the kind (`ValueKind`; or 5: all keys are gone, with
/// nothing behind it; or 6: the floor, with its ticks as a varint behind it), the key (varint
/// length, bytes), ticks (varint), replica (8 bytes, least significant first), expiry (varint), and
/// for what has a value its bytes (varint length, bytes).
enum StoredEffect {
  static let clear: UInt8 = 5
  static let floor: UInt8 = 6

  static func appendFloor(_ ticks: UInt64, to bytes: inout [UInt8]) {
    bytes.append(floor)
    append(ticks, to: &bytes)
  }

  /// Behind it what an effect has, with what was appended as the value, and behind the expiry the
  /// version that the value had before: ticks, replica, and its bytes (varint).
  static let changed: UInt8 = 8

  static func append(_ view: EffectView, to bytes: inout [UInt8]) {
    let base = view.kind.isLive ? view.base : nil
    bytes.append(base == nil ? view.kind.rawValue : changed)
    append(UInt64(view.key.count), to: &bytes)
    bytes.append(contentsOf: view.key)
    append(view.version.ticks, to: &bytes)
    LittleEndian.append(view.version.replica.bits, to: &bytes)
    append(view.expiry, to: &bytes)
    guard view.kind.hasValue else { return }
    if let base {
      append(base.version.ticks, to: &bytes)
      LittleEndian.append(base.version.replica.bits, to: &bytes)
      append(UInt64(base.bytes), to: &bytes)
    }
    let value = view.value[(base?.bytes ?? 0)...]
    append(UInt64(value.count), to: &bytes)
    bytes.append(contentsOf: value)
  }

  /// The same of a copy.
  static func append(_ effect: KeyValueEffect, to bytes: inout [UInt8]) {
    switch effect {
    case .clear: bytes.append(clear)
    case .floor(let ticks): appendFloor(ticks, to: &bytes)
    case .set(let key, let kind, let value, let version, let expiry):
      append(kind, key, value, version, expiry, to: &bytes)
    case .delete(let key, let version): append(.tombstone, key, [], version, 0, to: &bytes)
    case .expire(let key, let version, let expiry):
      append(.expired, key, [], version, expiry, to: &bytes)
    }
  }

  private static func append(
    _ kind: ValueKind, _ key: [UInt8], _ value: [UInt8], _ version: HybridTime, _ expiry: UInt64,
    to bytes: inout [UInt8]
  ) {
    key.withUnsafeBytes { key in
      value.withUnsafeBytes { value in
        append(
          EffectView(key: key, kind: kind, value: value, version: version, expiry: expiry),
          to: &bytes)
      }
    }
  }

  private static func append(_ number: UInt64, to bytes: inout [UInt8]) {
    var rest = number
    while rest >= 0x80 {
      bytes.append(UInt8(truncatingIfNeeded: rest) | 0x80)
      rest >>= 7
    }
    bytes.append(UInt8(truncatingIfNeeded: rest))
  }

  /// Reads one effect strictly.
  static func read(_ decoder: inout WireDecoder) throws(WireError) -> LoggedEffect {
    let start = decoder.offset
    let byte = try decoder.byte()
    if byte == clear { return .whole(.clear) }
    if byte == floor { return .whole(.floor(try decoder.uint64())) }
    let kind = ValueKind(rawValue: byte)
    guard kind != nil || byte == changed else {
      throw .invalidCase(UInt64(byte), of: "effect", at: start)
    }
    let key = try decoder.bytes(limit: KeyValueLimits.keyBytesMax)
    guard !key.isEmpty else { throw .invalidValue("a key has no bytes", at: start) }
    let version = try version(&decoder)
    let expiry = try decoder.uint64()
    guard let kind else { return try change(of: key, version, expiry, &decoder, at: start) }
    switch kind {
    case .bytes, .replicated, .emptied:
      let value = try decoder.bytes(limit: KeyValueLimits.valueBytesMax)
      return .whole(.set(key: key, kind: kind, value: value, version: version, expiry: expiry))
    case .tombstone:
      guard expiry == 0 else { throw .invalidValue("what was deleted has an expiry", at: start) }
      return .whole(.delete(key: key, version: version))
    case .expired: return .whole(.expire(key: key, version: version, expiry: expiry))
    }
  }

  private static func change(
    of key: [UInt8], _ version: HybridTime, _ expiry: UInt64, _ decoder: inout WireDecoder,
    at start: Int
  ) throws(WireError) -> LoggedEffect {
    let held = try self.version(&decoder)
    let bytes = try decoder.uint64()
    guard held < version, bytes <= UInt64(KeyValueLimits.valueBytesMax) else {
      throw .invalidValue("it was made of what it cannot be made of", at: start)
    }
    let appended = try decoder.bytes(limit: KeyValueLimits.valueBytesMax)
    return .changed(
      ValueChange(
        key: key, version: version, expiry: expiry,
        base: ValueBase(version: held, bytes: Int(bytes)), appended: appended))
  }

  private static func version(_ decoder: inout WireDecoder) throws(WireError) -> HybridTime {
    let ticks = try decoder.uint64()
    let bits = Array(try decoder.raw(8)).withUnsafeBytes { LittleEndian.uint64($0, at: 0) }
    return HybridTime(ticks: ticks, replica: ReplicaID(bits))
  }
}

/// Numbers in a fixed number of bytes, least significant first.
enum LittleEndian {
  static func append<Number: FixedWidthInteger>(_ number: Number, to bytes: inout [UInt8]) {
    withUnsafeBytes(of: number.littleEndian) { bytes.append(contentsOf: $0) }
  }

  @inline(__always)
  static func uint32(_ bytes: UnsafeRawBufferPointer, at offset: Int) -> UInt32 {
    UInt32(littleEndian: bytes.loadUnaligned(fromByteOffset: offset, as: UInt32.self))
  }

  @inline(__always)
  static func uint64(_ bytes: UnsafeRawBufferPointer, at offset: Int) -> UInt64 {
    UInt64(littleEndian: bytes.loadUnaligned(fromByteOffset: offset, as: UInt64.self))
  }
}
