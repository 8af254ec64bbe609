import Locking
import MerkleTree
import Primitives
import StateTrie

/// Where a chain stands.
public struct ChainStatus: Sendable, Hashable {
  /// The newest block of the main chain.
  public var head: BlockID
  /// The last macro block: nothing up to it is ever reverted.
  public var macro: BlockID
  /// The last election block.
  public var election: BlockID
  /// The missing key ranges of the state; all if the chain holds none.
  public var missing: KeyRangeSet
  /// True if the chain holds state at all.
  public var holdsState: Bool
}

/// The chain as it is after one change and before the next: immutable, and never half a push.
///
/// Whoever decides something about the chain takes one view and asks nothing else, so that all of
/// its answers are of one moment. Taking one waits for no push. Blocks that are final are read
/// where they are kept; they never change.
public struct ChainView: Sendable {
  /// What a view holds. Shared by its copies, of which there are many, and never changed.
  private final class Held: Sendable {
    let content: ChainContent
    let finals: FinalBlocks
    let failures: StoreFailures
    let missing: KeyRangeSet
    let stateRoot: Hash256?
    let itemCount: Int
    let holdsState: Bool
    let isStateWhole: Bool

    init(content: ChainContent, finals: FinalBlocks, trie: StateTrie?, failures: StoreFailures) {
      self.content = content
      self.finals = finals
      self.failures = failures
      missing = trie?.missing ?? .all
      stateRoot = trie?.rootHash()
      itemCount = trie?.itemCount ?? 0
      holdsState = trie != nil
      isStateWhole = trie?.isComplete ?? false
    }
  }

  private let held: Held

  init(content: ChainContent, finals: FinalBlocks, trie: StateTrie?, failures: StoreFailures) {
    held = Held(content: content, finals: finals, trie: trie, failures: failures)
  }

  var content: ChainContent { held.content }
  var finals: FinalBlocks { held.finals }
  private var failures: StoreFailures { held.failures }
  /// True if the chain holds state at all.
  public var holdsState: Bool { held.holdsState }
  /// The missing key ranges of the state; all if the chain holds none.
  public var missing: KeyRangeSet { held.missing }
  /// Root of the held state; nil if it is not known or no state is held.
  public var stateRoot: Hash256? { held.stateRoot }
  /// Number of held accounts; 0 if no state is held.
  public var itemCount: Int { held.itemCount }
  /// True if the chain holds the whole state of its head: nothing is missing and the root is right.
  public var stateComplete: Bool {
    held.isStateWhole && held.stateRoot == held.content.head.header.stateRoot
  }

  /// Where the chain stands.
  public var status: ChainStatus {
    ChainStatus(
      head: head.id, macro: macroHead.id, election: electionHead.id, missing: missing,
      holdsState: holdsState)
  }

  /// The lowest block from which on the diffs of the main chain are kept.
  public var diffsFrom: UInt32 { held.content.diffFloor }

  /// The newest block of the main chain.
  public var head: Block { held.content.head }
  /// Its height.
  public var headNumber: UInt32 { held.content.head.number }
  /// Its hash.
  public var headHash: Hash256 { held.content.head.hash }
  /// The last macro block: nothing up to it is ever reverted.
  public var macroHead: Block { held.content.macroHead }
  /// Its height.
  public var macroNumber: UInt32 { held.content.macroHead.number }
  /// The last election block.
  public var electionHead: Block { held.content.electionHead }

  /// True if blocks have to be pushed with their diffs: the state is held, but not all of it.
  public var needsDiffs: Bool { holdsState && !missing.isEmpty }

  /// The head, then the blocks back to and with the last macro block, newest first.
  public func locators(limit: Int = LedgerLimits.locatorsMax) -> [Hash256] {
    stride(from: Int(headNumber), through: Int(macroNumber), by: -1)
      .prefix(max(0, limit)).compactMap { held.content.main[UInt32($0)] }
  }
}

extension ChainView: ContentReading {}

/// What may have to come from the store. If that fails, `Blockchain.storeFailure` tells, and the
/// answer is as if nothing were held.
extension ChainView {
  /// A known block of whatever branch. Its body may not be held even if it is asked for.
  public func block(_ hash: Hash256, includeBody: Bool = true) -> Block? {
    reading(or: nil) { () throws(LedgerStoreError) in
      try find(hash, includeBody: includeBody)?.block
    }
  }

  /// The same, and besides a block that a change has just stored and not shown yet: who was served
  /// of its state knows its name already.
  func storedBlock(_ hash: Hash256, includeBody: Bool) -> Block? {
    reading(or: nil) { () throws(LedgerStoreError) in
      if let found = content.find(hash, includeBody: includeBody) { return found.block }
      return try finals.find(hash, includeBody: includeBody)?.block
    }
  }

  /// The main chain block at this height.
  public func block(at number: UInt32, includeBody: Bool = true) -> Block? {
    reading(or: nil) { () throws(LedgerStoreError) in
      try mainBlock(at: number, includeBody: includeBody)
    }
  }

  /// True if the block is stored, on whatever branch.
  public func isKnown(_ hash: Hash256) -> Bool {
    reading(or: false) { () throws(LedgerStoreError) in
      try find(hash, includeBody: false) != nil
    }
  }

  /// True if the block is stored and on the main chain.
  public func isOnMainChain(_ hash: Hash256) -> Bool {
    reading(or: false) { () throws(LedgerStoreError) in
      try find(hash, includeBody: false)?.isOnMain ?? false
    }
  }

  /// The election blocks of the main chain, newest first.
  public func macroLocators(
    limit: Int = LedgerLimits.locatorsMax, _ configuration: ChainConfiguration
  ) -> [Hash256] {
    reading(or: []) { () throws(LedgerStoreError) in
      try electionHashes(limit: limit, configuration)
    }
  }

  /// How many of `blocks`, from the first on, bring nothing new: those that are our own up to the
  /// last election block, and all if they do not lead beyond the last macro block.
  func knownCount(of blocks: [Block]) throws(LedgerStoreError) -> Int {
    guard let last = blocks.last, last.number > macroNumber else { return blocks.count }
    var known = 0
    for block in blocks.prefix(while: { $0.number <= electionHead.number }) {
      guard try mainHash(at: block.number) == block.hash else { break }
      known += 1
    }
    return known
  }

  private func reading<Output>(
    or nothing: Output, _ body: () throws(LedgerStoreError) -> Output
  ) -> Output {
    do throws(LedgerStoreError) { return try body() } catch {
      failures.note(error)
      return nothing
    }
  }
}

/// The newest view of a chain, for whoever asks.
final class PublishedView: Sendable {
  private let view: Lock<ChainView>

  init(_ view: ChainView) { self.view = Lock(view) }

  var newest: ChainView { view.withLock { $0 } }

  func publish(_ view: ChainView) { self.view.withLock { $0 = view } }
}

/// The last failures of a chain's store.
final class StoreFailures: Sendable {
  private let own = Lock<LedgerStoreError?>(nil)
  private let serving = Lock<LedgerStoreError?>(nil)

  /// The last one in the chain's own work.
  var last: LedgerStoreError? { own.withLock { $0 } }

  func note(_ failure: LedgerStoreError) { own.withLock { $0 = failure } }

  /// One in an answer to others.
  func noteServing(_ failure: LedgerStoreError) { serving.withLock { $0 = failure } }

  func takeServing() -> LedgerStoreError? {
    serving.withLock { failure in
      defer { failure = nil }
      return failure
    }
  }
}
