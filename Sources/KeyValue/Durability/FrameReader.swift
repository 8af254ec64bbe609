import Primitives

/// One frame as it was read.
struct StoredFrame {
  let number: UInt64
  /// The last frame that was on the disk for sure when this one was written.
  let safe: UInt64
  let flags: FrameWriter.Flags
  let effects: [LoggedEffect]
  /// Of the last frame of a checkpoint: how many entries it has.
  let entries: UInt64
}

/// Reads the frames of one file from front to back.
struct FrameReader {
  /// What there is at a place.
  enum Next {
    case frame(StoredFrame)
    case end
    /// No frame, for this reason.
    case bad(String)
  }

  private let disk: any LogDisk
  let name: String
  let size: Int
  let header: LogHeader
  private let seed: UInt32
  /// Where the next frame begins.
  private(set) var offset = LogHeader.bytes
  private var window: [UInt8] = []
  private var windowStart = 0

  /// Reads the header.
  init(_ disk: any LogDisk, _ name: String) throws(LogError) {
    self.disk = disk
    self.name = name
    do throws(DiskError) {
      size = try disk.size(of: name)
      window = try disk.read(name, at: 0, count: min(size, KeyValueLimits.readAheadBytes))
    } catch { throw LogError(error) }
    (header, seed) = try LogHeader.read(window, of: disk.path + "/" + name)
  }

  var file: String { disk.path + "/" + name }

  /// Has `count` bytes from `place` on in the window; false if the file ends before.
  private mutating func load(_ place: Int, _ count: Int) throws(LogError) -> Bool {
    guard place + count <= size else { return false }
    if place >= windowStart, place + count <= windowStart + window.count { return true }
    do throws(DiskError) {
      let wanted = min(size - place, max(count, KeyValueLimits.readAheadBytes))
      window = try disk.read(name, at: place, count: wanted)
      windowStart = place
    } catch { throw LogError(error) }
    return window.count >= count
  }

  /// The length and checksum of what may be a frame at `place`; why not otherwise.
  private mutating func frameBytes(at place: Int) throws(LogError) -> (count: Int, fault: String?) {
    guard try load(place, FrameWriter.headBytes) else { return (0, "a frame's head is cut off") }
    let (length, sum) = window.withUnsafeBytes {
      (
        LittleEndian.uint32($0, at: place - windowStart),
        LittleEndian.uint32($0, at: place - windowStart + 4)
      )
    }
    let range = FrameWriter.bodyHeadBytes...KeyValueLimits.frameBytesMax
    guard range.contains(Int(length)) else { return (0, "no frame has \(length) bytes") }
    let count = FrameWriter.headBytes + Int(length)
    guard try load(place, count) else { return (0, "a frame of \(length) bytes is cut off") }
    let found = window.withUnsafeBytes { bytes in
      let start = place - windowStart + FrameWriter.headBytes
      let body = UnsafeRawBufferPointer(rebasing: bytes[start..<(start + Int(length))])
      return FrameWriter.checksum(seed, length, body)
    }
    return (count, found == sum ? nil : "the checksum of a frame is wrong")
  }

  /// The frame at `offset`, which must have this number.
  mutating func next(_ number: UInt64) throws(LogError) -> Next {
    guard offset < size else { return .end }
    let (count, fault) = try frameBytes(at: offset)
    if let fault { return .bad(fault) }
    let start = offset - windowStart + FrameWriter.headBytes
    let body = Array(window[start..<(start + count - FrameWriter.headBytes)])
    do throws(WireError) {
      let frame = try Self.frame(body)
      guard frame.number == number else {
        return .bad("frame \(frame.number) is where \(number) should be")
      }
      offset += count
      return .frame(frame)
    } catch { return .bad("a frame with a right checksum is none: \(error)") }
  }

  /// Reads a body.
  static func frame(_ body: [UInt8]) throws(WireError) -> StoredFrame {
    var decoder = WireDecoder(body)
    let head = Array(try decoder.raw(16))
    let (number, safe) = head.withUnsafeBytes {
      (LittleEndian.uint64($0, at: 0), LittleEndian.uint64($0, at: 8))
    }
    let flags = FrameWriter.Flags(rawValue: try decoder.byte())
    guard FrameWriter.Flags.all.isSuperset(of: flags) else {
      throw .invalidCase(UInt64(flags.rawValue), of: "flags", at: 16)
    }
    guard safe < number else { throw .invalidValue("it is said to be safe itself", at: 8) }
    var effects: [LoggedEffect] = []
    var entries: UInt64 = 0
    if flags.contains(.endsCheckpoint) {
      entries = Array(try decoder.raw(8)).withUnsafeBytes { LittleEndian.uint64($0, at: 0) }
      try decoder.finish()
    }
    while decoder.remaining > 0 { effects.append(try StoredEffect.read(&decoder)) }
    return StoredFrame(
      number: number, safe: safe, flags: flags, effects: effects, entries: entries)
  }

  /// The largest `safe` of all whole frames from `place` on with a number above `number`, wherever
  /// they begin; nil if there is none. `.max` if there are too many places to look at.
  mutating func safeThrough(
    from place: Int, after number: UInt64
  ) throws(LogError) -> UInt64? {
    var (place, found, tries) = (place, UInt64?.none, 0)
    while place + FrameWriter.headBytes + FrameWriter.bodyHeadBytes <= size {
      guard try load(place, FrameWriter.headBytes + 16) else { break }
      let (length, other, safe) = window.withUnsafeBytes { bytes in
        let start = place - windowStart
        return (
          Int(LittleEndian.uint32(bytes, at: start)), LittleEndian.uint64(bytes, at: start + 8),
          LittleEndian.uint64(bytes, at: start + 16)
        )
      }
      // No more frames than bytes can lie between.
      let isLikely =
        other > number && other - number <= UInt64(size) && safe < other
        && place + FrameWriter.headBytes + length <= size
      if isLikely {
        tries += 1
        guard tries <= KeyValueLimits.searchedFramesMax else { return .max }
        let (count, fault) = try frameBytes(at: place)
        if fault == nil {
          found = max(found ?? 0, safe)
          place += count
          continue
        }
      }
      place += 1
    }
    return found
  }
}
