import Primitives
import StateTrie
import Storage

extension ChainState {
  /// Runs one change of the chain, then stores all of it in one transaction, then tells of it.
  ///
  /// A change that throws may still have dropped side blocks that proved invalid; that is stored
  /// too. If the store fails at whatever point, everything is again as it was before, which is what
  /// the store holds. `block` is named in the error then.
  func change<Output>(
    _ block: Hash256, _ body: () throws(PushError) -> Output
  ) throws(PushError) -> Output {
    let before = content
    guard let store else {
      defer {
        archive(since: before)
        published.publish(view)
        tell(isStored: true)
      }
      return try body()
    }
    try restoreTrie(block)
    let result: Result<Output, PushError>
    do throws(PushError) { result = .success(try body()) } catch { result = .failure(error) }
    do throws(LedgerStoreError) {
      if let trieFault { throw trieFault }
      if case .failure(let error) = result, case .storage(let failure) = error.kind {
        throw failure
      }
      try commit(to: store, since: before)
    } catch {
      rollBack(to: before)
      throw PushError(.storage(error), block)
    }
    published.publish(view)
    tell(isStored: true)
    return try result.get()
  }

  /// Puts what has become final where a chain in memory keeps it.
  private func archive(since before: ChainContent) {
    guard case .inMemory(let archive) = finals, macroHead.number != before.macroHead.number else {
      return
    }
    archive.add(content.dropFinal(), diffFloor: before.diffFloor..<diffFloor)
  }

  private func commit(
    to store: any KeyValueStore, since before: ChainContent
  ) throws(LedgerStoreError) {
    guard let changes, !changes.isEmpty else { return }
    let records = records(of: changes)
    let pruned = before.diffFloor..<diffFloor
    #if MUTANTS
      let isBehind = Mutant.isOn(.resumeAheadOfCommit) && head.number.isMultiple(of: 2)
      let trie = isBehind ? nil : trie
    #else
      let trie = trie
    #endif
    do throws(StorageError) {
      // May run more than once, so it changes nothing but the transaction.
      try store.write { (transaction) throws(StorageError) in
        try trie?.save(to: &transaction)
        if !pruned.isEmpty {
          try transaction.delete(
            in: ChainRecord.diffs(from: pruned.lowerBound, to: pruned.upperBound))
        }
        try records.write(to: &transaction)
      }
    } catch { throw .storage(error) }
    trie?.committed()
    self.changes = ChainChanges()
    if macroHead.number != before.macroHead.number { content.dropFinal() }
  }

  private func rollBack(to before: ChainContent) {
    content = before
    changes = ChainChanges()
    tell(isStored: false)
    // No receipt from before is trusted: only the diffs themselves lead back from here.
    chunkMark += 1
    do throws(TrieError) {
      try trie?.rollBack()
      trieFault = nil
    } catch {
      // Tried again before the next change.
      trieFault = LedgerStoreError(error)
    }
  }

  /// Brings the trie to what the store holds, if that could not be done when it was due.
  private func restoreTrie(_ block: Hash256) throws(PushError) {
    guard trieFault != nil else { return }
    do throws(TrieError) {
      try trie?.rollBack()
      trieFault = nil
    } catch { throw PushError(.storage(LedgerStoreError(error)), block) }
  }
}
