import EventLog
import Primitives

extension Event {
  /// How much of the state the node holds.
  public enum State: Sendable, Hashable {
    /// No range is missing and the root equals the head's.
    case complete(block: UInt32, hash: Hash256, items: Int)
    /// Ranges are missing that were held before.
    case incomplete(block: UInt32, hash: Hash256, missingRanges: Int, reason: String)
    /// The root of what is held is not the head's; the whole state was discarded.
    case wrongRoot(block: UInt32, hash: Hash256, detail: String)
    /// Where the sync stands.
    case progress(
      block: UInt32, items: Int, missingRanges: Int, heldPpm: Int, inFlight: Int, buffered: Int)
    /// The next chunk is asked for at the first missing key again.
    case reset(startKey: KeyNibbles, reason: String)
    /// Whether the sync will end, and when, judged by the last rates.
    case forecast(
      forecast: StateForecast, etaNs: Int64?, progressPpm: Int, hasBytesPerS: Int,
      needsBytesPerS: Int, detail: String)
    /// What the missing part is expected to take, where a snapshot's pieces bring some of it.
    case sources(block: UInt32, snapshot: Hash256, pieceBytes: Int, chunkBytes: Int)
    /// What became of the chunks that came, so far.
    case traffic(verifiedBytes: Int, unusedBytes: Int, refusedBytes: Int)
  }

  /// An event of this group.
  public static func state(_ event: State) -> Event { Event(event) }
}

extension Event {
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

extension EventField {
  public static let snapshot = EventField(
    "snapshot", "hash of a snapshot's manifest, which names it")
  public static let pieceBytes = EventField(
    "piece_bytes", "bytes that a snapshot's pieces are expected to take", unit: "bytes")
  public static let chunkBytes = EventField(
    "chunk_bytes", "bytes that chunks of the peers' heads are expected to take", unit: "bytes")
}

extension Event.State: EventGroup {
  /// The names of the events, as they stand in the log.
  public enum Name: String, CaseIterable, Sendable {
    case complete = "state.complete"
    case incomplete = "state.incomplete"
    case wrongRoot = "state.wrong_root"
    case progress = "state.progress"
    case reset = "state.reset"
    case forecast = "state.forecast"
    case sources = "state.sources"
    case traffic = "state.traffic"
  }

  public static func describe(_ name: Name) -> EventDescription {
    switch name {
    case .complete:
      EventDescription(.info, "No range is missing and the root equals the head's.")
    case .incomplete:
      EventDescription(.warn, "Ranges are missing that were held before.")
    case .wrongRoot:
      EventDescription(
        .error, "The root of what is held is not the head's; the whole state was discarded.")
    case .progress:
      EventDescription(.info, "Where the sync stands.")
    case .reset:
      EventDescription(.info, "The next chunk is asked for at the first missing key again.")
    case .forecast:
      EventDescription(.info, "Whether the sync will end, and when, judged by the last rates.")
    case .sources:
      EventDescription(
        .info,
        "What the missing part is expected to take, where a snapshot's pieces bring some of it.")
    case .traffic:
      EventDescription(.info, "What became of the chunks that came, so far.")
    }
  }

  public var name: Name {
    switch self {
    case .complete: .complete
    case .incomplete: .incomplete
    case .wrongRoot: .wrongRoot
    case .progress: .progress
    case .reset: .reset
    case .forecast: .forecast
    case .sources: .sources
    case .traffic: .traffic
    }
  }

  public func write(to line: inout JSONLine) {
    switch self {
    case .complete(let block, let hash, let items):
      line.integer(.block, block)
      line.hash(.hash, hash)
      line.integer(.items, items)
    case .incomplete(let block, let hash, let missingRanges, let reason):
      line.integer(.block, block)
      line.hash(.hash, hash)
      line.integer(.missingRanges, missingRanges)
      line.text(.reason, reason)
    case .wrongRoot(let block, let hash, let detail):
      line.integer(.block, block)
      line.hash(.hash, hash)
      line.text(.detail, detail)
    case .progress(
      let block, let items, let missingRanges, let heldPpm, let inFlight, let buffered):
      line.integer(.block, block)
      line.integer(.items, items)
      line.integer(.missingRanges, missingRanges)
      line.integer(.heldPpm, heldPpm)
      line.integer(.inFlight, inFlight)
      line.integer(.buffered, buffered)
    case .reset(let startKey, let reason):
      line.key(.startKey, startKey)
      line.text(.reason, reason)
    case .forecast(
      let forecast, let etaNs, let progressPpm, let hasBytesPerS, let needsBytesPerS, let detail):
      line.symbol(.forecast, forecast)
      line.integer(.etaNs, etaNs)
      line.integer(.progressPpm, progressPpm)
      line.integer(.hasBytesPerS, hasBytesPerS)
      line.integer(.needsBytesPerS, needsBytesPerS)
      line.text(.detail, detail)
    case .sources(let block, let snapshot, let pieceBytes, let chunkBytes):
      line.integer(.block, block)
      line.hash(.snapshot, snapshot)
      line.integer(.pieceBytes, pieceBytes)
      line.integer(.chunkBytes, chunkBytes)
    case .traffic(let verifiedBytes, let unusedBytes, let refusedBytes):
      line.integer(.verifiedBytes, verifiedBytes)
      line.integer(.unusedBytes, unusedBytes)
      line.integer(.refusedBytes, refusedBytes)
    }
  }

  public init(
    _ name: Name, from fields: any EventFieldReader
  ) throws(EventLogError) {
    switch name {
    case .complete:
      self = .complete(
        block: try fields.integer(.block), hash: try fields.hash(.hash),
        items: try fields.integer(.items))
    case .incomplete:
      self = .incomplete(
        block: try fields.integer(.block), hash: try fields.hash(.hash),
        missingRanges: try fields.integer(.missingRanges), reason: try fields.text(.reason))
    case .wrongRoot:
      self = .wrongRoot(
        block: try fields.integer(.block), hash: try fields.hash(.hash),
        detail: try fields.text(.detail))
    case .progress:
      self = .progress(
        block: try fields.integer(.block), items: try fields.integer(.items),
        missingRanges: try fields.integer(.missingRanges), heldPpm: try fields.integer(.heldPpm),
        inFlight: try fields.integer(.inFlight), buffered: try fields.integer(.buffered))
    case .reset:
      self = .reset(startKey: try fields.key(.startKey), reason: try fields.text(.reason))
    case .forecast:
      self = .forecast(
        forecast: try fields.symbol(.forecast), etaNs: try fields.optionalInteger(.etaNs),
        progressPpm: try fields.integer(.progressPpm),
        hasBytesPerS: try fields.integer(.hasBytesPerS),
        needsBytesPerS: try fields.integer(.needsBytesPerS), detail: try fields.text(.detail))
    case .sources:
      self = .sources(
        block: try fields.integer(.block), snapshot: try fields.hash(.snapshot),
        pieceBytes: try fields.integer(.pieceBytes), chunkBytes: try fields.integer(.chunkBytes))
    case .traffic:
      self = .traffic(
        verifiedBytes: try fields.integer(.verifiedBytes),
        unusedBytes: try fields.integer(.unusedBytes),
        refusedBytes: try fields.integer(.refusedBytes))
    }
  }
}
