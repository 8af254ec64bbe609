import Primitives
import StateTrie
import Storage

/// What the chain gives to others.
///
/// Blocks and diffs come from the newest view, the state from one snapshot of the store: what
/// belongs together is of one moment, and nobody waits for a push. A chain in memory has its state
/// once, so that it is read behind the lock.
extension Blockchain {
  /// The diff of a known block.
  public func trieDiff(of hash: Hash256) -> DiffLookup {
    do throws(LedgerStoreError) {
      return try blocks { (view) throws(LedgerStoreError) in try view.diffLookup(of: hash) }
    } catch { return .failed(error) }
  }

  /// The lowest block from which on the diffs of the main chain are kept.
  public var diffsFrom: UInt32 { view.diffsFrom }

  /// Bytes that the diff of one of the last `count` blocks has on average; nil if none is kept.
  public func meanDiffBytes(of count: Int) -> Int? {
    let sizes = locators(limit: count).compactMap { hash in
      if case .diff(let diff) = trieDiff(of: hash) { diff.wireBytes.count } else { nil }
    }
    return sizes.isEmpty ? nil : sizes.reduce(0, +) / sizes.count
  }

  /// The items of the head's state from `start` on, at most `limit`, none at or above `end`, and of
  /// those only as many as have `bytesMax` bytes, but always one.
  public func chunk(
    from start: KeyNibbles, to end: KeyNibbles? = nil, limit: Int, edges: ChunkEdges = .last,
    bytesMax: Int = .max
  ) -> ChunkLookup {
    do throws(LedgerStoreError) {
      return try serving { (snapshot) throws(LedgerStoreError) in
        try snapshot.chunk(from: start, to: end, limit: limit, edges: edges, bytesMax: bytesMax)
      } orElse: { state in
        state.chunk(from: start, to: end, limit: limit, edges: edges, bytesMax: bytesMax)
      }
    } catch { return .failed(error) }
  }

  /// A proof of keys, present or absent, against the head's state root.
  public func proof(of keys: [KeyNibbles]) -> ProofLookup {
    do throws(LedgerStoreError) {
      return try serving { (snapshot) throws(LedgerStoreError) in
        try snapshot.proof(of: keys)
      } orElse: { state in
        state.proof(of: keys)
      }
    } catch { return .failed(error) }
  }

  /// How many of the first keys have values of at most `bytesMax` bytes together, or one if there
  /// are any and it is held.
  public func fittingCount(of keys: [KeyNibbles], bytesMax: Int) -> Int {
    do throws(LedgerStoreError) {
      return try serving { (snapshot) throws(LedgerStoreError) in
        try snapshot.fittingCount(of: keys, bytesMax: bytesMax)
      } orElse: { state in
        state.fittingCount(of: keys, bytesMax: bytesMax)
      }
    } catch { return 0 }
  }

  /// The account at `address` in the head's state.
  public func account(_ address: Address) -> AccountLookup {
    do throws(LedgerStoreError) {
      return try serving { (snapshot) throws(LedgerStoreError) in
        try snapshot.account(address)
      } orElse: { (state) throws(LedgerStoreError) in
        try state.account(address)
      }
    } catch { return .failed(error) }
  }

  /// The held items of `range` in key order. Takes time and memory in proportion to them: for
  /// checks, not for serving.
  public func items(in range: KeyRange = .all) -> [TrieItem] {
    do throws(LedgerStoreError) {
      return try reading { (state) throws(LedgerStoreError) in
        var items: [TrieItem] = []
        do throws(TrieError) {
          try state.trie?.forEachItem(in: range) { item in
            items.append(item)
            return true
          }
        } catch { throw LedgerStoreError(error) }
        return items
      }
    } catch {
      note(error)
      return []
    }
  }

  /// Lets `take` look at the held keys and values of `range` in key order until it returns false;
  /// gives what has become of `initial`, nil if the store fails. Copies nothing: the bytes of a
  /// value are good only while `take` runs. For checks, not for serving.
  package func look<Finding: Sendable>(
    at range: KeyRange, from initial: Finding,
    _ take: @Sendable (inout Finding, KeyNibbles, UnsafeRawBufferPointer) -> Bool
  ) -> Finding? {
    do throws(LedgerStoreError) {
      return try reading { (state) throws(LedgerStoreError) in
        var finding = initial
        do throws(TrieError) {
          try state.trie?.forEachLeaf(in: range) { key, value in take(&finding, key, value) }
        } catch { throw LedgerStoreError(error) }
        return finding
      }
    } catch {
      note(error)
      return nil
    }
  }

  /// Blocks for a node that lacks some. Forward: the main chain blocks after the first locator that
  /// is on it, up to the target or the next macro block. Backward: the blocks that lead to the
  /// target from a locator or a macro block (neither included). At most `limit`, next to the end
  /// where the direction starts, and of those only as many as have `bytesMax` bytes, but always
  /// one; ascending in both cases.
  public func missingBlocks(
    target: Hash256, locators: [Hash256], direction: MissingBlocksDirection, includeBody: Bool,
    limit: Int = LedgerLimits.missingBlocksMax, bytesMax: Int = .max
  ) -> MissingBlocksResult {
    let question = BlocksQuestion(
      target: target, locators: locators, direction: direction, includeBody: includeBody,
      limit: limit, bytesMax: bytesMax)
    do throws(LedgerStoreError) {
      return try blocks { (view) throws(LedgerStoreError) in
        try view.missingBlocks(question, configuration)
      }
    } catch { return .refused(.failed) }
  }

  /// The election blocks after the first locator that is an election block of our main chain, then
  /// the last macro block, at most `limit`. Nil if there is no such locator, or if the store fails.
  public func macroChain(
    locators: [Hash256], limit: Int = LedgerLimits.macroChainBlocksMax
  ) -> MacroChain? {
    do throws(LedgerStoreError) {
      return try blocks { (view) throws(LedgerStoreError) in
        try view.macroChain(locators: locators, limit: limit, configuration)
      }
    } catch { return nil }
  }

  /// A known block of whatever branch, as `block(_:includeBody:)`.
  public func servedBlock(_ hash: Hash256, includeBody: Bool) -> Block? {
    do throws(LedgerStoreError) {
      return try blocks { (view) throws(LedgerStoreError) in
        try view.find(hash, includeBody: includeBody)?.block
      }
    } catch { return nil }
  }

  /// The last failure of the store in answering others since this was called last. It cost that
  /// answer and nothing else.
  public func takeServingFailure() -> LedgerStoreError? { hubs.failures.takeServing() }

  /// Reads blocks from the newest view.
  func blocks<Output>(
    _ body: (ChainView) throws(LedgerStoreError) -> Output
  ) throws(LedgerStoreError) -> Output {
    do throws(LedgerStoreError) { return try body(view) } catch {
      hubs.failures.noteServing(error)
      throw error
    }
  }

  /// Reads the state from a snapshot of the store, or behind the lock if there is none.
  private func serving<Output: Sendable>(
    _ stored: (borrowing StoreSnapshot) throws(LedgerStoreError) -> Output,
    orElse locked: @Sendable (ChainState) throws(LedgerStoreError) -> Output
  ) throws(LedgerStoreError) -> Output {
    do throws(LedgerStoreError) {
      if let store { return try store.look(stored) }
      return try reading(locked)
    } catch {
      hubs.failures.noteServing(error)
      throw error
    }
  }

  /// Reads behind the lock, between two changes.
  func reading<Output: Sendable>(
    _ body: @Sendable (ChainState) throws(LedgerStoreError) -> Output
  ) throws(LedgerStoreError) -> Output {
    let result: Result<Output, LedgerStoreError> = state.withLock { state in
      do throws(LedgerStoreError) { return .success(try body(state)) } catch {
        return .failure(error)
      }
    }
    return try result.get()
  }
}
