#if MUTANTS
  import Glibc

  /// A bug that is compiled in with `-DMUTANTS` and switched on by its name in the environment
  /// variable `LIVESYNC_MUTANT`, one at a time: `make mutants` counts the seeds until the
  /// simulators find it (Docs/Mutants.md).
  public enum Mutant: String, Sendable {
    // MARK: Trie

    /// A chunk is taken whatever root its items and its proof give.
    case skipProofCheck
    /// A chunk whose end lies behind subtrees that it does not have is taken to have none there.
    case acceptLyingEnd
    /// The end of a chunk is one key too far: the first account left out lies before it.
    case endKeyOffByOne
    /// A diff also sets accounts that are missing.
    case diffOnMissingKey
    /// The hash of a missing subtree is kept when a diff changes something in it.
    case staleHash

    // MARK: Ledger

    /// A diff is not compared with what the header commits to.
    case noDiffCommitment
    /// A block is taken whose header has another state root than its diff leads to.
    case stateRootNotCompared
    /// A rebranch leaves blocks in the state after which chunks came in.
    case skipRevertAfterChunks
    /// A chunk of an earlier block is not brought forward to the head.
    case lateChunkNotCarried
    /// A chunk of a sibling's state is taken for one of the block that both stand on.
    case siblingChunk

    // MARK: Storage

    /// At every second height the chain is stored before the state that belongs to it.
    case resumeAheadOfCommit
    /// Missing ranges that have come in stay in the store.
    case staleMissingRanges
    /// Removed accounts stay in the store.
    case leafLeftBehind

    // MARK: Queues

    /// Chunks that go to the chain with their block stay in the buffer.
    case bufferNeverPruned
    /// The state is called complete while one range is missing.
    case completeBeforeLastChunk
    /// A diff is given to the first block of its batch.
    case diffToWrongBlock
    /// Blocks that wait for an ancestor go on waiting when it is there.
    case childrenNotReleased

    // MARK: Planner

    /// A range whose request timed out is not asked for again.
    case dropRangeOnTimeout
    /// A range stays claimed when its chunk was of no use.
    case unusedRangeKept

    // MARK: Peers

    /// Who does not have a block yet is banned for it.
    case banHonestPeer
    /// Who lied is not banned.
    case liarNotBanned

    // MARK: Transport

    /// The end that receives goes on with the old key when it is to be replaced.
    case keyNotReplaced
    /// Each piece of a message but the first begins with the last byte of the one before.
    case pieceRepeated
    /// Credit is not renewed.
    case creditNotRenewed
    /// Who was told of a message is not noted, and does not get it.
    case announcedNotOffered

    // MARK: Snapshot

    /// A piece is said to begin with its first account, not where the one before ends.
    case gapBetweenPieces

    // MARK: Reconciliation

    /// A session ends without comparing the roots.
    case rootsNotCompared
    /// A session looks at what was written since it began.
    case viewNotFrozen

    // MARK: Store

    /// The write that comes last wins, however old it is.
    case lastComerWins
    /// A write is answered before it is on the disk.
    case answeredBeforeSync
    /// The floor is raised to what this member has, whatever the others lack.
    case floorOfOneMember
    /// Merging two sets keeps what one of them has removed.
    case removedComesBack
    /// An interval of changes is taken though the ones before it are missing.
    case gapTaken

    /// The one that is switched on; nil if none is. A name that is none ends the program.
    private static let active: Mutant? = {
      guard let name = getenv("LIVESYNC_MUTANT").map({ String(cString: $0) }), !name.isEmpty
      else { return nil }
      guard let mutant = Mutant(rawValue: name) else {
        preconditionFailure("LIVESYNC_MUTANT names no mutant: \(name)")
      }
      return mutant
    }()

    /// True if `mutant` is switched on.
    public static func isOn(_ mutant: Mutant) -> Bool { mutant == active }
  }
#endif
