import CBlake2Batch
import Primitives

/// Hashes node preimages, several at a time where the processor can.
///
/// Between `open` and `finish` one preimage is under way; where a target is given, its hash may be
/// put off until `flush`.
struct NodeHasher: ~Copyable {
  private static let lanesMax = 8
  private static let blockBytes = 128
  private let lanes: Int
  /// The memory of all buffers that have not grown.
  private let memory: UnsafeMutableRawPointer
  private var buffers: InlineArray<8, UnsafeMutableRawPointer>
  private var capacities: InlineArray<8, Int>
  private var lengths = InlineArray<8, Int>(repeating: 0)
  private var targets: InlineArray<8, UnsafeMutablePointer<Hash256>?>
  /// Index of the buffer in use; those before it wait to be hashed.
  private var lane = 0

  init() {
    lanes = max(1, Int(blake2b256_lanes()))
    let bytes = Self.firstCapacity
    memory = .allocate(byteCount: lanes * bytes, alignment: 64)
    // Only the lanes in use have a buffer of their own.
    buffers = InlineArray(repeating: memory)
    for index in 0..<lanes { buffers[index] = memory + index * bytes }
    capacities = InlineArray(repeating: bytes)
    targets = InlineArray(repeating: nil)
  }

  deinit {
    for index in 0..<lanes where capacities[index] > Self.firstCapacity {
      buffers[index].deallocate()
    }
    memory.deallocate()
  }

  /// Bytes of a buffer at first, in whole cache lines.
  private static let firstCapacity =
    (capacity(for: StateTrieLimits.innerPreimageBytesMax) + 63) / 64 * 64

  /// Bytes of a buffer for `bytes` of a preimage: the hash reads whole blocks.
  private static func capacity(for bytes: Int) -> Int {
    bytes + max(blockBytes, PreimageWriter.slackBytes)
  }

  /// Room for a preimage of `bytes` bytes; where it is to be written.
  @inline(__always)
  mutating func open(bytes: Int = StateTrieLimits.innerPreimageBytesMax) -> PreimageWriter {
    if Self.capacity(for: bytes) > capacities[lane] { grow(Self.capacity(for: bytes)) }
    return PreimageWriter(buffers[lane])
  }

  private mutating func grow(_ bytes: Int) {
    if capacities[lane] > Self.firstCapacity { buffers[lane].deallocate() }
    capacities[lane] = bytes
    buffers[lane] = .allocate(byteCount: bytes, alignment: 64)
  }

  /// The hash of a leaf.
  mutating func leaf(_ key: KeyNibbles, _ value: UnsafeRawBufferPointer) -> Hash256 {
    var writer = open(bytes: StateTrieLimits.innerPreimageBytesMax + value.count)
    writer.leaf(key, value)
    return finish(writer)
  }

  /// Hashes a leaf into `target`, at the latest with the next `flush`.
  @inline(__always)
  mutating func leaf(
    _ key: KeyNibbles, _ value: UnsafeRawBufferPointer,
    into target: UnsafeMutablePointer<Hash256>
  ) {
    var writer = open(bytes: StateTrieLimits.innerPreimageBytesMax + value.count)
    writer.leaf(key, value)
    finish(writer, into: target)
  }

  /// Hashes what `writer` has written since `open` at once; all 16 child slots must be there.
  func finish(_ writer: PreimageWriter) -> Hash256 {
    Blake2b256.hash(
      UnsafeRawBufferPointer(start: buffers[lane], count: writer.position - buffers[lane]))
  }

  /// Hashes what `writer` has written since `open` into `target`, at the latest with the next
  /// `flush`; until then `target` must stay where it is.
  @inline(__always)
  mutating func finish(_ writer: PreimageWriter, into target: UnsafeMutablePointer<Hash256>) {
    let count = writer.position - buffers[lane]
    let rest = count == 0 ? Self.blockBytes : (Self.blockBytes - count) & (Self.blockBytes - 1)
    writer.position.initializeMemory(as: UInt8.self, repeating: 0, count: rest)
    lengths[lane] = count
    targets[lane] = target
    lane += 1
    if lane == lanes { flush() }
  }

  /// Completes every hash that was put off.
  mutating func flush() {
    if lane > 1 {
      withUnsafeTemporaryAllocation(byteCount: 32 * Self.lanesMax, alignment: 64) { hashes in
        guard let base = hashes.baseAddress else { return }
        hashBatch(into: base.assumingMemoryBound(to: UInt8.self))
        for index in 0..<lane {
          targets[index]?.pointee = Hash256(
            loading: UnsafeRawBufferPointer(start: base + 32 * index, count: 32))
        }
      }
    } else if lane == 1 {
      targets[0]?.pointee = Blake2b256.hash(
        UnsafeRawBufferPointer(start: buffers[0], count: lengths[0]))
    }
    lane = 0
  }

  private func hashBatch(into hashes: UnsafeMutablePointer<UInt8>) {
    withUnsafeTemporaryAllocation(of: UnsafePointer<UInt8>?.self, capacity: Self.lanesMax) { list in
      withUnsafeTemporaryAllocation(of: Int.self, capacity: Self.lanesMax) { sizes in
        for index in 0..<lane {
          list[index] = UnsafePointer(buffers[index].assumingMemoryBound(to: UInt8.self))
          sizes[index] = lengths[index]
        }
        guard let messages = list.baseAddress, let lengths = sizes.baseAddress else { return }
        blake2b256_batch(messages, lengths, lane, hashes)
      }
    }
  }
}
