import Primitives

/// Finds the difference of two byte strings that are both at hand: windows of the base, one at each
/// multiple of the chunk size, are found in the target by a rolling hash, compared, and extended to
/// both sides as far as both agree. So each common run of `windowBytes + chunkBytes - 1` bytes can
/// be found.
public struct BinaryDiffEngine: Sendable, Hashable {
  /// Bytes over which the rolling hash goes.
  public let windowBytes: Int
  /// Distance of the base's windows that are looked for, in bytes.
  public let chunkBytes: Int

  public init(windowBytes: Int = 32, chunkBytes: Int = 16) {
    let range = BinaryDifferenceLimits.windowBytesMin...BinaryDifferenceLimits.windowBytesMax
    precondition(range.contains(windowBytes), "\(windowBytes) bytes are no window")
    precondition((1...range.upperBound).contains(chunkBytes), "\(chunkBytes) bytes are no chunk")
    self.windowBytes = windowBytes
    self.chunkBytes = chunkBytes
  }

  /// Nil if a side is larger than its limit or the difference has too many operations: then the
  /// target is better sent whole.
  public func diff(from base: HashedBytes, to target: HashedBytes) -> BinaryDiff? {
    guard let script = script(from: base.bytes, to: target.bytes) else { return nil }
    return BinaryDiff(baseHash: base.hash, targetHash: target.hash, script: script)
  }

  /// The steps alone; nil as for `diff`.
  public func script(from base: [UInt8], to target: [UInt8]) -> EditScript? {
    guard base.count <= BinaryDifferenceLimits.baseBytesMax,
      target.count <= BinaryDifferenceLimits.targetBytesMax
    else { return nil }
    return base.withUnsafeBufferPointer { base in
      target.withUnsafeBufferPointer { bytes in
        var search = BaseSearch(base, bytes, target, self)
        return try? search.script()
      }
    }
  }
}

/// One search. Each step of the target costs a bounded time: a slot names one window of the base.
private struct BaseSearch {
  private let base: UnsafeBufferPointer<UInt8>
  private let target: UnsafeBufferPointer<UInt8>
  /// The same bytes, for slices of them.
  private let array: [UInt8]
  private let window: Int
  /// For each slot one more than the number of a chunk of the base, 0 if there is none.
  private var slots: [UInt32]
  private let shift: UInt32
  private let chunk: Int
  private var builder = EditScriptBuilder()
  /// Bytes of the target before this are in the script.
  private var done = 0
  /// Where the last copy ended in base, less where in the target.
  private var diagonal: Int?

  init(
    _ base: UnsafeBufferPointer<UInt8>, _ target: UnsafeBufferPointer<UInt8>, _ array: [UInt8],
    _ engine: BinaryDiffEngine
  ) {
    self.base = base
    self.target = target
    self.array = array
    window = engine.windowBytes
    chunk = engine.chunkBytes
    let chunks = base.count < window ? 0 : (base.count - window) / chunk + 1
    let bits = max(4, Int.bitWidth - (2 * chunks).leadingZeroBitCount)
    shift = UInt32(32 - min(bits, 31))
    slots = [UInt32](repeating: 0, count: 1 << (32 - Int(shift)))
    for number in 0..<chunks {
      let start = number * chunk
      let hash = RollingHash.value(.rabinKarp, .init(rebasing: base[start..<start + window]))
      let slot = slot(hash)
      // The first of equal windows stays: what goes on is found by the diagonal.
      if slots[slot] == 0 { slots[slot] = UInt32(number + 1) }
    }
  }

  mutating func script() throws(BinaryDifferenceError) -> EditScript {
    var place = 0
    while place + window <= target.count {
      var hash = RollingHash(.rabinKarp, .init(rebasing: target[place..<place + window]))
      var found = match(hash.value, place)
      while found == nil, place + window < target.count {
        hash.rotate(out: target[place], in: target[place + window])
        place += 1
        found = match(hash.value, place)
      }
      guard let found else { break }
      place = try add(found, place)
    }
    try builder.insert(array[done...])
    return try builder.finish()
  }

  @inline(__always)
  private func slot(_ hash: UInt32) -> Int { Int((hash &* 0x9e37_79b1) >> shift) }

  /// Where in the base the window at `place` of the target is.
  @inline(__always)
  private func match(_ hash: UInt32, _ place: Int) -> Int? {
    if let diagonal {
      let start = place + diagonal
      if start >= 0, start + window <= base.count, isEqual(start, place) { return start }
    }
    let number = slots[slot(hash)]
    guard number > 0 else { return nil }
    let start = Int(number - 1) * chunk
    return isEqual(start, place) ? start : nil
  }

  @inline(__always)
  private func isEqual(_ start: Int, _ place: Int) -> Bool {
    var index = 0
    while index < window {
      if base[start + index] != target[place + index] { return false }
      index += 1
    }
    return true
  }

  /// Extends the match to both sides and adds it; gives where the target goes on.
  private mutating func add(_ start: Int, _ place: Int) throws(BinaryDifferenceError) -> Int {
    var (start, first) = (start, place)
    var (end, last) = (start + window, place + window)
    while start > 0, first > done, base[start - 1] == target[first - 1] {
      start -= 1
      first -= 1
    }
    while end < base.count, last < target.count, base[end] == target[last] {
      end += 1
      last += 1
    }
    try builder.insert(array[done..<first])
    try builder.copy(offset: start, length: end - start)
    done = last
    diagonal = end - last
    return last
  }
}
