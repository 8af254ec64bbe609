import Primitives
import StateTrie
import TestSupport

/// The keys of a random history.
enum KeyStyle: CaseIterable {
  /// Short keys over three digits, most of them prefixes of others.
  case prefixes
  /// 20-byte addresses of a few contracts, and keys that extend them, now and then up to the longest
  /// key there is.
  case contracts
  /// 20-byte addresses that share their first byte now and then.
  case addresses
}

extension TrieCase {
  /// A random history at the harshest setting of the reference's own campaign: 45 % removals,
  /// reverts in any legal order, chunks with either kind of edge, given-up ranges, rebranches.
  /// The trie has no part in making it, so that a history that traps can be made again.
  static func random(style: KeyStyle, seed: UInt64, steps count: Int) -> TrieCase {
    var maker = TrieCaseMaker(style: style, seed: seed)
    return maker.make(steps: count)
  }
}

private struct TrieCaseMaker {
  static let removalPercent = 45
  /// With fewer keys than this the next block only adds some, so that histories do not run dry.
  static let keysMin = 10

  let style: KeyStyle
  var generator: SeededGenerator
  /// Keys that probably have a value: reverts are not followed up.
  var present: [KeyNibbles] = []
  var contracts: [KeyNibbles] = []

  init(style: KeyStyle, seed: UInt64) {
    self.style = style
    generator = SeededGenerator(seed: seed)
    for _ in 0..<6 {
      // Contracts with nearby addresses, as the reference's first ones have.
      var bytes = [UInt8](repeating: 0, count: 20)
      if generator.chance(50) { bytes = generator.bytes(20) }
      bytes[19] = UInt8(generator.below(4))
      contracts.append(KeyNibbles(bytes: bytes))
    }
  }

  mutating func make(steps count: Int) -> TrieCase {
    var result = TrieCase(startsMissing: generator.chance(75), items: [:], steps: [])
    for _ in 0..<generator.below(30) {
      let key = randomKey()
      guard !present.contains(key) else { continue }
      present.append(key)
      result.items.list.append(.init(key: key, new: randomValue()))
    }
    while result.steps.count < count {
      switch generator.below(100) {
      case ..<37: result.steps.append(.apply(randomChanges()))
      case ..<50: result.steps.append(randomRevert())
      case ..<55: result.steps += randomRebranch()
      case ..<86: result.steps.append(randomChunk())
      default:
        let range = randomRange()
        result.steps.append(.forget(from: .init(range.start), to: range.end.map(KeyText.init)))
      }
    }
    result.steps.removeSubrange(count...)
    return result
  }

  private mutating func randomKey() -> KeyNibbles {
    switch style {
    case .prefixes:
      var key = KeyNibbles.empty
      for _ in 0...generator.below(6) { key.append([0, 3, 15][generator.below(3)]) }
      return key
    case .contracts:
      var key = contracts[generator.below(contracts.count)]
      if generator.chance(8) {
        while key.count < 126 { key.append(15) }
        return generator.chance(50) ? key : key.prefix(125)
      }
      for _ in 0..<generator.below(5) { key.append([0, 1, 15][generator.below(3)]) }
      return generator.chance(10) ? key.prefix(generator.below(key.count) + 1) : key
    case .addresses:
      var bytes = generator.bytes(20)
      if generator.chance(50) { bytes[0] = UInt8(generator.below(4)) }
      if generator.chance(20) { bytes[1] = 0 }
      return KeyNibbles(bytes: bytes)
    }
  }

  private mutating func randomValue() -> [UInt8] {
    generator.bytes(generator.below(5))
  }

  private mutating func knownKey() -> KeyNibbles {
    present.isEmpty ? randomKey() : present[generator.below(present.count)]
  }

  private mutating func randomChanges() -> Changes {
    var changes: [Changes.Change] = []
    let isGrowth = present.count < Self.keysMin
    for _ in 0...(isGrowth ? 10 : generator.below(6)) {
      if !isGrowth, generator.chance(Self.removalPercent) {
        let index = generator.below(present.count)
        changes.append(.init(key: present.remove(at: index), new: nil))
      } else {
        let key = generator.chance(30) ? knownKey() : randomKey()
        changes.append(.init(key: key, new: randomValue()))
        if !present.contains(key) { present.append(key) }
      }
    }
    return Changes(changes)
  }

  private mutating func randomRevert() -> TrieStep {
    .revert(
      back: generator.chance(70) ? 0 : generator.below(6), byInverse: generator.chance(50))
  }

  /// Some blocks back, and one more on another branch.
  private mutating func randomRebranch() -> [TrieStep] {
    let depth = 1 + generator.below(3)
    return (0..<depth).map { _ in .revert(back: 0, byInverse: generator.chance(30)) }
      + (0...depth).map { _ in .apply(randomChanges()) }
  }

  private mutating func randomChunk() -> TrieStep {
    let isOneEdge = generator.chance(50)
    let from = generator.chance(30) ? KeyNibbles.empty : randomKey()
    let to = !isOneEdge && generator.chance(50) ? randomKey() : nil
    return .chunk(
      from: .init(from), to: to.map(KeyText.init), limit: 1 + generator.below(4),
      edges: isOneEdge ? .last : .both,
      lie: generator.chance(70) ? 1 + UInt64(generator.below(1 << 30)) : 0)
  }

  private mutating func randomRange() -> KeyRange {
    let start = generator.chance(20) ? .empty : generator.chance(50) ? knownKey() : randomKey()
    if generator.chance(15) { return KeyRange(start: start, end: nil) }
    if generator.chance(40) {
      let depth = style == .prefixes ? 1 + generator.below(3) : 1 + generator.below(start.count + 1)
      return KeyRange(subtree: start.prefix(depth))
    }
    return KeyRange(start: start, end: randomKey())
  }
}
