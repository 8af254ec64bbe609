/// A field that events are made of. One name means one thing in every event, so that a log is one
/// table with these columns; an `EventSchema` refuses two fields of one name.
///
/// The fields that more than one room could want are declared here. A room that needs another one
/// declares it beside its events, in an extension of this type.
public struct EventField: Sendable, Hashable {
  /// The key in the log.
  public let name: String
  /// What the field holds, in one line of the schema document.
  public let meaning: String
  /// The unit of a number, or nothing if it has none.
  public let unit: String?

  public init(_ name: String, _ meaning: String, unit: String? = nil) {
    self.name = name
    self.meaning = meaning
    self.unit = unit
  }
}

/// The fields that every record begins with.
extension EventField {
  public static let seq = EventField("seq", "number of the record, from 0 without gaps")
  public static let tNs = EventField(
    "t_ns", "time since the run began, by the clock that `run.start` names", unit: "ns")
  public static let node = EventField(
    "node", "the node that the record is from; `-` for the run itself")
  public static let actor = EventField("actor", "the part of the node")
  public static let event = EventField(
    "event", "name of the event; it fixes the fields that follow")
  public static let level = EventField(
    "level", "`debug`, `info`, `warn` or `error`; follows from the event")
  public static let cause = EventField("cause", "`seq` of the record that led to this one")
  public static let req = EventField("req", "number of the request that this record belongs to")

  /// These, in the order of the record.
  public static let header: [EventField] = [
    .seq, .tNs, .node, .actor, .event, .level, .cause, .req,
  ]
}

/// Fields about the run.
extension EventField {
  public static let schema = EventField("schema", "version of this schema")
  public static let seed = EventField("seed", "seed of all random choices; can be above 2^53")
  public static let commit = EventField("commit", "commit of the program")
  public static let toolchain = EventField("toolchain", "compiler version")
  public static let mode = EventField("mode", "optimisation mode of the build")
  public static let clock = EventField("clock", "where the time comes from")
  public static let scenario = EventField("scenario", "name of the scenario")
  public static let parameters = EventField(
    "parameters", "what else was chosen, as `name=value` separated by spaces")
  public static let verdict = EventField("verdict", "how the run ended")
  public static let steps = EventField("steps", "jobs that the scheduler ran")

  private static let ofRuns: [EventField] = [
    .schema, .seed, .commit, .toolchain, .mode, .clock, .scenario, .parameters, .verdict, .steps,
  ]
}

/// Fields that say what an event is about.
extension EventField {
  public static let peer = EventField("peer", "the other node, as `p` and its number")
  public static let identity = EventField(
    "identity", "public key of that node: who it is under any number")
  public static let address = EventField(
    "address", "address and port of the other node, or our own")
  public static let reporter = EventField(
    "reporter", "public key of the node that wrote the evidence down")
  public static let block = EventField(
    "block", "block number; of the target or head where there is a choice")
  public static let hash = EventField("hash", "hash of that block")
  public static let otherHash = EventField("other_hash", "hash of the second block")
  public static let ancestor = EventField(
    "ancestor", "number of the last block that both branches share")
  public static let first = EventField("first", "number of the first block")
  public static let last = EventField("last", "number of the last block")
  public static let startKey = EventField(
    "start_key", "first key of a range; empty for the first key of all")
  public static let endKey = EventField(
    "end_key", "end of a range, itself not in it; missing for a range to the last key")
  public static let source = EventField("source", "how the block came to the node")
  public static let kind = EventField("kind", "kind of block")
  public static let direction = EventField("direction", "which way missing blocks are asked for")
  public static let type = EventField("type", "kind of request")
  public static let outcome = EventField("outcome", "how the request ended")
  public static let blocker = EventField("blocker", "why nothing moves")
  public static let forecast = EventField("forecast", "whether the sync will end")
  public static let queue = EventField("queue", "name of the queue")
  public static let fault = EventField("fault", "kind of fault")
  public static let target = EventField("target", "what the fault is done to")
  public static let check = EventField("check", "identity of the check, such as `S4`")
  public static let lie = EventField("lie", "kind of a proven lie")
  public static let proof = EventField("proof", "BLAKE2b-256 of the whole evidence, which names it")
  public static let data = EventField("data", "bytes of the evidence, two digits each")

  private static let subjects: [EventField] = [
    .peer, .identity, .address, .reporter, .block, .hash, .otherHash, .ancestor, .first, .last,
    .startKey,
    .endKey, .source, .kind, .direction, .type, .outcome, .blocker, .forecast, .queue, .fault,
    .target, .check, .lie, .proof, .data,
  ]
}

/// Fields that hold numbers.
extension EventField {
  public static let items = EventField("items", "keys with their values", unit: "item")
  public static let bytes = EventField("bytes", "size of the message or its payload", unit: "byte")
  public static let entries = EventField("entries", "keys that a diff changes")
  public static let transactions = EventField("transactions", "transactions in the block")
  public static let blocks = EventField("blocks", "number of blocks", unit: "block")
  public static let elections = EventField(
    "elections", "number of election blocks on the way", unit: "block")
  public static let locators = EventField("locators", "number of locators sent along")
  public static let peers = EventField("peers", "number of peers")
  public static let depth = EventField(
    "depth", "number of blocks that were reverted", unit: "block")
  public static let adopted = EventField(
    "adopted", "number of blocks that took their place", unit: "block")
  public static let attempt = EventField("attempt", "which try this is, from 1")
  public static let limit = EventField(
    "limit", "most items asked for, or the limit that was reached")
  public static let buffered = EventField("buffered", "number of items waiting")
  public static let part = EventField("part", "which part of the evidence this is, from 1")
  public static let parts = EventField(
    "parts", "parts that follow; 0 if the evidence is too large for the log")
  public static let hits = EventField("hits", "checks whose result was remembered")
  public static let misses = EventField("misses", "checks that had to be made")
  public static let inFlight = EventField("in_flight", "requests under way")
  public static let missingRanges = EventField(
    "missing_ranges", "ranges of the state that are not held")
  public static let heldPpm = EventField(
    "held_ppm", "share of the key space that is held", unit: "1/1,000,000")
  public static let durationNs = EventField("duration_ns", "time from begin to end", unit: "ns")
  public static let sinceNs = EventField("since_ns", "time of the last movement", unit: "ns")
  public static let etaNs = EventField(
    "eta_ns", "estimated time until the state is complete", unit: "ns")
  public static let progressPpm = EventField(
    "progress_ppm", "share of the whole sync that is done, over all phases; never falls",
    unit: "1/1,000,000")
  public static let hasBytesPerS = EventField(
    "has_bytes_per_s", "verified bytes of chunks and diffs a second, measured", unit: "byte/s")
  public static let needsBytesPerS = EventField(
    "needs_bytes_per_s", "bytes a second that the chain's changes alone take", unit: "byte/s")
  public static let verifiedBytes = EventField(
    "verified_bytes", "bytes of chunks that were verified and taken in", unit: "byte")
  public static let unusedBytes = EventField(
    "unused_bytes", "bytes of chunks of no use: fetched twice, or to be fetched again", unit: "byte"
  )
  public static let refusedBytes = EventField(
    "refused_bytes", "bytes of chunks that are provably wrong", unit: "byte")
  public static let backoffNs = EventField(
    "backoff_ns", "time to wait before the next try", unit: "ns")

  private static let numbers: [EventField] = [
    .items, .bytes, .entries, .transactions, .blocks, .elections, .locators, .peers, .depth,
    .adopted, .attempt, .limit, .buffered, .part, .parts, .hits, .misses, .inFlight, .missingRanges,
    .heldPpm, .durationNs, .sinceNs, .etaNs, .progressPpm, .hasBytesPerS, .needsBytesPerS,
    .verifiedBytes, .unusedBytes, .refusedBytes, .backoffNs,
  ]
}

/// Fields that hold words for people.
extension EventField {
  public static let reason = EventField(
    "reason", "why, as one word of a documented set where there is one")
  public static let detail = EventField("detail", "facts for people")

  private static let words: [EventField] = [
    .reason, .detail,
  ]
}

extension EventField {
  /// The fields above in the order of the schema document; those of other rooms follow them.
  public static let common = header + ofRuns + subjects + numbers + words
}
