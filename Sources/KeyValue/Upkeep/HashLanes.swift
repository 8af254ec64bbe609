import CBlake2Batch
import Primitives

/// BLAKE2b-256 of many short messages, several side by side where the processor can.
///
/// Messages are written one after another into a buffer that is used again; what does not fit a
/// lane is hashed alone.
struct HashLanes: ~Copyable {
  private static let blockBytes = 128
  /// Bytes of the longest message that is hashed beside others.
  private static let laneBytes = 8 * blockBytes

  private let lanes = max(1, Int(blake2b256_lanes()))
  private let hasLanes = blake2b256_lanes() > 0
  private let memory: UnsafeMutableRawPointer
  private let hashes: UnsafeMutablePointer<UInt8>
  private var messages: [UnsafePointer<UInt8>?]
  private var lengths: [Int]
  private var targets: [Int]
  private var waiting = 0

  init() {
    memory = .allocate(byteCount: lanes * Self.laneBytes, alignment: 64)
    hashes = .allocate(capacity: lanes * 32)
    let base = memory.assumingMemoryBound(to: UInt8.self)
    messages = (0..<lanes).map { UnsafePointer(base + $0 * Self.laneBytes) }
    lengths = Array(repeating: 0, count: lanes)
    targets = Array(repeating: 0, count: lanes)
  }

  deinit {
    memory.deallocate()
    hashes.deallocate()
  }

  /// Hashes a message of `bytes` bytes that `write` writes to the address it is given; the hash
  /// goes to `results[target]` now or by `finish`.
  @inline(__always)
  mutating func add(
    _ bytes: Int, for target: Int, to results: inout [Hash256],
    _ write: (UnsafeMutableRawPointer) -> Void
  ) {
    guard hasLanes, bytes <= Self.laneBytes else {
      results[target] = withUnsafeTemporaryAllocation(byteCount: max(1, bytes), alignment: 16) {
        write($0.baseAddress!)
        return Blake2b256.hash(
          UnsafeRawBufferPointer(rebasing: UnsafeRawBufferPointer($0)[..<bytes]))
      }
      return
    }
    let place = memory + waiting * Self.laneBytes
    write(place)
    // Zeros up to a whole block, of which there is at least one.
    let end = max(Self.blockBytes, (bytes + Self.blockBytes - 1) & ~(Self.blockBytes - 1))
    (place + bytes).initializeMemory(as: UInt8.self, repeating: 0, count: end - bytes)
    lengths[waiting] = bytes
    targets[waiting] = target
    waiting += 1
    if waiting == lanes { finish(&results) }
  }

  /// Hashes what waits.
  mutating func finish(_ results: inout [Hash256]) {
    guard waiting > 0 else { return }
    blake2b256_batch(messages, lengths, waiting, hashes)
    for lane in 0..<waiting {
      results[targets[lane]] = Hash256(
        loading: UnsafeRawBufferPointer(start: hashes + 32 * lane, count: 32))
    }
    waiting = 0
  }
}
