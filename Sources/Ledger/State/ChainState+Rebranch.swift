import Primitives
import StateTrie

extension ChainState {
  /// Makes `path` (oldest first, its last block new) the main chain above block `ancestor`.
  ///
  /// If one of its blocks fails, that block and all after it are dropped, and the old branch is
  /// restored exactly. If the diff of one is missing, nothing is dropped: it may still come.
  func rebranch(from ancestor: UInt32, path: [BlockEntry]) throws(PushError) {
    var path = path
    if let trie {
      try checkDiffs(of: path, on: trie)
      try switchState(trie, from: ancestor, path: &path)
      changes?.isTrieChanged = true
    }
    var reverted: [BlockID] = []
    for number in stride(from: head.number, to: ancestor, by: -1) {
      let old = mainEntry(number)
      content.blocks[old.block.hash]?.isOnMain = false
      content.blocks[old.block.hash]?.applied = nil
      content.sideCount += 1
      setMain(number, nil)
      reverted.append(old.block.id)
    }
    for index in path.indices {
      path[index].isOnMain = true
      if blocks[path[index].block.hash] == nil {
        add(path[index])
      } else {
        update(path[index])
        content.sideCount -= 1
      }
      setMain(path[index].block.number, path[index].block.hash)
    }
    content.head = path[path.count - 1].block
    emit(.rebranched(reverted: reverted, adopted: path.map(\.block.id)))
    if head.kind.isMacro { finalize(head) }
    trimSideBlocks()
  }

  /// With an incomplete state every block of the branch needs its diff, before anything is touched.
  private func checkDiffs(of path: [BlockEntry], on trie: StateTrie) throws(PushError) {
    if trie.isComplete { return }
    for entry in path
    where entry.diff == nil && entry.header.diffRoot != BlockRules.emptyDiffRoot {
      throw PushError(.missingDiff, entry.block.hash)
    }
  }

  /// Takes the state over to the new branch, or leaves it as it was and drops what failed.
  private func switchState(
    _ trie: StateTrie, from ancestor: UInt32, path: inout [BlockEntry]
  ) throws(PushError) {
    var journal = try revert(trie: trie, to: ancestor)
    for index in path.indices {
      do {
        let (diff, receipt) = try apply(path[index].block, diff: path[index].diff, to: trie)
        path[index].diff = diff
        path[index].applied = AppliedDiff(receipt: receipt, mark: chunkMark)
        journal.append(.applied(receipt))
      } catch {
        undo(journal, on: trie)
        let failed = path[index].block.hash
        forgetSideBlocks { $0.block.hash != failed }
        throw error
      }
    }
  }
}
