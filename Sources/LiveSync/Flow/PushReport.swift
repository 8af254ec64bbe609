import Ledger
import Messages
import Networking
import Peers
import Primitives
import Runtime
import StateTrie

/// What the chain made of a block.
public enum PushVerdict: Sendable, Hashable {
  /// Known, extended or rebranched.
  case accepted
  /// Forked or ignored.
  case ignored
  /// The header itself breaks a rule: no copy of this block can be valid.
  case invalid
  /// This copy is bad (its signatures or its body); another copy of the block may be good.
  case badCopy
  /// Not taken, which says nothing about the block (no diff, orphan, our own trouble).
  case failed
}

/// What the chain made of the chunks of one push.
public struct ChunkVerdict: Sendable, Hashable {
  /// Number of chunks that were applied.
  public var committed: Int { accepted.count }
  /// Number of chunks that were not needed (any more).
  public var ignored: Int
  /// Places of the applied chunks in the push.
  public var accepted: Set<Int>
  /// New items of the applied chunks, by their places.
  public var items: [Int: Int] = [:]
  /// Chunks that are provably wrong; they changed nothing.
  public var failures: [Failure]

  /// A refused chunk.
  public struct Failure: Sendable, Hashable {
    /// Its place in the push.
    public var index: Int
    /// The stable name of the reason.
    public var reason: String

    public init(index: Int, reason: String) {
      self.index = index
      self.reason = reason
    }
  }

  public init(accepted: Set<Int> = [], ignored: Int = 0, failures: [Failure] = []) {
    self.accepted = accepted
    self.ignored = ignored
    self.failures = failures
  }
}

/// What became of one block that was pushed, for the queues that forwarded it.
public struct PushReport: Sendable {
  public var block: BlockEnvelope<Block>
  /// What it means for the block and its announcements.
  public var verdict: PushVerdict
  /// The outcome, if there was no error.
  public var result: PushResult?
  /// The error, if the chain threw one.
  public var error: PushError?
  /// The stable name of the error, if there was one.
  public var reason: String?
  /// What became of the chunks; nil if the block was not taken.
  public var chunks: ChunkVerdict?
  /// The root that the state was found to have instead of the head's; it was given up then.
  public var wrongRoot: Hash256?
}

/// What became of chunks that were pushed onto the head.
public struct ChunkReport: Sendable {
  public var chunks: [SourcedChunk]
  public var verdict: ChunkVerdict
  /// As in `PushReport`.
  public var wrongRoot: Hash256?
}

extension Blockchain {
  /// Pushes a block with what belongs to it.
  fileprivate func push(_ item: BlockEnvelope<Block>) -> PushReport {
    let block = item.block
    var report = PushReport(block: item, verdict: .failed)
    do throws(PushError) {
      let outcome = try push(block, diff: item.diff, chunks: item.chunks.map(\.push))
      report.result = outcome.result
      report.chunks = outcome.chunks.verdict
      report.wrongRoot = outcome.chunks.rootMismatch
      switch outcome.result {
      // Only a block whose state was checked is passed on: a neighbour that could check it would
      // take us for a liar.
      case .known, .extended, .rebranched:
        report.verdict = view.stateComplete ? .accepted : .ignored
      case .forked, .ignored: report.verdict = .ignored
      }
    } catch {
      report.error = error
      report.reason = error.reason
      switch error.judgement {
      // The fault may lie in an earlier block of the branch; this one stands on it.
      case .invalid: report.verdict = .invalid
      case .badCopy: report.verdict = .badCopy
      case .badDiff, .failed: report.verdict = .failed
      }
    }
    return report
  }

  /// Pushes chunks onto the head. If the store fails, none was taken, nothing is said against them,
  /// and `storeFailure` tells why.
  fileprivate func push(_ chunks: [SourcedChunk]) -> ChunkReport {
    let pushes = chunks.map(\.push)
    let result = try? push(chunks: pushes)
    return ChunkReport(
      chunks: chunks, verdict: result?.verdict ?? ChunkVerdict(ignored: chunks.count),
      wrongRoot: result?.rootMismatch)
  }
}

extension SyncContext {
  /// Pushes a block with what belongs to it, where it holds nobody up.
  func push(_ item: BlockEnvelope<Block>) async -> PushReport {
    await writer.run { [chain] in chain.push(item) }
  }

  /// The same for chunks.
  func push(_ chunks: [SourcedChunk]) async -> ChunkReport {
    await writer.run { [chain] in chain.push(chunks) }
  }
}

extension SourcedChunk {
  /// The chunk as the chain takes it.
  fileprivate var push: ChunkPush {
    ChunkPush(
      chunk: chunk, start: start, edges: edges, blockHash: hash)
  }
}

extension ChunkPushResult {
  fileprivate var verdict: ChunkVerdict {
    var verdict = ChunkVerdict()
    for (index, outcome) in outcomes.enumerated() {
      switch outcome {
      case .committed(let items):
        verdict.accepted.insert(index)
        verdict.items[index] = items
      case .ignored: verdict.ignored += 1
      case .failed(let error):
        verdict.failures.append(.init(index: index, reason: error.reason))
      }
    }
    return verdict
  }
}

extension PushReport {
  /// True if whoever gave the block lied. Honest nodes pass announcements on only after they have
  /// checked all of the block; they give blocks that were asked for even if they cannot check
  /// states, but never without having checked the rest.
  var provesLie: Bool {
    let item = block
    guard let error, error.block == item.block.hash else {
      return verdict == .invalid && item.source.origin == .announced
    }
    return error.isProvable || (verdict == .invalid && item.source.origin == .announced)
  }
}
