import CRDT
import Primitives
import Storage

/// Frames of a file, one after another, in memory.
///
/// A frame, little-endian: the length of its body (4 bytes); the CRC-32C of the header's checksum,
/// that length and the body (4 bytes); the body. The body: the frame's number (8 bytes), the number
/// of the last frame that was on the disk for sure when this one was written (8 bytes), flags
/// (1 byte), then effects up to its end, or for the last frame of a checkpoint how many there were.
struct FrameWriter {
  static let headBytes = 8
  static let bodyHeadBytes = 17

  struct Flags: OptionSet, Sendable {
    let rawValue: UInt8

    /// The last frame of its batch, which counts as a whole or not at all.
    static let endsBatch = Flags(rawValue: 1)
    /// The last frame of a checkpoint.
    static let endsCheckpoint = Flags(rawValue: 2)
    static let all: Flags = [.endsBatch, .endsCheckpoint]
  }

  private(set) var bytes: [UInt8] = []
  var seed: UInt32
  /// The number of the next frame.
  private(set) var next: UInt64
  private var start = 0
  private var isOpen = false

  init(seed: UInt32, next: UInt64) {
    self.seed = seed
    self.next = next
  }

  var isEmpty: Bool { bytes.isEmpty }

  /// Forgets the frames; the numbers go on.
  mutating func clear() {
    bytes.removeAll(keepingCapacity: bytes.capacity <= 4 * KeyValueLimits.frameBytesWanted)
    isOpen = false
  }

  private mutating func open(_ safe: UInt64) {
    guard !isOpen else { return }
    isOpen = true
    start = bytes.count
    LittleEndian.append(UInt64(0), to: &bytes)
    LittleEndian.append(next, to: &bytes)
    LittleEndian.append(safe, to: &bytes)
    bytes.append(0)
  }

  mutating func add(_ view: EffectView, safe: UInt64) {
    if isOpen, bytes.count - start + view.value.count > KeyValueLimits.frameBytesWanted {
      close([])
    }
    open(safe)
    StoredEffect.append(view, to: &bytes)
  }

  mutating func addClear(safe: UInt64) {
    open(safe)
    bytes.append(StoredEffect.clear)
  }

  mutating func addFloor(_ ticks: UInt64, safe: UInt64) {
    open(safe)
    StoredEffect.appendFloor(ticks, to: &bytes)
  }

  /// Ends the batch with the frame at hand.
  mutating func endBatch(safe: UInt64) {
    open(safe)
    close(.endsBatch)
  }

  /// Ends a checkpoint of so many entries.
  mutating func endCheckpoint(entries: UInt64) {
    if isOpen { close(.endsBatch) }
    open(0)
    LittleEndian.append(entries, to: &bytes)
    close([.endsBatch, .endsCheckpoint])
  }

  private mutating func close(_ flags: Flags) {
    isOpen = false
    next += 1
    let (start, seed) = (start, seed)
    bytes.withUnsafeMutableBytes { bytes in
      let frame = UnsafeMutableRawBufferPointer(rebasing: bytes[start...])
      frame[Self.headBytes + 16] = flags.rawValue
      let length = UInt32(truncatingIfNeeded: frame.count - Self.headBytes)
      frame.storeBytes(of: length.littleEndian, toByteOffset: 0, as: UInt32.self)
      let body = UnsafeRawBufferPointer(rebasing: frame[Self.headBytes...])
      let sum = Self.checksum(seed, length, body)
      frame.storeBytes(of: sum.littleEndian, toByteOffset: 4, as: UInt32.self)
    }
  }

  static func checksum(
    _ seed: UInt32, _ length: UInt32, _ body: UnsafeRawBufferPointer
  ) -> UInt32 {
    var checksum = Checksum()
    let head = (seed.littleEndian, length.littleEndian)
    withUnsafeBytes(of: head) { checksum.add($0) }
    checksum.add(body)
    return checksum.value
  }
}

/// The stored form of one effect: a byte for the kind (`ValueKind`; or 5: all keys are gone, with
/// nothing behind it; or 6: the floor, with its ticks as a varint behind it), the key (varint length, bytes), ticks (varint), replica (8 bytes, least
/// significant first), expiry (varint), and for what has a value its bytes (varint length, bytes).
enum StoredEffect {
  static let clear: UInt8 = 5
  static let floor: UInt8 = 6

  static func appendFloor(_ ticks: UInt64, to bytes: inout [UInt8]) {
    bytes.append(floor)
    append(ticks, to: &bytes)
  }

  static func append(_ view: EffectView, to bytes: inout [UInt8]) {
    bytes.append(view.kind.rawValue)
    append(UInt64(view.key.count), to: &bytes)
    bytes.append(contentsOf: view.key)
    append(view.version.ticks, to: &bytes)
    LittleEndian.append(view.version.replica.bits, to: &bytes)
    append(view.expiry, to: &bytes)
    guard view.kind.isLive else { return }
    append(UInt64(view.value.count), to: &bytes)
    bytes.append(contentsOf: view.value)
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
  static func read(_ decoder: inout WireDecoder) throws(WireError) -> KeyValueEffect {
    let start = decoder.offset
    let byte = try decoder.byte()
    if byte == clear { return .clear }
    if byte == floor { return .floor(try decoder.uint64()) }
    guard let kind = ValueKind(rawValue: byte) else {
      throw .invalidCase(UInt64(byte), of: "effect", at: start)
    }
    let key = try decoder.bytes(limit: KeyValueLimits.keyBytesMax)
    guard !key.isEmpty else { throw .invalidValue("a key has no bytes", at: start) }
    let ticks = try decoder.uint64()
    let bits = Array(try decoder.raw(8)).withUnsafeBytes { LittleEndian.uint64($0, at: 0) }
    let version = HybridTime(ticks: ticks, replica: ReplicaID(bits))
    let expiry = try decoder.uint64()
    switch kind {
    case .bytes, .replicated:
      let value = try decoder.bytes(limit: KeyValueLimits.valueBytesMax)
      return .set(key: key, kind: kind, value: value, version: version, expiry: expiry)
    case .tombstone:
      guard expiry == 0 else { throw .invalidValue("what was deleted has an expiry", at: start) }
      return .delete(key: key, version: version)
    case .expired: return .expire(key: key, version: version, expiry: expiry)
    }
  }
}
