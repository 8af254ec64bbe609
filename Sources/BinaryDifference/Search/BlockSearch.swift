import Primitives

/// Finds a signature's blocks in a target.
///
/// The signature may come from a foe: at each place at most `weakCollisionsMax` blocks are
/// compared, and once too many strong hashes were taken in vain the rest of the target is inserted.
struct BlockSearch {
  private let signature: BlockSignature
  /// Bytes of the base, nil if they are not known: the last block is then found only if whole.
  private let baseBytes: Int?
  /// For each slot one more than its first block, 0 if there is none.
  private var slots: [UInt32]
  /// For each block one more than the next one of its slot.
  private var next: [UInt32]
  private let shift: UInt32
  private var builder = EditScriptBuilder()
  private var done = 0
  /// The block after the last one that was found: it is the first to be tried.
  private var expected = 0
  /// Bytes that may still be hashed in vain.
  private var patience: Int

  init(_ signature: BlockSignature, baseBytes: Int?, targetBytes: Int) {
    self.signature = signature
    self.baseBytes = baseBytes
    patience = targetBytes * BinaryDifferenceLimits.vainStrongBytesFactor
    let bits = max(4, Int.bitWidth - (2 * signature.count).leadingZeroBitCount)
    shift = UInt32(32 - bits)
    slots = [UInt32](repeating: 0, count: 1 << bits)
    next = [UInt32](repeating: 0, count: signature.count)
    var lengths = [UInt8](repeating: 0, count: slots.count)
    for index in 0..<signature.count {
      let slot = slot(signature.weakSums[index])
      guard lengths[slot] < BinaryDifferenceLimits.weakCollisionsMax else { continue }
      lengths[slot] += 1
      next[index] = slots[slot]
      slots[slot] = UInt32(index + 1)
    }
  }

  mutating func script(of target: [UInt8]) throws(BinaryDifferenceError) -> EditScript {
    let block = signature.blockBytes
    var place = 0
    while place + block <= target.count, patience >= 0 {
      var found: Int?
      target.withUnsafeBufferPointer { bytes in
        var hash = RollingHash(
          signature.kind, .init(rebasing: bytes[place..<place + block]))
        found = match(hash.value, bytes, place)
        while found == nil, place + block < bytes.count, patience >= 0 {
          hash.rotate(out: bytes[place], in: bytes[place + block])
          place += 1
          found = match(hash.value, bytes, place)
        }
      }
      guard let found else { break }
      try builder.insert(target[done..<place])
      try builder.copy(offset: found * block, length: block)
      expected = found + 1
      place += block
      done = place
    }
    try addTail(of: target)
    return try builder.finish()
  }

  /// A last block that is shorter than the others can be at the target's end.
  private mutating func addTail(of target: [UInt8]) throws(BinaryDifferenceError) {
    let last = signature.count - 1
    if let baseBytes, last >= 0 {
      let length = baseBytes - last * signature.blockBytes
      let start = target.count - length
      let isShort = length < signature.blockBytes && start >= done
      let isThere =
        isShort
        && target.withUnsafeBufferPointer { bytes in
          let part = UnsafeBufferPointer(rebasing: bytes[start...])
          return RollingHash.value(signature.kind, part) == signature.weakSums[last]
            && isEqual(last, to: Blake2b256.hash(UnsafeRawBufferPointer(part)))
        }
      if isThere {
        try builder.insert(target[done..<start])
        return try builder.copy(offset: last * signature.blockBytes, length: length)
      }
    }
    try builder.insert(target[done...])
  }

  @inline(__always)
  private func slot(_ weak: UInt32) -> Int { Int((weak &* 0x9e37_79b1) >> shift) }

  @inline(__always)
  private mutating func match(
    _ weak: UInt32, _ target: UnsafeBufferPointer<UInt8>, _ place: Int
  ) -> Int? {
    let first = slots[slot(weak)]
    return first == 0 ? nil : match(weak, first, target, place)
  }

  private mutating func match(
    _ weak: UInt32, _ first: UInt32, _ target: UnsafeBufferPointer<UInt8>, _ place: Int
  ) -> Int? {
    var strong: Hash256?
    func equals(_ index: Int) -> Bool {
      guard signature.weakSums[index] == weak, isWhole(index) else { return false }
      let part = UnsafeBufferPointer(rebasing: target[place..<place + signature.blockBytes])
      let hash = strong ?? Blake2b256.hash(UnsafeRawBufferPointer(part))
      strong = hash
      return isEqual(index, to: hash)
    }
    if expected < signature.count, equals(expected) { return expected }
    var (link, found) = (first, Int?.none)
    // The list begins with the last block: of equal ones the first is taken.
    while link > 0 {
      if equals(Int(link - 1)) { found = Int(link - 1) }
      link = next[Int(link - 1)]
    }
    if found == nil, strong != nil { patience -= signature.blockBytes }
    return found
  }

  /// False for a last block that is known to be shorter.
  private func isWhole(_ index: Int) -> Bool {
    guard let baseBytes else { return true }
    return (index + 1) * signature.blockBytes <= baseBytes
  }

  private func isEqual(_ index: Int, to hash: Hash256) -> Bool {
    withUnsafeTemporaryAllocation(byteCount: Hash256.byteCount, alignment: 8) { bytes in
      hash.store(to: bytes.baseAddress!)
      return signature.strong(index).elementsEqual(bytes[..<signature.strongBytes])
    }
  }
}
