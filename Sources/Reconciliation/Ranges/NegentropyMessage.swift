import Primitives

/// How long a message may become.
public struct NegentropyFrame: Sendable, Hashable {
  /// Bytes up to which a message goes on; `Int.max` without a limit.
  private let bytesGoOn: Int

  /// Messages as long as they become: at most what is different between two sets.
  public static let unlimited = NegentropyFrame(bytesGoOn: .max)

  private init(bytesGoOn: Int) {
    self.bytesGoOn = bytesGoOn
  }

  /// Messages of at most so many bytes; nil for fewer than `ReconciliationLimits.frameBytesMin`.
  public init?(bytesMax: Int) {
    guard bytesMax >= ReconciliationLimits.frameBytesMin else { return nil }
    self.init(bytesGoOn: bytesMax - ReconciliationLimits.frameReserveBytes)
  }

  /// Whether a message of so many bytes has to end.
  func isFull(_ bytes: Int) -> Bool { bytes > bytesGoOn }

  /// How many ids a message of so many bytes takes at most, the one with which it is full included.
  func idsMax(after bytes: Int) -> Int {
    isFull(bytes) ? 0 : (bytesGoOn - bytes) / Hash256.byteCount + 1
  }
}

/// What a message says of a range.
enum NegentropyMode: UInt64 {
  /// Nothing is to be done.
  case skip = 0
  /// The fingerprint of the range.
  case fingerprint = 1
  /// All ids in the range.
  case idList = 2
}

/// The first byte of a message.
enum NegentropyVersion {
  /// Version 1.
  static let current: UInt8 = 0x61
  /// Bytes that stand for versions, known or not.
  static let all: ClosedRange<UInt8> = 0x60...0x6f
}

/// Writes one message.
struct NegentropyWriter {
  private(set) var bytes: [UInt8] = [NegentropyVersion.current]
  /// Timestamps are written as what they are more than the one before.
  private var lastTimestamp: UInt64 = 0

  /// Ends a message that has become too long at an earlier length. What follows must be a bound at
  /// infinity, since the timestamps forgotten are those that the next one would be counted from.
  mutating func truncate(to count: Int) {
    bytes.removeLast(bytes.count - count)
  }

  mutating func append(skipTo bound: NegentropyBound) {
    append(bound, .skip)
  }

  mutating func append(_ fingerprint: NegentropyFingerprint, upTo bound: NegentropyBound) {
    append(bound, .fingerprint)
    bytes += fingerprint.bytes
  }

  /// All ids at places of a storage, as those of a range.
  mutating func append(
    idsAt range: Range<Int>, of storage: some NegentropyStorage, upTo bound: NegentropyBound
  ) {
    append(bound, .idList)
    append(varint: UInt64(range.count))
    storage.forEach(in: range) { append($0.id) }
  }

  private mutating func append(_ bound: NegentropyBound, _ mode: NegentropyMode) {
    if bound.timestamp == .max {
      append(varint: 0)
    } else {
      append(varint: bound.timestamp - lastTimestamp + 1)
    }
    lastTimestamp = bound.timestamp
    append(varint: UInt64(bound.prefixBytes))
    bytes += bound.prefix.bytes.prefix(bound.prefixBytes)
    append(varint: mode.rawValue)
  }

  private mutating func append(_ id: Hash256) {
    withUnsafeTemporaryAllocation(byteCount: Hash256.byteCount, alignment: 8) { buffer in
      id.store(to: buffer.baseAddress!)
      bytes.append(contentsOf: buffer)
    }
  }

  private mutating func append(varint value: UInt64) {
    for index in 0..<NegentropyVarint.byteCount(value) {
      bytes.append(NegentropyVarint.byte(index, of: value))
    }
  }
}

/// Reads the ranges of one message.
struct NegentropyReader {
  private var decoder: WireDecoder
  private var lastBound = NegentropyBound.start

  /// - Parameter decoder: stands behind the version.
  init(_ decoder: WireDecoder) {
    self.decoder = decoder
  }

  var isAtEnd: Bool { decoder.remaining == 0 }

  /// The next range's end, at or behind that of the range before.
  mutating func bound() throws(WireError) -> NegentropyBound {
    let start = decoder.offset
    let delta = try varint()
    var timestamp = UInt64.max
    if delta > 0 {
      let (sum, overflows) = lastBound.timestamp.addingReportingOverflow(delta - 1)
      // Behind the last number there is only infinity.
      if !overflows { timestamp = sum }
    }
    let length = try count(elementBytes: 1, limit: Hash256.byteCount)
    let prefix = Array(try decoder.raw(length))
    guard timestamp < .max || length == 0 else {
      throw .invalidValue("a range ends behind infinity", at: start)
    }
    let padded = prefix + [UInt8](repeating: 0, count: Hash256.byteCount - length)
    let bound = NegentropyBound(
      timestamp: timestamp, prefix: padded.withUnsafeBytes { Hash256(loading: $0) },
      prefixBytes: length)
    guard !bound.isBelow(lastBound) else {
      throw .invalidValue("a range ends before it begins", at: start)
    }
    lastBound = bound
    return bound
  }

  mutating func mode() throws(WireError) -> NegentropyMode {
    let start = decoder.offset
    let value = try varint()
    guard let mode = NegentropyMode(rawValue: value) else {
      throw .invalidCase(value, of: "range", at: start)
    }
    return mode
  }

  mutating func fingerprint() throws(WireError) -> NegentropyFingerprint {
    let bytes = try decoder.raw(NegentropyFingerprint.byteCount)
    let (high, low) = bytes.withUnsafeBytes {
      ($0.loadUnaligned(as: UInt64.self), $0.loadUnaligned(fromByteOffset: 8, as: UInt64.self))
    }
    return NegentropyFingerprint(high: UInt64(bigEndian: high), low: UInt64(bigEndian: low))
  }

  /// Passes over a list of ids.
  mutating func skipIDs() throws(WireError) {
    let count = try count(elementBytes: Hash256.byteCount)
    _ = try decoder.raw(count * Hash256.byteCount)
  }

  /// A list of ids, in order and each once, however they came.
  mutating func sortedIDs() throws(WireError) -> [Hash256] {
    let count = try count(elementBytes: Hash256.byteCount)
    var ids: [Hash256] = []
    ids.reserveCapacity(count)
    for _ in 0..<count { ids.append(try decoder.hash()) }
    ids.sort()
    var unique: [Hash256] = []
    unique.reserveCapacity(count)
    for id in ids where id != unique.last { unique.append(id) }
    return unique
  }

  /// A count that the rest of the message has room for.
  private mutating func count(
    elementBytes: Int, limit: Int = .max
  ) throws(WireError) -> Int {
    let start = decoder.offset
    let value = try varint()
    let most = min(limit, decoder.remaining / elementBytes)
    guard value <= UInt64(most) else { throw .lengthTooLarge(value, limit: most, at: start) }
    return Int(value)
  }

  private mutating func varint() throws(WireError) -> UInt64 {
    let start = decoder.offset
    var value: UInt64 = 0
    for index in 0..<NegentropyVarint.byteCountMax {
      let next = try decoder.byte()
      if index == 0, next == 0x80 { throw .varintNotMinimal(at: start) }
      guard value.leadingZeroBitCount >= 7 else { throw .varintTooLong(at: start) }
      value = value << 7 | UInt64(next & 0x7f)
      if next < 0x80 { return value }
    }
    throw .varintTooLong(at: start)
  }
}
