/// What a fixture chain is about.
public enum FixtureKind: String, Sendable, Hashable, CaseIterable {
  /// One chain; chunks for the head, for blocks to come and for blocks that have passed.
  case plain
  /// Branches of one to four blocks replace each other while chunks are on their way.
  case forks
  /// The state becomes complete, is given up, and becomes complete again.
  case incompleteAgain = "incomplete-again"
}

/// What decides a fixture chain: the same options give the same bytes.
public struct FixtureOptions: Sendable, Hashable {
  public var seed: UInt64
  /// Height of the main chain at the end.
  public var blocks: UInt32
  /// Accounts in genesis.
  public var accounts: Int
  public var kind: FixtureKind

  /// - Parameters:
  ///   - blocks: `blocksMin`…`FixtureLimits.blocksMax`.
  ///   - accounts: `accountsMin`…`FixtureLimits.accountsMax`.
  public init(seed: UInt64, blocks: UInt32, accounts: Int, kind: FixtureKind) {
    self.seed = seed
    self.blocks = blocks
    self.accounts = accounts
    self.kind = kind
  }

  /// Fewest blocks in which every kind can show what it is about.
  public static let blocksMin: UInt32 = 20
  /// Fewest accounts that are enough for chunks over the whole length of the chain.
  public static let accountsMin = 60
}
