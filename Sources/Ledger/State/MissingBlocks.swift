import Primitives

/// Which end of the gap an answer to a missing-blocks request fills first.
public enum MissingBlocksDirection: String, Sendable, Hashable, CaseIterable {
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

/// A request for the blocks that lead to `target`.
struct BlocksQuestion {
  let target: Hash256
  let locators: [Hash256]
  let direction: MissingBlocksDirection
  let includeBody: Bool
  /// 1…`LedgerLimits.missingBlocksMax`.
  let limit: Int
  /// Bytes of the blocks in wire form; one block is given however large it is.
  let bytesMax: Int

  init(
    target: Hash256, locators: [Hash256], direction: MissingBlocksDirection, includeBody: Bool,
    limit: Int, bytesMax: Int
  ) {
    self.bytesMax = bytesMax
    self.target = target
    self.locators = locators
    self.direction = direction
    self.includeBody = includeBody
    self.limit = min(max(1, limit), LedgerLimits.missingBlocksMax)
  }
}
