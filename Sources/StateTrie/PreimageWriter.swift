import Primitives

/// Writes the bytes of a node's preimage (key, value case, 16 child slots).
///
/// The one place for these bytes: the trie, proofs and the rebuilding of chunks all hash through
/// it. A local value, so that its position stays in a register; the memory must have room for
/// `StateTrieLimits.innerPreimageBytesMax` or the leaf, and `slackBytes` more.
struct PreimageWriter {
  /// Bytes behind the preimage that may be written: keys are stored in whole words.
  static let slackBytes = 64

  private(set) var position: UnsafeMutableRawPointer

  @inline(__always)
  init(_ memory: UnsafeMutableRawPointer) {
    position = memory
  }

  @inline(__always)
  mutating func put(_ byte: UInt8) {
    position.storeBytes(of: byte, as: UInt8.self)
    position += 1
  }

  @inline(__always)
  mutating func put(_ hash: Hash256) {
    hash.store(to: position)
    position += Hash256.byteCount
  }

  /// A byte behind the preimage.
  mutating func append(_ byte: UInt8) { put(byte) }

  /// A hash behind the preimage.
  mutating func append(_ hash: Hash256) { put(hash) }

  @inline(__always)
  mutating func put(_ bytes: UnsafeRawBufferPointer) {
    guard let source = bytes.baseAddress, !bytes.isEmpty else { return }
    position.copyMemory(from: source, byteCount: bytes.count)
    position += bytes.count
  }

  /// The nibbles `start..<end` of `key` as a key of their own in wire form.
  @inline(__always)
  private mutating func put(_ key: KeyNibbles, from start: Int, to end: Int) {
    let nibbles = end - start
    let bytes = (nibbles + 1) / 2
    put(UInt8(truncatingIfNeeded: nibbles))
    put(UInt8(truncatingIfNeeded: bytes))
    let shift = UInt64(4 * (start & 15))
    var index = start >> 4
    var offset = 0
    while offset < bytes {
      var word = key.word(index) &<< shift
      index += 1
      if shift > 0, index < 8 { word |= key.word(index) &>> (64 &- shift) }
      position.storeBytes(of: word.bigEndian, toByteOffset: offset, as: UInt64.self)
      offset += 8
    }
    position += bytes
    if nibbles & 1 != 0 {
      let last = position - 1
      last.storeBytes(of: last.load(as: UInt8.self) & 0xf0, as: UInt8.self)
    }
  }

  /// The same for a key as nodes hold it.
  @inline(__always)
  private mutating func put(_ key: PackedKey, from start: Int) {
    guard key.isShort else { return put(key.key, from: start, to: key.count) }
    let nibbles = key.count - start
    let bytes = (nibbles + 1) / 2
    put(UInt8(truncatingIfNeeded: nibbles))
    put(UInt8(truncatingIfNeeded: bytes))
    let (a, b, c) = key.words(from: start)
    position.storeBytes(of: a.bigEndian, as: UInt64.self)
    position.storeBytes(of: b.bigEndian, toByteOffset: 8, as: UInt64.self)
    position.storeBytes(of: c.bigEndian, toByteOffset: 16, as: UInt64.self)
    position += bytes
  }

  /// Starts a node without a value.
  @inline(__always)
  mutating func begin(_ key: KeyNibbles) {
    put(key, from: 0, to: key.count)
    put(0)
  }

  /// Starts a hybrid whose value has the hash `valueHash`.
  @inline(__always)
  mutating func begin(_ key: KeyNibbles, hybrid valueHash: Hash256) {
    put(key, from: 0, to: key.count)
    put(2)
    put(valueHash)
  }

  /// The whole of a leaf; its `value` has room.
  @inline(__always)
  mutating func leaf(_ key: KeyNibbles, _ value: UnsafeRawBufferPointer) {
    put(key, from: 0, to: key.count)
    put(1)
    var length = UInt64(value.count)
    while length >= 0x80 {
      put(UInt8(truncatingIfNeeded: length) | 0x80)
      length >>= 7
    }
    put(UInt8(length))
    put(value)
    position.storeBytes(of: 0, as: UInt64.self)
    position.storeBytes(of: 0, toByteOffset: 8, as: UInt64.self)
    position += StateTrieLimits.childrenMax
  }

  @inline(__always)
  mutating func emptyChild() {
    put(0)
  }

  /// A child whose suffix is the nibbles `start..<end` of `key`.
  @inline(__always)
  mutating func child(_ key: KeyNibbles, from start: Int, to end: Int, _ hash: Hash256) {
    put(1)
    put(key, from: start, to: end)
    put(hash)
  }

  /// A child with its full `key` under a parent of `depth` nibbles.
  @inline(__always)
  mutating func child(_ key: PackedKey, depth: Int, _ hash: Hash256) {
    put(1)
    put(key, from: depth)
    put(hash)
  }
}
