import Primitives

/// Builds a node's preimage and hashes it (TRIE.md, "Nodes"): key, value case, 16 child slots.
///
/// One place for the bytes: the trie, proofs and the rebuilding of chunks all hash through it.
struct NodeHasher: ~Copyable {
  private var buffer: UnsafeMutableRawPointer
  private var capacity: Int
  private var count = 0

  init() {
    capacity = 2 * StateTrieLimits.innerPreimageBytesMax
    buffer = .allocate(byteCount: capacity, alignment: 8)
  }

  deinit { buffer.deallocate() }

  private mutating func reserve(_ bytes: Int) {
    guard count + bytes > capacity else { return }
    capacity = 2 * (count + bytes)
    let grown = UnsafeMutableRawPointer.allocate(byteCount: capacity, alignment: 8)
    grown.copyMemory(from: buffer, byteCount: count)
    buffer.deallocate()
    buffer = grown
  }

  private mutating func put(_ byte: UInt8) {
    buffer.storeBytes(of: byte, toByteOffset: count, as: UInt8.self)
    count += 1
  }

  private mutating func put(_ key: KeyNibbles) {
    put(UInt8(key.count))
    put(UInt8(key.byteCount))
    key.store(to: buffer + count)
    count += key.byteCount
  }

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

  /// The hash of what was put since `begin`; all 16 child slots must be there.
  func finish() -> Hash256 {
    Blake2b256.hash(UnsafeRawBufferPointer(start: buffer, count: count))
  }

  /// The hash of a leaf.
  mutating func leaf(_ key: KeyNibbles, _ value: UnsafeRawBufferPointer) -> Hash256 {
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
    return finish()
  }
}
