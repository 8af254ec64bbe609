import Primitives
import StateTrie

extension ChainState {
  /// Takes chunks in, one after the other.
  func push(chunks: [ChunkPush]) -> ChunkPushResult {
    var result = ChunkPushResult()
    for chunk in chunks { result.outcomes.append(take(chunk)) }
    if let root = trie?.rootHash(), root != head.header.stateRoot { result.rootMismatch = root }
    return result
  }

  private func take(_ push: ChunkPush) -> ChunkOutcome {
    guard let trie, !trie.isComplete else { return .ignored }
    do throws(ChunkError) {
      return push.blockHash == head.hash
        ? try takeCurrent(push, on: trie) : try takeLate(push, on: trie)
    } catch {
      return error.isHarmless ? .ignored : .failed(error)
    }
  }

  /// Takes a chunk of the head's state in.
  private func takeCurrent(_ push: ChunkPush, on trie: StateTrie) throws(ChunkError) -> ChunkOutcome
  {
    let root = head.header.stateRoot
    let verified: VerifiedChunk
    switch push.edges {
    case .last:
      verified = try trie.verify(push.chunk, from: push.start, edges: .last, stateRoot: root)
    case .both:
      // Whoever asked for parts of it elsewhere: what is still missing of it comes in.
      guard push.mayBeOfUse(to: trie) else { return .ignored }
      verified = try push.chunk.verify(from: push.start, edges: .both, stateRoot: root)
    }
    // Nobody asks for no keys; taking such chunks would let a peer stop the sync politely.
    guard !verified.range.isEmpty else { return .failed(.rangeEmpty) }
    chunkMark += 1
    return .committed(items: trie.apply(verified))
  }

  /// Gives the whole state up; it has to come in again.
  func reinitialiseState() {
    guard trie != nil else { return }
    trie = StateTrie(missing: .all)
    chunkMark += 1
  }

  /// The same, by an operator's wish.
  func giveUpState() {
    guard trie != nil else { return }
    reinitialiseState()
    events.emit(.stateGivenUp)
  }
}
