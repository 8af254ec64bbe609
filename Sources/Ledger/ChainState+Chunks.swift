import Primitives
import StateTrie

extension ChainState {
  /// Takes chunks of the head's state in, one after the other.
  func push(chunks: [ChunkPush]) -> ChunkPushResult {
    var result = ChunkPushResult()
    for chunk in chunks { result.outcomes.append(take(chunk)) }
    if let root = trie?.rootHash(), root != head.header.stateRoot { result.rootMismatch = root }
    return result
  }

  private func take(_ push: ChunkPush) -> ChunkOutcome {
    guard let trie, !trie.isComplete, push.blockHash == head.hash else { return .ignored }
    do {
      let verified = try trie.verify(
        push.chunk, from: push.start, edges: push.edges, stateRoot: head.header.stateRoot)
      // Nobody asks for no keys; taking such chunks would let a peer stop the sync politely.
      guard !verified.range.isEmpty else { return .failed(.rangeEmpty) }
      chunkMark += 1
      return .committed(items: trie.apply(verified))
    } catch {
      return error.isHarmless ? .ignored : .failed(error)
    }
  }

  /// Gives the whole state up; it has to come in again.
  func reinitialiseState() {
    guard trie != nil else { return }
    trie = StateTrie(missing: .all)
    chunkMark += 1
  }
}
