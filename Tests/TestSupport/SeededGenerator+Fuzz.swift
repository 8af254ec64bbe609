extension SeededGenerator {
  /// `bytes` damaged in one to three places: a flipped bit, a byte replaced by an extreme value,
  /// removed, doubled, or everything after it cut off.
  public mutating func mutated(_ bytes: [UInt8]) -> [UInt8] {
    var result = bytes
    for _ in 0...below(3) {
      guard !result.isEmpty else { return [UInt8(truncatingIfNeeded: next())] }
      let index = below(result.count)
      switch below(5) {
      case 0: result[index] ^= 1 << UInt8(below(8))
      case 1: result[index] = [0, 1, 0x7f, 0x80, 0xff][below(5)]
      case 2: result.remove(at: index)
      case 3: result.insert(result[index], at: index)
      default: result.removeSubrange(index...)
      }
    }
    return result
  }
}
