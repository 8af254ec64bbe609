import EventLog
import Primitives

extension Event {
  /// Which chunk an event is about.
  public struct ChunkFacts: Sendable, Hashable {
    /// Who gave it.
    public var peer: UInt32
    /// Number and hash of the block whose state it is of.
    public var block: UInt32
    public var hash: Hash256
    /// Its range; no end is the end of all keys.
    public var startKey: KeyNibbles
    public var endKey: KeyNibbles?
    public var items: Int
    /// Size of its wire form.
    public var bytes: Int

    public init(
      peer: UInt32, block: UInt32, hash: Hash256, startKey: KeyNibbles, endKey: KeyNibbles?,
      items: Int, bytes: Int
    ) {
      self.peer = peer
      self.block = block
      self.hash = hash
      self.startKey = startKey
      self.endKey = endKey
      self.items = items
      self.bytes = bytes
    }
  }

  /// A range of the state on its way into the trie.
  public enum Chunk: Sendable, Hashable {
    /// The range is asked for.
    case requested(peer: UInt32, startKey: KeyNibbles, endKey: KeyNibbles?, limit: Int)
    /// An answer came; nothing of it is checked yet.
    case received(ChunkFacts)
    /// The chunk waits for its block.
    case buffered(ChunkFacts)
    /// The chunk is proven and its items are in the trie.
    case accepted(ChunkFacts)
    /// The chunk is wrong and changed nothing.
    case rejected(ChunkFacts, reason: String)
    /// The chunk is not wrong and adds nothing.
    case ignored(ChunkFacts, reason: String)
    /// The chunk came too late or too early and is discarded unchecked.
    case discarded(ChunkFacts, reason: String)
    /// The waiting chunk is discarded: its block is no longer awaited.
    case pruned(ChunkFacts, reason: String)
  }

  /// An event of this group.
  public static func chunk(_ event: Chunk) -> Event { Event(event) }
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

  public static func describe(_ name: Name) -> EventDescription {
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
      EventDescription(.info, "The chunk came too late or too early and is discarded unchecked.")
    case .pruned:
      EventDescription(.info, "The waiting chunk is discarded: its block is no longer awaited.")
    }
  }

  public var name: Name {
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

  public func write(to line: inout JSONLine) {
    switch self {
    case .requested(let peer, let startKey, let endKey, let limit):
      line.peer(.peer, peer)
      line.key(.startKey, startKey)
      line.key(.endKey, endKey)
      line.integer(.limit, limit)
    case .received(let chunk), .buffered(let chunk), .accepted(let chunk):
      chunk.write(to: &line)
    case .rejected(let chunk, let reason), .ignored(let chunk, let reason),
      .discarded(let chunk, let reason), .pruned(let chunk, let reason):
      chunk.write(to: &line)
      line.text(.reason, reason)
    }
  }

  public init(
    _ name: Name, from fields: any EventFieldReader
  ) throws(EventLogError) {
    switch name {
    case .requested:
      self = .requested(
        peer: try fields.peer(.peer), startKey: try fields.key(.startKey),
        endKey: try fields.optionalKey(.endKey), limit: try fields.integer(.limit))
    case .received: self = .received(try .init(from: fields))
    case .buffered: self = .buffered(try .init(from: fields))
    case .accepted: self = .accepted(try .init(from: fields))
    case .rejected: self = .rejected(try .init(from: fields), reason: try fields.text(.reason))
    case .ignored: self = .ignored(try .init(from: fields), reason: try fields.text(.reason))
    case .discarded: self = .discarded(try .init(from: fields), reason: try fields.text(.reason))
    case .pruned: self = .pruned(try .init(from: fields), reason: try fields.text(.reason))
    }
  }
}

extension Event.ChunkFacts {
  fileprivate func write(to line: inout JSONLine) {
    line.peer(.peer, peer)
    line.integer(.block, block)
    line.hash(.hash, hash)
    line.key(.startKey, startKey)
    line.key(.endKey, endKey)
    line.integer(.items, items)
    line.integer(.bytes, bytes)
  }

  fileprivate init(from fields: any EventFieldReader) throws(EventLogError) {
    self.init(
      peer: try fields.peer(.peer), block: try fields.integer(.block),
      hash: try fields.hash(.hash), startKey: try fields.key(.startKey),
      endKey: try fields.optionalKey(.endKey), items: try fields.integer(.items),
      bytes: try fields.integer(.bytes))
  }
}
