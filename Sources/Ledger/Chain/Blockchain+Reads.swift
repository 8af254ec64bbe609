import Primitives
import StateTrie

/// Where the chain stands. Each is a look at the newest view; who needs two of them takes a view.
extension Blockchain {
  /// The chain as its last change has left it. Waits for no push.
  public var view: ChainView { published.newest }

  public var status: ChainStatus { view.status }

  /// The newest block of the main chain.
  public var head: Block { view.head }
  public var headNumber: UInt32 { view.headNumber }
  public var headHash: Hash256 { view.headHash }
  /// The last macro block: nothing up to it is ever reverted.
  public var macroHead: Block { view.macroHead }
  public var macroNumber: UInt32 { view.macroNumber }
  /// The last election block.
  public var electionHead: Block { view.electionHead }

  /// The missing key ranges of the state; all if the chain holds none.
  public var missing: KeyRangeSet { view.missing }
  /// True if the chain holds the whole state of its head: nothing is missing and the root is right.
  public var stateComplete: Bool { view.stateComplete }
  /// True if blocks have to be pushed with their diffs: the state is held, but not all of it.
  public var needsDiffs: Bool { view.needsDiffs }
  /// Root of the held state; nil if it is not known or no state is held.
  public var stateRoot: Hash256? { view.stateRoot }
  /// Number of held accounts; 0 if no state is held.
  public var itemCount: Int { view.itemCount }

  /// True if a block with this header has to be pushed with its diff now. Blocks that change
  /// nothing need none.
  public func needsDiff(_ header: BlockHeader) -> Bool {
    header.diffRoot != BlockRules.emptyDiffRoot && needsDiffs
  }

  /// Those who sign block `number` > 0; nil if their election block is not known.
  public func validators(at number: UInt32) -> ValidatorSet? {
    guard number > 0 else { return nil }
    return block(at: configuration.electionNumber(before: number), includeBody: false)?
      .nextValidators
  }

  /// A known block of whatever branch, also one that a change is about to show. Its body may not be
  /// held even if it is asked for.
  public func block(_ hash: Hash256, includeBody: Bool = true) -> Block? {
    view.storedBlock(hash, includeBody: includeBody)
  }

  /// The main chain block at this height.
  public func block(at number: UInt32, includeBody: Bool = true) -> Block? {
    view.block(at: number, includeBody: includeBody)
  }

  /// True if the block is stored, on whatever branch.
  public func isKnown(_ hash: Hash256) -> Bool { view.isKnown(hash) }

  /// True if the block is stored and on the main chain.
  public func isOnMainChain(_ hash: Hash256) -> Bool { view.isOnMainChain(hash) }

  /// The head, then the blocks back to and with the last macro block, newest first.
  public func locators(limit: Int = LedgerLimits.locatorsMax) -> [Hash256] {
    view.locators(limit: limit)
  }

  /// The election blocks of the main chain, newest first.
  public func macroLocators(limit: Int = LedgerLimits.locatorsMax) -> [Hash256] {
    view.macroLocators(limit: limit, configuration)
  }

  /// The last failure of the store; nil if there was none. Changes of the chain say theirs
  /// themselves; the other reads answer as if nothing were held, and only this tells. What is read
  /// for others is not among them (`takeServingFailure`): a damaged record that somebody asks for
  /// is no reason to stop.
  public var storeFailure: LedgerStoreError? { hubs.failures.last }

  /// Notes a failure of the store.
  func note(_ failure: LedgerStoreError) { hubs.failures.note(failure) }
}
