import CBlake2Batch
import Primitives

/// Builds node preimages (TRIE.md, "Nodes": key, value case, 16 child slots) and hashes them,
/// several at a time where the processor can.
///
/// One place for the bytes: the trie, proofs and the rebuilding of chunks all hash through it.
/// Between `begin` and `finish` one preimage is under way; `finish(into:)` may put it off until
/// `flush`, `finish()` never does.
struct NodeHasher: ~Copyable {
  private static let lanesMax = 8
  private let lanes: Int
  private var buffers: InlineArray<8, UnsafeMutableRawPointer>
  private var capacities: InlineArray<8, Int>
  private var lengths = InlineArray<8, Int>(repeating: 0)
  private var targets: InlineArray<8, UnsafeMutablePointer<Hash256>?>
  /// Index of the buffer in use; those before it wait to be hashed.
  private var lane = 0
  private var buffer: UnsafeMutableRawPointer
  private var count = 0

  init() {
    lanes = max(1, Int(blake2b256_lanes()))
    let bytes = 2 * StateTrieLimits.innerPreimageBytesMax
    buffers = InlineArray { _ in .allocate(byteCount: bytes, alignment: 64) }
    capacities = InlineArray(repeating: bytes)
    targets = InlineArray(repeating: nil)
    buffer = buffers[0]
  }

  deinit {
    for index in 0..<Self.lanesMax { buffers[index].deallocate() }
  }

  private mutating func reserve(_ bytes: Int) {
    guard count + bytes > capacities[lane] else { return }
    capacities[lane] = 2 * (count + bytes)
    let grown = UnsafeMutableRawPointer.allocate(byteCount: capacities[lane], alignment: 64)
    grown.copyMemory(from: buffer, byteCount: count)
    buffer.deallocate()
    buffer = grown
    buffers[lane] = grown
  }

  @inline(__always)
  private mutating func put(_ byte: UInt8) {
    buffer.storeBytes(of: byte, toByteOffset: count, as: UInt8.self)
    count += 1
  }

  @inline(__always)
  private mutating func put(_ key: KeyNibbles) {
    put(UInt8(key.count))
    put(UInt8(key.byteCount))
    key.store(to: buffer + count)
    count += key.byteCount
  }

  @inline(__always)
  private mutating func put(_ hash: Hash256) {
    hash.store(to: buffer + count)
    count += Hash256.byteCount
  }

  /// Starts a node without a value.
  mutating func begin(_ key: KeyNibbles) {
    count = 0
    put(key)
    put(0)
  }

  /// Starts a hybrid whose value has the hash `valueHash`.
  mutating func begin(_ key: KeyNibbles, hybrid valueHash: Hash256) {
    count = 0
    put(key)
    put(2)
    put(valueHash)
  }

  mutating func emptyChild() {
    put(0)
  }

  /// A child with its full `key` under a parent of `depth` nibbles.
  mutating func child(_ key: KeyNibbles, depth: Int, _ hash: Hash256) {
    rawChild(key.suffix(from: depth), hash)
  }

  /// A child given by its suffix, as proofs hold it.
  mutating func rawChild(_ suffix: KeyNibbles, _ hash: Hash256) {
    put(1)
    put(suffix)
    put(hash)
  }

  /// Starts and completes the preimage of a leaf.
  mutating func begin(_ key: KeyNibbles, leaf value: UnsafeRawBufferPointer) {
    count = 0
    reserve(65 + 1 + PrimitiveLimits.varintBytesMax + value.count + 16)
    put(key)
    put(1)
    var length = UInt64(value.count)
    while length >= 0x80 {
      put(UInt8(truncatingIfNeeded: length) | 0x80)
      length >>= 7
    }
    put(UInt8(length))
    if value.count > 0 {
      (buffer + count).copyMemory(from: value.baseAddress!, byteCount: value.count)
    }
    count += value.count
    (buffer + count).initializeMemory(as: UInt8.self, repeating: 0, count: 16)
    count += 16
  }

  /// Adds a byte that does not belong to the preimage.
  mutating func append(byte: UInt8) {
    put(byte)
  }

  /// Adds a hash that does not belong to the preimage.
  mutating func append(hash: Hash256) {
    put(hash)
  }

  /// What was put since `begin`, until the next `begin`.
  var written: UnsafeRawBufferPointer {
    UnsafeRawBufferPointer(start: buffer, count: count)
  }

  /// The hash of what was put since `begin`, at once; all 16 child slots must be there.
  func finish() -> Hash256 {
    Blake2b256.hash(UnsafeRawBufferPointer(start: buffer, count: count))
  }

  /// Hashes what was put since `begin` into `target`, at the latest with the next `flush`; until
  /// then `target` must stay where it is.
  mutating func finish(into target: UnsafeMutablePointer<Hash256>) {
    lengths[lane] = count
    targets[lane] = target
    lane += 1
    if lane == lanes { flush() } else { buffer = buffers[lane] }
  }

  /// Completes every hash that was put off.
  mutating func flush() {
    if lane > 1 {
      withUnsafeTemporaryAllocation(byteCount: 32 * Self.lanesMax, alignment: 64) { hashes in
        let base = hashes.baseAddress!
        hashBatch(into: base.assumingMemoryBound(to: UInt8.self))
        for index in 0..<lane {
          targets[index]!.pointee = Hash256(
            loading: UnsafeRawBufferPointer(start: base + 32 * index, count: 32))
        }
      }
    } else if lane == 1 {
      targets[0]!.pointee = Blake2b256.hash(
        UnsafeRawBufferPointer(start: buffers[0], count: lengths[0]))
    }
    lane = 0
    buffer = buffers[0]
  }

  private func hashBatch(into hashes: UnsafeMutablePointer<UInt8>) {
    withUnsafeTemporaryAllocation(of: UnsafePointer<UInt8>?.self, capacity: Self.lanesMax) { list in
      withUnsafeTemporaryAllocation(of: Int.self, capacity: Self.lanesMax) { sizes in
        for index in 0..<lane {
          list[index] = UnsafePointer(buffers[index].assumingMemoryBound(to: UInt8.self))
          sizes[index] = lengths[index]
        }
        blake2b256_batch(list.baseAddress!, sizes.baseAddress!, lane, hashes)
      }
    }
  }
}
