import Primitives
import StateTrie

extension StateQueueCore {
  /// A block was pushed with `chunks`; `result` is nil if the block was not taken.
  public mutating func pushed(
    _ hash: Hash256, number: UInt32, chunks: [SourcedChunk], result: ChunkVerdict?,
    chain: some ChainReader
  ) -> [Action] {
    forwarded -= chunks.count
    guard let result else {
      // What waited for the block waits in vain. A block without chunks changes nothing here.
      let lost = buffer.remove(number: number, hash: hash)
      let isPausedHere = state == .paused(number: number, hash: hash)
      guard !chunks.isEmpty || !lost.isEmpty || isPausedHere else { return [] }
      return lost.map { .prune($0, .blockPassed) } + reset(.blockFailed)
        + completeIfDue(chain: chain) + advance(chain: chain)
    }
    return judged(chunks, result, chain: chain) + completeIfDue(chain: chain)
      + settle(chain: chain) + advance(chain: chain)
  }

  /// Chunks were pushed onto the head.
  public mutating func applied(
    _ chunks: [SourcedChunk], result: ChunkVerdict, chain: some ChainReader
  ) -> [Action] {
    forwarded -= chunks.count
    return judged(chunks, result, chain: chain) + completeIfDue(chain: chain)
      + advance(chain: chain)
  }

  private mutating func judged(
    _ chunks: [SourcedChunk], _ result: ChunkVerdict, chain: some ChainReader
  ) -> [Action] {
    guard let last = chunks.last else { return [] }
    if !result.failures.isEmpty {
      let refusals = result.failures.map { failure -> Action in
        precondition(
          chunks.indices.contains(failure.index), "chunk \(failure.index) of \(chunks.count) failed"
        )
        return .refuse(chunks[failure.index], reason: failure.reason)
      }
      return refusals + reset(.chunkFailed)
    }
    if result.committed == 0 {
      wasLate()
      return reset(.allIgnored)
    }
    wasInTime()
    if state == .paused(number: last.number, hash: last.hash), !chain.missing.isEmpty {
      return reset(.notComplete)
    }
    return []
  }

  /// The chain changed.
  public mutating func chainChanged(
    _ change: ChainStateChange, chain: some ChainReader
  ) -> [Action] {
    let isIncomplete = !chain.missing.isEmpty
    var actions: [Action] = []
    if state == .complete, isIncomplete {
      state = .reset
      actions += [.incompleteAgain, .reset(.incompleteAgain)]
    } else if isIncomplete, change != .advanced {
      actions += reset(change == .rebranched ? .rebranched : .historyAdopted)
    } else if state != .complete, !isIncomplete, change == .advanced {
      isCompletionDue = true
      return completeIfDue(chain: chain)
    }
    actions += settle(chain: chain)
    if case .paused = state, isIncomplete, forwarded == 0, buffer.count == 0 {
      // Nothing is on its way that could end the pause.
      actions += reset(.notComplete)
    }
    return actions + advance(chain: chain)
  }

  /// The state was found complete earlier, and the last chunk is reported now.
  private mutating func completeIfDue(chain: some ChainReader) -> [Action] {
    guard isCompletionDue, forwarded == 0, state != .complete else { return [] }
    isCompletionDue = chain.missing.isEmpty
    return isCompletionDue ? complete() : []
  }

  /// No range is missing any more.
  private mutating func complete() -> [Action] {
    state = .complete
    isCompletionDue = false
    lateInRow = 0
    return buffer.removeAll(upTo: .max).map { .prune($0, .complete) } + [.completed]
  }

  /// Chunks that wait at or below the head: the head's are applied now, the others' blocks will
  /// not come.
  private mutating func settle(chain: some ChainReader) -> [Action] {
    let due = buffer.removeAll(upTo: chain.headNumber)
    guard !due.isEmpty, state != .complete else { return due.map { .prune($0, .complete) } }
    let now = due.filter { $0.hash == chain.headHash }
    let passed = due.filter { $0.hash != chain.headHash }
    var actions: [Action] = now.isEmpty ? [] : [apply(now)]
    if !passed.isEmpty {
      wasLate()
      actions += passed.map { .prune($0, .blockPassed) } + strays(in: passed, chain: chain)
      actions += reset(.discarded)
    }
    return actions
  }
}
