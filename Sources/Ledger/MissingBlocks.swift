import Primitives

/// Which end of the gap an answer to a missing-blocks request fills first.
public enum MissingBlocksDirection: UInt8, Sendable, Hashable {
  /// From what the asker has towards the target, along the main chain.
  case forward
  /// From the target back, on whatever branch.
  case backward
}

/// Why blocks cannot be given.
public enum MissingBlocksRefusal: UInt8, Sendable, Hashable, CaseIterable {
  /// The target is not known.
  case targetUnknown
  /// Forward: the target is not on the main chain.
  case targetNotOnMainChain
  /// Forward: no locator is on the main chain.
  case unknownLocators
  /// There are more locators than `LedgerLimits.locatorsMax`.
  case tooManyLocators
  /// The blocks or their bodies are not held here.
  case failed
}

/// The answer to a missing-blocks request.
public enum MissingBlocksResult: Sendable, Hashable {
  /// In ascending order, each the parent of the next.
  case blocks([Block])
  case refused(MissingBlocksRefusal)
}

extension ChainState {
  /// Forward: the blocks after the first locator on our main chain, up to the target or the next
  /// macro block. Backward: the blocks up to and with the target, after a locator or a macro block.
  /// In both cases at most `limit`, next to the end the direction starts from.
  func missingBlocks(
    target: Hash256, locators: [Hash256], direction: MissingBlocksDirection, includeBody: Bool,
    limit: Int
  ) -> MissingBlocksResult {
    guard locators.count <= LedgerLimits.locatorsMax else { return .refused(.tooManyLocators) }
    guard let target = blocks[target] else { return .refused(.targetUnknown) }
    let limit = min(max(1, limit), LedgerLimits.missingBlocksMax)
    let found: [Block]
    switch direction {
    case .forward:
      guard target.isOnMain else { return .refused(.targetNotOnMainChain) }
      let locator = locators.lazy.compactMap { self.blocks[$0] }.first { $0.isOnMain }
      guard let locator else { return .refused(.unknownLocators) }
      found = forward(from: locator.block.number, to: target.block.number, limit: limit)
      if found.isEmpty, locator.block.number < target.block.number { return .refused(.failed) }
    case .backward:
      found = backward(from: target.block, stops: Set(locators), limit: limit)
    }
    if includeBody, found.contains(where: { $0.body == nil }) { return .refused(.failed) }
    return .blocks(includeBody ? found : found.map(\.withoutBody))
  }

  private func forward(from start: UInt32, to end: UInt32, limit: Int) -> [Block] {
    var found: [Block] = []
    var number = start
    while number < end, found.count < limit {
      number += 1
      // After a jump of macro sync the blocks in between are not held.
      guard let hash = main[number] else { break }
      found.append(entry(hash).block)
      if configuration.isMacro(at: number) { break }
    }
    return found
  }

  private func backward(from target: Block, stops: Set<Hash256>, limit: Int) -> [Block] {
    var found: [Block] = []
    var next = stops.contains(target.hash) ? nil : target
    while let block = next, found.count < limit {
      found.append(block)
      next = blocks[block.parentHash]?.block
      if let parent = next, parent.kind.isMacro || stops.contains(parent.hash) { next = nil }
    }
    return found.reversed()
  }
}
