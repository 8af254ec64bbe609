import Primitives
import StateTrie

/// The answer to a request for a block's diff.
public enum DiffLookup: Sendable, Hashable {
  case diff(TrieDiff)
  /// The block is not known here.
  case unknownBlock
  /// The block is known, but its diff was never here or is too old.
  case unavailable
}

/// The answer to a request for a chunk.
public enum ChunkLookup: Sendable, Equatable {
  /// A chunk of the state after this block, our head.
  case chunk(TrieChunk, BlockID)
  /// The range, or what its proof needs, is not held here.
  case incomplete
  /// No chunk can be given for such a request.
  case refused(TrieError)
}

/// The answer to a request for a proof of keys.
public enum ProofLookup: Sendable, Hashable {
  /// A proof against the state root of this block, our head.
  case proof(TrieProof, BlockID)
  /// A key, or what its proof needs, is not held here.
  case incomplete
}

/// What the chain gives to others.
extension Blockchain {
  /// The diff of a known block.
  public func trieDiff(of hash: Hash256) -> DiffLookup {
    state.withLock { state in
      guard let entry = state.blocks[hash] else { return .unknownBlock }
      if let diff = entry.diff { return .diff(diff) }
      return entry.header.diffRoot == BlockRules.emptyDiffRoot ? .diff(.empty) : .unavailable
    }
  }

  /// The items of the head's state from `start` on, at most `limit`, none at or above `end`.
  public func chunk(
    from start: KeyNibbles, to end: KeyNibbles? = nil, limit: Int, edges: ChunkEdges = .last
  ) -> ChunkLookup {
    state.withLock { state in
      guard let trie = state.trie, trie.rootHash() == state.head.header.stateRoot else {
        return .incomplete
      }
      do throws(TrieError) {
        return .chunk(
          try trie.chunk(from: start, to: end, limit: limit, edges: edges), state.head.id)
      } catch {
        // Of the two reasons that mean "not held", the root was found to be known above.
        return error.reason == TrieError.missing(start).reason ? .incomplete : .refused(error)
      }
    }
  }

  /// A proof of keys, present or absent, against the head's state root.
  public func proof(of keys: [KeyNibbles]) -> ProofLookup {
    state.withLock { state in
      guard state.trie?.rootHash() == state.head.header.stateRoot,
        let proof = try? state.trie?.proof(of: keys)
      else { return .incomplete }
      return .proof(proof, state.head.id)
    }
  }

  /// The account at `address` in the head's state.
  public func account(_ address: Address) -> AccountLookup {
    state.withLock { state in
      switch (try? state.trie?.lookup(address.key)) ?? .missing {
      case .missing: .missing
      case .absent: .absent
      // Everything in the state was an account when it was checked, so this cannot fail for
      // verified states; a state that lies is as good as none.
      case .present(let value):
        (try? Account(wireBytes: value)).map(AccountLookup.present) ?? .missing
      }
    }
  }

  /// The held items of `range` in key order. Takes time and memory in proportion to them: for
  /// checks, not for serving.
  public func items(in range: KeyRange = .all) -> [TrieItem] {
    state.withLock { state in
      var items: [TrieItem] = []
      // A trie without a store has nothing that could not be read.
      try? state.trie?.forEachItem(in: range) { item in
        items.append(item)
        return true
      }
      return items
    }
  }

  /// Blocks for a node that lacks some. Forward: the main chain blocks after the first locator that
  /// is on it, up to the target or the next macro block. Backward: the blocks that lead to the
  /// target from a locator or a macro block (neither included). At most `limit`, next to the end
  /// where the direction starts; ascending in both cases.
  public func missingBlocks(
    target: Hash256, locators: [Hash256], direction: MissingBlocksDirection, includeBody: Bool,
    limit: Int = LedgerLimits.missingBlocksMax
  ) -> MissingBlocksResult {
    state.withLock {
      $0.missingBlocks(
        target: target, locators: locators, direction: direction, includeBody: includeBody,
        limit: limit)
    }
  }

  /// The election blocks after the first locator that is an election block of our main chain, then
  /// the last macro block, at most `limit`. Nil if there is no such locator, or if we lack the
  /// history to prove the end of the answer.
  public func macroChain(
    locators: [Hash256], limit: Int = LedgerLimits.macroChainBlocksMax
  ) -> MacroChain? {
    state.withLock { $0.macroChain(locators: locators, limit: limit) }
  }
}
