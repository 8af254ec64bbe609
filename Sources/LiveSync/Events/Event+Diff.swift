import EventLog
import Primitives

extension Event {
  /// The trie diff of one block on its way into the chain.
  public enum Diff: Sendable, Hashable {
    /// The diff is asked for; attempt counts from 1.
    case requested(peer: UInt32, block: UInt32, hash: Hash256, attempt: Int)
    /// The diff has the commitment of its header.
    case accepted(peer: UInt32, block: UInt32, hash: Hash256, entries: Int, bytes: Int)
    /// The diff does not have the commitment or breaks a rule.
    case rejected(peer: UInt32, block: UInt32, hash: Hash256, reason: String)
    /// No peer had it; the next round begins after the backoff.
    case failed(block: UInt32, hash: Hash256, reason: String, backoffNs: Int64)
  }

  /// An event of this group.
  public static func diff(_ event: Diff) -> Event { Event(event) }
}

extension Event.Diff: EventGroup {
  /// The names of the events, as they stand in the log.
  public enum Name: String, CaseIterable, Sendable {
    case requested = "diff.requested"
    case accepted = "diff.accepted"
    case rejected = "diff.rejected"
    case failed = "diff.failed"
  }

  public static func describe(_ name: Name) -> EventDescription {
    switch name {
    case .requested:
      EventDescription(.debug, "The diff is asked for; attempt counts from 1.")
    case .accepted:
      EventDescription(.debug, "The diff has the commitment of its header.")
    case .rejected:
      EventDescription(.warn, "The diff does not have the commitment or breaks a rule.")
    case .failed:
      EventDescription(
        .warn, "No peer had it; the next round begins after the backoff.")
    }
  }

  public var name: Name {
    switch self {
    case .requested: .requested
    case .accepted: .accepted
    case .rejected: .rejected
    case .failed: .failed
    }
  }

  public func write(to line: inout JSONLine) {
    switch self {
    case .requested(let peer, let block, let hash, let attempt):
      line.peer(.peer, peer)
      line.integer(.block, block)
      line.hash(.hash, hash)
      line.integer(.attempt, attempt)
    case .accepted(let peer, let block, let hash, let entries, let bytes):
      line.peer(.peer, peer)
      line.integer(.block, block)
      line.hash(.hash, hash)
      line.integer(.entries, entries)
      line.integer(.bytes, bytes)
    case .rejected(let peer, let block, let hash, let reason):
      line.peer(.peer, peer)
      line.integer(.block, block)
      line.hash(.hash, hash)
      line.text(.reason, reason)
    case .failed(let block, let hash, let reason, let backoffNs):
      line.integer(.block, block)
      line.hash(.hash, hash)
      line.text(.reason, reason)
      line.integer(.backoffNs, backoffNs)
    }
  }

  public init(
    _ name: Name, from fields: any EventFieldReader
  ) throws(EventLogError) {
    switch name {
    case .requested:
      self = .requested(
        peer: try fields.peer(.peer), block: try fields.integer(.block),
        hash: try fields.hash(.hash), attempt: try fields.integer(.attempt))
    case .accepted:
      self = .accepted(
        peer: try fields.peer(.peer), block: try fields.integer(.block),
        hash: try fields.hash(.hash), entries: try fields.integer(.entries),
        bytes: try fields.integer(.bytes))
    case .rejected:
      self = .rejected(
        peer: try fields.peer(.peer), block: try fields.integer(.block),
        hash: try fields.hash(.hash), reason: try fields.text(.reason))
    case .failed:
      self = .failed(
        block: try fields.integer(.block), hash: try fields.hash(.hash),
        reason: try fields.text(.reason), backoffNs: try fields.integer(.backoffNs))
    }
  }
}
