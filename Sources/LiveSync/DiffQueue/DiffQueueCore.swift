import MerkleTree
import Messages
import Networking
import Primitives
import StateTrie

/// Joins blocks with their trie diffs while the state is incomplete, and lets them through when it
/// is complete. Rules: Docs/LiveSync.md, "Diff queue".
///
/// Batches leave in the order they came. Only a batch with a diff that a peer has denied to have,
/// or that a whole round did not bring, lets later ones pass, so that a block nobody has a diff
/// for, such as one of a dead branch, cannot hold up the chain. For that, a batch with several
/// branches is taken apart into one for each, and one with such a block is cut before it. A batch
/// goes only after the one it stands on.
public struct DiffQueueCore<Block: SyncBlock>: Sendable {
  public typealias Action = DiffQueueAction<Block>

  /// Where the search for one diff stands.
  enum JobState: Sendable, Equatable {
    /// Waits for one of the `requestsMax` slots.
    case queued
    /// A round of requests is under way.
    case asking
    /// A round failed; the pause before the next one is running.
    case pausing
  }

  /// The search for one diff.
  struct Job: Sendable {
    var state = JobState.queued
    /// Bytes that the diff is known to take, as it came when there was no room for it.
    var bytes = 0
    /// Failed rounds after which the next one came soon, and the others.
    var shortPauses = 0
    var longPauses = 0
    /// True if a peer has denied to have the diff, or a round failed: perhaps nobody has it.
    var isDoubtful = false
    /// Which batch and which block of it the diff is for.
    var batch: UInt64
    var index: Int
  }

  /// A batch that waits for diffs.
  struct Entry: Sendable {
    let id: UInt64
    var batch: BlockBatch<Block>
    /// Names of the searches that have not ended.
    var open: Set<UInt64> = []

    /// True if `other` stands on a block of this one.
    func isParent(of other: Entry) -> Bool {
      guard let parent = other.batch.blocks.first?.block.parentHash else { return false }
      return batch.blocks.contains { $0.block.hash == parent }
    }
  }

  /// True while blocks need their diffs; false is "diff mode off".
  public private(set) var isActive: Bool
  /// Batches in order of arrival.
  var entries: [Entry] = []
  var jobs: [UInt64: Job] = [:]
  /// Bytes of diffs whose blocks were delivered and are not pushed yet.
  var deliveredBytes = 0
  /// Blocks so far that change nothing, so that no diff was asked for.
  public private(set) var emptyDiffCount = 0
  /// Rounds of requests at a time, up to `LiveSyncLimits.diffRequestsMax`.
  public var requestsMax = LiveSyncLimits.diffRequestsMin
  private var nextID: UInt64 = 1

  /// - Parameter isActive: true if the state is incomplete at the start.
  public init(isActive: Bool) {
    self.isActive = isActive
  }

  /// Blocks in the queue.
  public var blockCount: Int { entries.reduce(0) { $0 + $1.batch.blocks.count } }
  /// Blocks in the queue whose diffs are here.
  public var waitingDiffCount: Int {
    entries.reduce(0) { $0 + $1.batch.blocks.count { $0.diff != nil } }
  }
  /// Rounds of requests under way.
  public var inFlightCount: Int { jobs.values.count { $0.state == .asking } }

  /// Blocks came from the block queue.
  public mutating func add(_ batch: BlockBatch<Block>) -> [Action] {
    guard isActive || !entries.isEmpty else { return [deliver(batch)] }
    guard blockCount + batch.blocks.count <= LiveSyncLimits.diffBlocksMax else {
      return batch.blocks.map { .drop($0, .overflow) }
    }
    for branch in Self.branches(of: batch.blocks) {
      entries.append(search(BlockBatch(kind: batch.kind, blocks: branch)))
    }
    return fill() + release()
  }

  /// The entry of a branch, and the searches for its diffs.
  private mutating func search(_ batch: BlockBatch<Block>) -> Entry {
    var entry = Entry(id: takeID(), batch: batch)
    guard isActive else { return entry }
    for index in batch.blocks.indices {
      if batch.blocks[index].block.diffRoot == Self.emptyDiffRoot {
        entry.batch.blocks[index].diff = .empty
        emptyDiffCount += 1
        continue
      }
      let id = takeID()
      jobs[id] = Job(batch: entry.id, index: index)
      entry.open.insert(id)
    }
    return entry
  }

  /// The blocks of a batch as runs of children each, in the order of their first blocks: parents
  /// come before children in a batch, so a run comes after the one it branches off from.
  private static func branches(of blocks: [BlockEnvelope<Block>]) -> [[BlockEnvelope<Block>]] {
    var branches: [[BlockEnvelope<Block>]] = []
    var tips: [Hash256: Int] = [:]
    for block in blocks {
      let header = block.block
      if let branch = tips.removeValue(forKey: header.parentHash) {
        branches[branch].append(block)
        tips[header.hash] = branch
      } else {
        tips[header.hash] = branches.count
        branches.append([block])
      }
    }
    return branches
  }

  /// The block whose diff is looked for under this name; nil if it is no longer.
  public func block(of id: UInt64) -> Block? {
    jobs[id].map { entries[position(of: $0)].batch.blocks[$0.index].block }
  }

  /// A peer gave the diff, and it is the one the header commits to.
  /// - Parameter isLate: true if the round that it is of has ended before: another may be under
  ///   way.
  public mutating func answered(_ id: UInt64, _ diff: TrieDiff, isLate: Bool = false) -> [Action] {
    guard jobs[id] != nil else { return [] }
    guard makeRoom(for: diff.heapBytes, of: id) else {
      if !isLate { jobs[id]?.state = .queued }
      return fill() + release()
    }
    guard let job = jobs.removeValue(forKey: id) else { return [] }
    let position = position(of: job)
    #if MUTANTS
      let index = Mutant.isOn(.diffToWrongBlock) ? 0 : job.index
    #else
      let index = job.index
    #endif
    entries[position].batch.blocks[index].diff = diff
    entries[position].open.remove(id)
    return fill() + release()
  }

  /// A peer denied to have the diff. The round goes on with others.
  public mutating func denied(_ id: UInt64) -> [Action] {
    guard let job = jobs[id], !job.isDoubtful else { return [] }
    jobs[id]?.isDoubtful = true
    cut(before: job)
    return fill() + release()
  }

  /// Every peer failed to give the diff, or there was no peer.
  /// - Parameter soon: If somebody may have it soon, the time that an answer takes. The first
  ///   pauses double from it then, as long as they are shorter than
  ///   `LiveSyncLimits.diffBackoffFirst`.
  public mutating func roundFailed(_ id: UInt64, soon: Duration? = nil) -> [Action] {
    guard var job = jobs[id] else { return [] }
    precondition(job.state == .asking, "a round of diff \(id) failed while it is \(job.state)")
    let pause: Duration
    if let soon, soon * (1 << min(job.shortPauses, 16)) < LiveSyncLimits.diffBackoffFirst {
      pause = soon * (1 << job.shortPauses)
      job.shortPauses += 1
    } else {
      job.longPauses += 1
      if job.longPauses >= LiveSyncLimits.diffRoundsMax {
        return giveUp(job) + fill() + release()
      }
      pause = Self.pause(afterRound: job.longPauses)
    }
    job.state = .pausing
    job.isDoubtful = true
    jobs[id] = job
    cut(before: job)
    return [.wait(id: id, pause)] + fill() + release()
  }

  /// The pause after a failed round is over.
  public mutating func waited(_ id: UInt64) -> [Action] {
    guard let job = jobs[id] else { return [] }
    precondition(job.state == .pausing, "the pause of diff \(id) ended while it is \(job.state)")
    jobs[id]?.state = .queued
    return fill() + release()
  }

  /// The state became complete (diffs are needed no longer) or incomplete (they are again).
  public mutating func setActive(_ active: Bool) -> [Action] {
    guard active != isActive else { return [] }
    isActive = active
    if active { return [] }
    jobs = [:]
    for index in entries.indices { entries[index].open = [] }
    return release()
  }

  /// The chain changed: blocks whose height is final are given up.
  public mutating func chainChanged(chain: some ChainReader) -> [Action] {
    let macro = chain.macroNumber
    var actions: [Action] = []
    for entry in entries where entry.batch.blocks.allSatisfy({ $0.block.number <= macro }) {
      actions += entry.batch.blocks.map { .drop($0, .finalized) }
      for id in entry.open { jobs[id] = nil }
      entries.removeAll { $0.id == entry.id }
    }
    return actions.isEmpty ? [] : actions + fill() + release()
  }

  /// What a header commits to if its block changes nothing: nobody needs to be asked for that.
  private static var emptyDiffRoot: Hash256 { MerkleTree.root(of: []) }

  /// The pause after `round` failed rounds: 1 s, doubling to 30 s.
  static func pause(afterRound round: Int) -> Duration {
    var pause = LiveSyncLimits.diffBackoffFirst
    for _ in 1..<max(1, round) where pause < LiveSyncLimits.diffBackoffMax { pause = pause * 2 }
    return min(pause, LiveSyncLimits.diffBackoffMax)
  }

  /// Starts queued searches while slots are free and there is room for what they bring. Doubtful
  /// ones have slots of their own, so that what nobody has takes none from what the chain goes on
  /// with.
  mutating func fill() -> [Action] {
    if roomBytes <= 0 { cutFirst() }
    return start(isDoubtful: false) + start(isDoubtful: true)
  }

  /// Slots that are free for searches of one kind.
  func freeSlots(isDoubtful: Bool) -> Int {
    let slots = min(requestsMax, LiveSyncLimits.diffRequestsMax)
    let asking = jobs.values.count { $0.state == .asking && $0.isDoubtful == isDoubtful }
    // Searches that became doubtful on their way are bounded by all slots there are.
    let all = slots + LiveSyncLimits.diffRequestsDeniedMax - inFlightCount
    return min((isDoubtful ? LiveSyncLimits.diffRequestsDeniedMax : slots) - asking, all)
  }

  /// Starts queued searches of one kind, oldest first.
  private mutating func start(isDoubtful: Bool) -> [Action] {
    var free = freeSlots(isDoubtful: isDoubtful)
    var actions: [Action] = []
    for id in jobs.keys.sorted() where free > 0 {
      guard let job = jobs[id], job.state == .queued, job.isDoubtful == isDoubtful, mayStart(job)
      else { continue }
      let sourced = entries[position(of: job)].batch.blocks[job.index]
      jobs[id]?.state = .asking
      free -= 1
      actions.append(
        .request(
          DiffQuery(
            id: id, blockHash: sourced.block.hash, number: sourced.block.number,
            diffRoot: sourced.block.diffRoot, firstPeer: sourced.source.peer)))
    }
    return actions
  }

  /// Lets complete batches go, in order; overdue ones hold up only what stands on them.
  mutating func release() -> [Action] {
    var actions: [Action] = []
    var kept: [Entry] = []
    var isHeldUp = false
    for entry in entries {
      if entry.open.isEmpty, !isHeldUp, !kept.contains(where: { $0.isParent(of: entry) }) {
        if !entry.batch.blocks.isEmpty { actions.append(deliver(entry.batch)) }
        continue
      }
      kept.append(entry)
      let isOverdue =
        entry.open.isEmpty || entry.open.contains { jobs[$0]?.isDoubtful ?? false }
      if !isOverdue { isHeldUp = true }
    }
    entries = kept
    return actions
  }

  /// Makes an entry of its own of the block of `job` and what follows it, so that what comes before
  /// can go.
  mutating func cut(before job: Job) {
    guard job.index > 0 else { return }
    let position = position(of: job)
    let blocks = entries[position].batch.blocks
    var rest = Entry(
      id: takeID(),
      batch: BlockBatch(kind: entries[position].batch.kind, blocks: Array(blocks[job.index...])))
    for (id, other) in jobs where other.batch == job.batch && other.index >= job.index {
      jobs[id]?.batch = rest.id
      jobs[id]?.index = other.index - job.index
      entries[position].open.remove(id)
      rest.open.insert(id)
    }
    entries[position].batch.blocks.removeSubrange(job.index...)
    entries.insert(rest, at: position + 1)
  }

  /// Drops the block of `job` and what follows it in its branch. What branches off from there goes
  /// on and fails as an orphan.
  private mutating func giveUp(_ job: Job) -> [Action] {
    let position = position(of: job)
    let dropped = entries[position].batch.blocks[job.index...]
    entries[position].batch.blocks.removeSubrange(job.index...)
    for (id, other) in jobs where other.batch == job.batch && other.index >= job.index {
      jobs[id] = nil
      entries[position].open.remove(id)
    }
    return dropped.enumerated().map { offset, block in
      .drop(block, offset == 0 ? .unavailable : .parentGivenUp)
    }
  }

  private func position(of job: Job) -> Int {
    guard let position = entries.firstIndex(where: { $0.id == job.batch }) else {
      preconditionFailure("a diff is looked for, but its batch \(job.batch) is gone")
    }
    return position
  }

  mutating func takeID() -> UInt64 {
    defer { nextID += 1 }
    return nextID
  }
}
