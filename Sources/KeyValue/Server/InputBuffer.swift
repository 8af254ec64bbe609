import Glibc

/// The begin of a request that is not all there yet, in memory that grows with what comes.
struct InputBuffer: ~Copyable {
  private var base: UnsafeMutableRawPointer?
  private var capacity = 0
  private(set) var count = 0

  init() {}

  deinit { base?.deallocate() }

  var bytes: UnsafeRawBufferPointer { UnsafeRawBufferPointer(start: base, count: count) }

  /// Room for at least `room` bytes behind what is there; then `added` says how many came.
  mutating func space(_ room: Int) -> UnsafeMutableRawBufferPointer {
    if capacity - count < room {
      capacity = max(2 * capacity, count + room)
      let larger = UnsafeMutableRawPointer.allocate(byteCount: capacity, alignment: 16)
      if let base { memcpy(larger, base, count) }
      base?.deallocate()
      base = larger
    }
    return UnsafeMutableRawBufferPointer(start: base.map { $0 + count }, count: capacity - count)
  }

  mutating func added(_ bytes: Int) { count += bytes }

  mutating func append(_ bytes: UnsafeRawBufferPointer) {
    guard let start = bytes.baseAddress, !bytes.isEmpty else { return }
    if let target = space(bytes.count).baseAddress { memcpy(target, start, bytes.count) }
    count += bytes.count
  }

  /// Forgets the first `bytes` bytes, and the memory if nothing is left.
  mutating func drop(_ bytes: Int) {
    count -= bytes
    guard count > 0, let base else {
      base?.deallocate()
      (base, capacity) = (nil, 0)
      return
    }
    if bytes > 0 { memmove(base, base + bytes, count) }
  }
}
