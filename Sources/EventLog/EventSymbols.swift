/// A closed set of words that a field can hold.
public protocol EventSymbol: RawRepresentable, CaseIterable, Sendable, Hashable
where RawValue == String {}

extension Event {
  /// Where the time of a log comes from.
  public enum RunClock: String, EventSymbol {
    /// Virtual time of the simulator.
    case simulated
    /// The monotonic clock of a real node.
    case system
  }

  /// How a run ended.
  public enum RunVerdict: String, EventSymbol {
    /// Everything held.
    case pass
    /// A safety invariant was violated.
    case safety
    /// A liveness bound was missed.
    case liveness
    /// Two runs of one identity differed.
    case nondeterminism
    /// The program trapped.
    case crash
    /// Everything held, but too little happened to mean anything.
    case vacuous
    /// Somebody ended the run.
    case interrupted
    /// Nobody could have done what the scenario asks for.
    case unwinnable
  }

  /// How an accepted block came to the node.
  public enum BlockSource: String, EventSymbol {
    /// By announcement, directly after the head.
    case announced
    /// From the buffer of blocks that waited for their ancestors.
    case buffered
    /// With the answer to a request for missing blocks.
    case missing
    /// From outside of live sync, such as a head request.
    case pushed
  }

  /// The kinds of blocks.
  public enum BlockKind: String, EventSymbol {
    case micro, skip, macro, election
  }

  /// Which way missing blocks are asked for.
  public enum BlocksDirection: String, EventSymbol {
    /// From a block the asker has towards the target.
    case forward
    /// From the target back to a block the asker has.
    case backward
  }

  /// How a request ended.
  public enum RequestOutcome: String, EventSymbol {
    /// With an answer, right or wrong.
    case answered
    /// The time was over.
    case timeout
    /// The connection was closed first.
    case disconnected
    /// The peer said no.
    case refused
    /// The answer was not the wire form of a response.
    case undecodable
    /// It was never sent: too many requests were waiting.
    case tooManyPending = "too_many_pending"
    /// The asker gave it up.
    case cancelled
  }

  /// What a peer that was banned for a proven lie had sent.
  public enum Lie: String, EventSymbol {
    /// A chunk that does not fit the state root of the block it names.
    case chunk
    /// A diff that is not the one the block's header commits to.
    case diff
    /// A block that breaks a rule that needs no state: signature, seed, transactions, history.
    case block
    /// A skip, macro or election block without the signatures it needs.
    case quorum
    /// A body, or next validators, that the block's header does not commit to.
    case body
    /// An answer with missing blocks that is not what was asked for.
    case answer
    /// Another block than the one asked for.
    case otherBlock = "other_block"
    /// An announcement that is the wire form of nothing.
    case undecodable
  }

  /// Why nothing moves.
  public enum StallBlocker: String, EventSymbol {
    /// There is nobody to ask.
    case noPeers = "no_peers"
    /// All peers lack the state that is asked for.
    case peersIncomplete = "peers_incomplete"
    /// Requests time out.
    case timeouts
    /// Answers come, but their proofs fail.
    case proofsFail = "proofs_fail"
    /// Everything that is left waits for a block.
    case waitingForBlock = "waiting_for_block"
    /// The node itself is busy.
    case localWork = "local_work"
    /// The node's own store failed; it takes nothing in any more.
    case storeFailed = "store_failed"
  }

  /// What the last rates say about the end of the sync.
  public enum StateForecast: String, EventSymbol {
    /// It ends.
    case converges
    /// It does not: the chain changes faster than ranges are fetched.
    case diverges
    /// Nothing moves: when it ends cannot be told.
    case stalled
    /// Too little is known.
    case unknown
  }
}
