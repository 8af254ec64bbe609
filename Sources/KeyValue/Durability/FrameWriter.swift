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
