/// The fields that events are made of. One name means one thing in every event, so that a log is
/// one table with these columns.
public enum EventField: String, CaseIterable, Sendable {
  // Every record.
  case seq
  case tNs = "t_ns"
  case node, actor, event, level, cause, req
  // The run.
  case schema, seed, commit, toolchain, mode, clock, scenario, parameters, verdict, steps
  // What it is about.
  case peer, block, hash
  case otherHash = "other_hash"
  case ancestor, first, last
  case startKey = "start_key"
  case endKey = "end_key"
  case source, kind, direction, type, outcome, blocker, forecast, queue, fault, target, check
  case lie, proof, data
  // Numbers.
  case items, bytes, entries, transactions, blocks, elections, locators, peers, depth, adopted
  case attempt, limit, buffered, part, parts, hits, misses
  case inFlight = "in_flight"
  case missingRanges = "missing_ranges"
  case heldPpm = "held_ppm"
  case durationNs = "duration_ns"
  case sinceNs = "since_ns"
  case etaNs = "eta_ns"
  case progressPpm = "progress_ppm"
  case hasBytesPerS = "has_bytes_per_s"
  case needsBytesPerS = "needs_bytes_per_s"
  case verifiedBytes = "verified_bytes"
  case unusedBytes = "unused_bytes"
  case refusedBytes = "refused_bytes"
  case backoffNs = "backoff_ns"
  // Words.
  case reason, detail
}

extension EventField {
  /// What the field holds, in one line of the schema document.
  public var meaning: String {
    switch self {
    case .seq: "number of the record, from 0 without gaps"
    case .tNs: "time since the run began, by the clock that `run.start` names"
    case .node: "the node that the record is from; `-` for the run itself"
    case .actor: "the part of the node"
    case .event: "name of the event; it fixes the fields that follow"
    case .level: "`debug`, `info`, `warn` or `error`; follows from the event"
    case .cause: "`seq` of the record that led to this one"
    case .req: "number of the request that this record belongs to"
    case .schema: "version of this schema"
    case .seed: "seed of all random choices; can be above 2^53"
    case .commit: "commit of the program"
    case .toolchain: "compiler version"
    case .mode: "optimisation mode of the build"
    case .clock: "where the time comes from"
    case .scenario: "name of the scenario"
    case .parameters: "what else was chosen, as `name=value` separated by spaces"
    case .verdict: "how the run ended"
    case .steps: "jobs that the scheduler ran"
    case .peer: "the other node, as `p` and its number"
    case .block: "block number; of the target or head where there is a choice"
    case .hash: "hash of that block"
    case .otherHash: "hash of the second block"
    case .ancestor: "number of the last block that both branches share"
    case .first: "number of the first block"
    case .last: "number of the last block"
    case .startKey: "first key of a range; empty for the first key of all"
    case .endKey: "end of a range, itself not in it; missing for a range to the last key"
    case .source: "how the block came to the node"
    case .kind: "kind of block"
    case .direction: "which way missing blocks are asked for"
    case .type: "kind of request"
    case .outcome: "how the request ended"
    case .blocker: "why nothing moves"
    case .forecast: "whether the sync will end"
    case .queue: "name of the queue"
    case .fault: "kind of fault"
    case .target: "what the fault is done to"
    case .check: "identity of the check, such as `S4`"
    case .lie: "kind of a proven lie"
    case .proof: "BLAKE2b-256 of the whole evidence, which names it"
    case .data: "bytes of the evidence, two digits each"
    case .items: "keys with their values"
    case .bytes: "size of the message or its payload"
    case .entries: "keys that a diff changes"
    case .transactions: "transactions in the block"
    case .blocks: "number of blocks"
    case .elections: "number of election blocks on the way"
    case .locators: "number of locators sent along"
    case .peers: "number of peers"
    case .depth: "number of blocks that were reverted"
    case .adopted: "number of blocks that took their place"
    case .attempt: "which try this is, from 1"
    case .limit: "most items asked for, or the limit that was reached"
    case .buffered: "number of items waiting"
    case .part: "which part of the evidence this is, from 1"
    case .parts: "parts that follow; 0 if the evidence is too large for the log"
    case .hits: "checks whose result was remembered"
    case .misses: "checks that had to be made"
    case .inFlight: "requests under way"
    case .missingRanges: "ranges of the state that are not held"
    case .heldPpm: "share of the key space that is held"
    case .durationNs: "time from begin to end"
    case .sinceNs: "time of the last movement"
    case .etaNs: "estimated time until the state is complete"
    case .progressPpm: "share of the whole sync that is done, over all phases; never falls"
    case .hasBytesPerS: "verified bytes of chunks and diffs a second, measured"
    case .needsBytesPerS: "bytes a second that the chain's changes alone take"
    case .verifiedBytes: "bytes of chunks that were verified and taken in"
    case .unusedBytes: "bytes of chunks of no use: fetched twice, or to be fetched again"
    case .refusedBytes: "bytes of chunks that are provably wrong"
    case .backoffNs: "time to wait before the next try"
    case .reason: "why, as one word of a documented set where there is one"
    case .detail: "facts for people"
    }
  }

  /// The unit of a number, or nothing if it has none.
  public var unit: String? {
    switch self {
    case .tNs, .durationNs, .sinceNs, .etaNs, .backoffNs: "ns"
    case .bytes, .verifiedBytes, .unusedBytes, .refusedBytes: "byte"
    case .hasBytesPerS, .needsBytesPerS: "byte/s"
    case .items: "item"
    case .heldPpm, .progressPpm: "1/1,000,000"
    case .blocks, .depth, .adopted, .elections: "block"
    default: nil
    }
  }
}
