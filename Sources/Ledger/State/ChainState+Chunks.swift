import Primitives
import StateTrie

/// Why a chunk was not applied.
enum ChunkRefusal: Error {
  /// Something is wrong with it, or it is of no use.
  case chunk(ChunkError)
  /// The store failed.
  case store(LedgerStoreError)
}

extension ChainState {
  /// Takes chunks in, one after the other.
  func push(chunks: [ChunkPush]) throws(PushError) -> ChunkPushResult {
    var result = ChunkPushResult()
    for chunk in chunks { result.outcomes.append(try take(chunk)) }
    if result.committed > 0 { result.rootMismatch = giveUpWrongState() }
    return result
  }

  /// Gives the state up if its root is known and is not the head's: nothing can be built on it.
  /// - Returns: The wrong root; nil if the state is not known to be wrong.
  func giveUpWrongState() -> Hash256? {
    guard let root = trie?.rootHash(), root != head.header.stateRoot else { return nil }
    giveUpState()
    return root
  }

  private func take(_ push: ChunkPush) throws(PushError) -> ChunkOutcome {
    guard let trie, !trie.isComplete else { return .ignored }
    do throws(ChunkRefusal) {
      return push.blockHash == head.hash
        ? try takeCurrent(push, on: trie) : try takeLate(push, on: trie)
    } catch {
      switch error {
      case .chunk(let fault): return fault.isHarmless ? .ignored : .failed(fault)
      case .store(let failure): throw PushError(.storage(failure), push.blockHash)
      }
    }
  }

  /// Takes a chunk of the head's state in.
  private func takeCurrent(
    _ push: ChunkPush, on trie: StateTrie
  ) throws(ChunkRefusal) -> ChunkOutcome {
    let root = head.header.stateRoot
    let verified: VerifiedChunk
    switch push.edges {
    case .last: verified = try push.verified(leaningOn: trie, root)
    case .both:
      // Whoever asked for parts of it elsewhere: what is still missing of it comes in.
      guard push.mayBeOfUse(to: trie) else { return .ignored }
      verified = try push.verified(root)
    }
    return .committed(items: apply(verified, to: trie))
  }

  /// Takes a verified chunk into the trie; returns the number of new items.
  func apply(_ chunk: VerifiedChunk, to trie: StateTrie) -> Int {
    chunkMark += 1
    changes?.isTrieChanged = true
    return trie.apply(chunk)
  }

  /// Gives the whole state up; it has to come in again.
  func reinitialiseState() {
    guard let trie else { return }
    trie.reset()
    chunkMark += 1
    changes?.isTrieChanged = true
  }

  /// The same, and says so.
  func giveUpState() {
    guard trie != nil else { return }
    reinitialiseState()
    emit(.stateGivenUp)
  }
}

extension ChunkPush {
  /// The chunk, checked by what it brings alone.
  func verified(_ root: Hash256) throws(ChunkRefusal) -> VerifiedChunk {
    do throws(ChunkError) {
      return try checked(chunk.verify(from: start, edges: edges, stateRoot: root))
    } catch { throw .chunk(error) }
  }

  /// The chunk, whose one edge leans on what is held.
  func verified(
    leaningOn trie: StateTrie, _ root: Hash256
  ) throws(ChunkRefusal) -> VerifiedChunk {
    do throws(ChunkError) {
      return try checked(trie.verify(chunk, from: start, edges: edges, stateRoot: root))
    } catch { throw .chunk(error) }
  }

  /// Nobody asks for no keys; taking such chunks would let a peer stop the sync politely.
  private func checked(_ chunk: VerifiedChunk) throws(ChunkError) -> VerifiedChunk {
    guard !chunk.range.isEmpty else { throw .rangeEmpty }
    return chunk
  }
}
