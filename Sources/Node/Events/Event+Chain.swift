import EventLog
import Primitives

extension Event {
  /// Changes of the main chain.
  public enum Chain: Sendable, Hashable {
    /// The block follows the old head and is the new head.
    case extended(block: UInt32, hash: Hash256)
    /// A better branch replaced depth blocks above the ancestor.
    case rebranched(block: UInt32, hash: Hash256, ancestor: UInt32, depth: Int, adopted: Int)
    /// A macro block became final.
    case finalized(block: UInt32, hash: Hash256)
    /// An election block became final.
    case epochFinalized(block: UInt32, hash: Hash256)
    /// Blocks below the head came in without being executed.
    case historyAdopted(block: UInt32, hash: Hash256, blocks: Int)
    /// A block of a side branch is stored; the head stays.
    case stored(block: UInt32, hash: Hash256)
    /// One producer signed two blocks of the same height.
    case forkProof(block: UInt32, hash: Hash256, otherHash: Hash256)
    /// The whole state was discarded, by an operator or since its root was wrong.
    case stateGivenUp(block: UInt32, hash: Hash256)
    /// Signature checks so far, at a new macro block.
    case signatures(hits: Int, misses: Int)
  }

  /// An event of this group.
  public static func chain(_ event: Chain) -> Event { Event(event) }
}

extension Event.Chain: EventGroup {
  /// The names of the events, as they stand in the log.
  public enum Name: String, CaseIterable, Sendable {
    case extended = "chain.extended"
    case rebranched = "chain.rebranched"
    case finalized = "chain.finalized"
    case epochFinalized = "chain.epoch_finalized"
    case historyAdopted = "chain.history_adopted"
    case stored = "chain.stored"
    case forkProof = "chain.fork_proof"
    case stateGivenUp = "chain.state_given_up"
    case signatures = "chain.signatures"
  }

  public static func describe(_ name: Name) -> EventDescription {
    switch name {
    case .extended:
      EventDescription(.info, "The block follows the old head and is the new head.")
    case .rebranched:
      EventDescription(.warn, "A better branch replaced depth blocks above the ancestor.")
    case .finalized:
      EventDescription(.info, "A macro block became final.")
    case .epochFinalized:
      EventDescription(.info, "An election block became final.")
    case .historyAdopted:
      EventDescription(.info, "Blocks below the head came in without being executed.")
    case .stored:
      EventDescription(.debug, "A block of a side branch is stored; the head stays.")
    case .forkProof:
      EventDescription(.warn, "One producer signed two blocks of the same height.")
    case .stateGivenUp:
      EventDescription(
        .warn, "The whole state was discarded, by an operator or since its root was wrong.")
    case .signatures:
      EventDescription(.debug, "Signature checks so far, at a new macro block.")
    }
  }

  public var name: Name {
    switch self {
    case .extended: .extended
    case .rebranched: .rebranched
    case .finalized: .finalized
    case .epochFinalized: .epochFinalized
    case .historyAdopted: .historyAdopted
    case .stored: .stored
    case .forkProof: .forkProof
    case .stateGivenUp: .stateGivenUp
    case .signatures: .signatures
    }
  }

  public func write(to line: inout JSONLine) {
    switch self {
    case .extended(let block, let hash):
      line.integer(.block, block)
      line.hash(.hash, hash)
    case .rebranched(let block, let hash, let ancestor, let depth, let adopted):
      line.integer(.block, block)
      line.hash(.hash, hash)
      line.integer(.ancestor, ancestor)
      line.integer(.depth, depth)
      line.integer(.adopted, adopted)
    case .finalized(let block, let hash):
      line.integer(.block, block)
      line.hash(.hash, hash)
    case .epochFinalized(let block, let hash):
      line.integer(.block, block)
      line.hash(.hash, hash)
    case .historyAdopted(let block, let hash, let blocks):
      line.integer(.block, block)
      line.hash(.hash, hash)
      line.integer(.blocks, blocks)
    case .stored(let block, let hash):
      line.integer(.block, block)
      line.hash(.hash, hash)
    case .forkProof(let block, let hash, let otherHash):
      line.integer(.block, block)
      line.hash(.hash, hash)
      line.hash(.otherHash, otherHash)
    case .stateGivenUp(let block, let hash):
      line.integer(.block, block)
      line.hash(.hash, hash)
    case .signatures(let hits, let misses):
      line.integer(.hits, hits)
      line.integer(.misses, misses)
    }
  }

  public init(
    _ name: Name, from fields: any EventFieldReader
  ) throws(EventLogError) {
    switch name {
    case .extended:
      self = .extended(block: try fields.integer(.block), hash: try fields.hash(.hash))
    case .rebranched:
      self = .rebranched(
        block: try fields.integer(.block), hash: try fields.hash(.hash),
        ancestor: try fields.integer(.ancestor), depth: try fields.integer(.depth),
        adopted: try fields.integer(.adopted))
    case .finalized:
      self = .finalized(block: try fields.integer(.block), hash: try fields.hash(.hash))
    case .epochFinalized:
      self = .epochFinalized(block: try fields.integer(.block), hash: try fields.hash(.hash))
    case .historyAdopted:
      self = .historyAdopted(
        block: try fields.integer(.block), hash: try fields.hash(.hash),
        blocks: try fields.integer(.blocks))
    case .stored:
      self = .stored(block: try fields.integer(.block), hash: try fields.hash(.hash))
    case .forkProof:
      self = .forkProof(
        block: try fields.integer(.block), hash: try fields.hash(.hash),
        otherHash: try fields.hash(.otherHash))
    case .stateGivenUp:
      self = .stateGivenUp(block: try fields.integer(.block), hash: try fields.hash(.hash))
    case .signatures:
      self = .signatures(hits: try fields.integer(.hits), misses: try fields.integer(.misses))
    }
  }
}
