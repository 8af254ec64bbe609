import Primitives

extension Event {
  /// A range of the state on its way into the trie.
  public enum Chunk: Sendable, Hashable {
    /// The range is asked for.
    case requested(peer: UInt32, startKey: KeyNibbles, endKey: KeyNibbles?, limit: Int)
    /// An answer came; nothing of it is checked yet.
    case received(
      peer: UInt32, block: UInt32, hash: Hash256, startKey: KeyNibbles, endKey: KeyNibbles?,
      items: Int, bytes: Int)
    /// The chunk waits for its block.
    case buffered(
      peer: UInt32, block: UInt32, hash: Hash256, startKey: KeyNibbles, endKey: KeyNibbles?,
      items: Int, bytes: Int)
    /// The chunk is proven and its items are in the trie.
    case accepted(
      peer: UInt32, block: UInt32, hash: Hash256, startKey: KeyNibbles, endKey: KeyNibbles?,
      items: Int, bytes: Int)
    /// The chunk is wrong and changed nothing.
    case rejected(
      peer: UInt32, block: UInt32, hash: Hash256, startKey: KeyNibbles, endKey: KeyNibbles?,
      items: Int, bytes: Int, reason: String)
    /// The chunk is not wrong and adds nothing.
    case ignored(
      peer: UInt32, block: UInt32, hash: Hash256, startKey: KeyNibbles, endKey: KeyNibbles?,
      items: Int, bytes: Int, reason: String)
    /// The chunk came too late or too early and is thrown away unchecked.
    case discarded(
      peer: UInt32, block: UInt32, hash: Hash256, startKey: KeyNibbles, endKey: KeyNibbles?,
      items: Int, bytes: Int, reason: String)
    /// The waiting chunk is thrown away: its block is no longer awaited.
    case pruned(
      peer: UInt32, block: UInt32, hash: Hash256, startKey: KeyNibbles, endKey: KeyNibbles?,
      items: Int, bytes: Int, reason: String)
  }
}

extension Event.Chunk: EventGroup {
  /// The names of the events, as they stand in the log.
  public enum Name: String, CaseIterable, Sendable {
    case requested = "chunk.requested"
    case received = "chunk.received"
    case buffered = "chunk.buffered"
    case accepted = "chunk.accepted"
    case rejected = "chunk.rejected"
    case ignored = "chunk.ignored"
    case discarded = "chunk.discarded"
    case pruned = "chunk.pruned"
  }

  static func describe(_ name: Name) -> EventDescription {
    switch name {
    case .requested:
      EventDescription(.debug, "The range is asked for.")
    case .received:
      EventDescription(.debug, "An answer came; nothing of it is checked yet.")
    case .buffered:
      EventDescription(.debug, "The chunk waits for its block.")
    case .accepted:
      EventDescription(.info, "The chunk is proven and its items are in the trie.")
    case .rejected:
      EventDescription(.warn, "The chunk is wrong and changed nothing.")
    case .ignored:
      EventDescription(.info, "The chunk is not wrong and adds nothing.")
    case .discarded:
      EventDescription(.info, "The chunk came too late or too early and is thrown away unchecked.")
    case .pruned:
      EventDescription(.info, "The waiting chunk is thrown away: its block is no longer awaited.")
    }
  }

  var name: Name {
    switch self {
    case .requested: .requested
    case .received: .received
    case .buffered: .buffered
    case .accepted: .accepted
    case .rejected: .rejected
    case .ignored: .ignored
    case .discarded: .discarded
    case .pruned: .pruned
    }
  }

  func write(to line: inout JSONLine) {
    switch self {
    case .requested(let peer, let startKey, let endKey, let limit):
      line.peer(.peer, peer)
      line.key(.startKey, startKey)
      line.key(.endKey, endKey)
      line.integer(.limit, limit)
    case .received(let peer, let block, let hash, let startKey, let endKey, let items, let bytes):
      line.peer(.peer, peer)
      line.integer(.block, block)
      line.hash(.hash, hash)
      line.key(.startKey, startKey)
      line.key(.endKey, endKey)
      line.integer(.items, items)
      line.integer(.bytes, bytes)
    case .buffered(let peer, let block, let hash, let startKey, let endKey, let items, let bytes):
      line.peer(.peer, peer)
      line.integer(.block, block)
      line.hash(.hash, hash)
      line.key(.startKey, startKey)
      line.key(.endKey, endKey)
      line.integer(.items, items)
      line.integer(.bytes, bytes)
    case .accepted(let peer, let block, let hash, let startKey, let endKey, let items, let bytes):
      line.peer(.peer, peer)
      line.integer(.block, block)
      line.hash(.hash, hash)
      line.key(.startKey, startKey)
      line.key(.endKey, endKey)
      line.integer(.items, items)
      line.integer(.bytes, bytes)
    case .rejected(
      let peer, let block, let hash, let startKey, let endKey, let items, let bytes, let reason):
      line.peer(.peer, peer)
      line.integer(.block, block)
      line.hash(.hash, hash)
      line.key(.startKey, startKey)
      line.key(.endKey, endKey)
      line.integer(.items, items)
      line.integer(.bytes, bytes)
      line.text(.reason, reason)
    case .ignored(
      let peer, let block, let hash, let startKey, let endKey, let items, let bytes, let reason):
      line.peer(.peer, peer)
      line.integer(.block, block)
      line.hash(.hash, hash)
      line.key(.startKey, startKey)
      line.key(.endKey, endKey)
      line.integer(.items, items)
      line.integer(.bytes, bytes)
      line.text(.reason, reason)
    case .discarded(
      let peer, let block, let hash, let startKey, let endKey, let items, let bytes, let reason):
      line.peer(.peer, peer)
      line.integer(.block, block)
      line.hash(.hash, hash)
      line.key(.startKey, startKey)
      line.key(.endKey, endKey)
      line.integer(.items, items)
      line.integer(.bytes, bytes)
      line.text(.reason, reason)
    case .pruned(
      let peer, let block, let hash, let startKey, let endKey, let items, let bytes, let reason):
      line.peer(.peer, peer)
      line.integer(.block, block)
      line.hash(.hash, hash)
      line.key(.startKey, startKey)
      line.key(.endKey, endKey)
      line.integer(.items, items)
      line.integer(.bytes, bytes)
      line.text(.reason, reason)
    }
  }

  init(
    _ name: Name, from fields: any EventFieldReader
  ) throws(EventLogError) {
    switch name {
    case .requested:
      self = .requested(
        peer: try fields.peer(.peer), startKey: try fields.key(.startKey),
        endKey: try fields.optionalKey(.endKey), limit: try fields.integer(.limit))
    case .received:
      self = .received(
        peer: try fields.peer(.peer), block: try fields.integer(.block),
        hash: try fields.hash(.hash), startKey: try fields.key(.startKey),
        endKey: try fields.optionalKey(.endKey), items: try fields.integer(.items),
        bytes: try fields.integer(.bytes))
    case .buffered:
      self = .buffered(
        peer: try fields.peer(.peer), block: try fields.integer(.block),
        hash: try fields.hash(.hash), startKey: try fields.key(.startKey),
        endKey: try fields.optionalKey(.endKey), items: try fields.integer(.items),
        bytes: try fields.integer(.bytes))
    case .accepted:
      self = .accepted(
        peer: try fields.peer(.peer), block: try fields.integer(.block),
        hash: try fields.hash(.hash), startKey: try fields.key(.startKey),
        endKey: try fields.optionalKey(.endKey), items: try fields.integer(.items),
        bytes: try fields.integer(.bytes))
    case .rejected:
      self = .rejected(
        peer: try fields.peer(.peer), block: try fields.integer(.block),
        hash: try fields.hash(.hash), startKey: try fields.key(.startKey),
        endKey: try fields.optionalKey(.endKey), items: try fields.integer(.items),
        bytes: try fields.integer(.bytes), reason: try fields.text(.reason))
    case .ignored:
      self = .ignored(
        peer: try fields.peer(.peer), block: try fields.integer(.block),
        hash: try fields.hash(.hash), startKey: try fields.key(.startKey),
        endKey: try fields.optionalKey(.endKey), items: try fields.integer(.items),
        bytes: try fields.integer(.bytes), reason: try fields.text(.reason))
    case .discarded:
      self = .discarded(
        peer: try fields.peer(.peer), block: try fields.integer(.block),
        hash: try fields.hash(.hash), startKey: try fields.key(.startKey),
        endKey: try fields.optionalKey(.endKey), items: try fields.integer(.items),
        bytes: try fields.integer(.bytes), reason: try fields.text(.reason))
    case .pruned:
      self = .pruned(
        peer: try fields.peer(.peer), block: try fields.integer(.block),
        hash: try fields.hash(.hash), startKey: try fields.key(.startKey),
        endKey: try fields.optionalKey(.endKey), items: try fields.integer(.items),
        bytes: try fields.integer(.bytes), reason: try fields.text(.reason))
    }
  }
}
