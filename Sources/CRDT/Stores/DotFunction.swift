import Primitives

/// A value for each event: at most one a replica, but for those that write at once.
struct DotFunction<Payload: WireCodable & Comparable>: Sendable, Equatable {
  struct Entry: Sendable, Equatable {
    let dot: Dot
    let payload: Payload
  }

  /// Ascending by dots.
  private(set) var entries: [Entry] = []

  init() {}

  init(_ dot: Dot, _ payload: Payload) {
    entries = [Entry(dot: dot, payload: payload)]
  }

  var isEmpty: Bool { entries.isEmpty }

  func forEachDot(_ body: (Dot) -> Void) {
    for entry in entries { body(entry.dot) }
  }

  /// The events that stay of both: those that both have, and those that one has and the other does
  /// not know of. `known` and `otherKnown` are the contexts before the join. If a replica has used
  /// a dot twice the larger value stays, so that at least all agree.
  mutating func join(_ other: Self, known: CausalContext, otherKnown: CausalContext) {
    if self == other { return }
    var kept: [Entry] = []
    var (mine, theirs) = (entries[...], other.entries[...])
    while let entry = mine.first ?? theirs.first {
      if let a = mine.first, let b = theirs.first, a.dot == b.dot {
        kept.append(a.payload < b.payload ? b : a)
        mine.removeFirst()
        theirs.removeFirst()
      } else if mine.first != nil, theirs.first.map({ entry.dot < $0.dot }) ?? true {
        if !otherKnown.contains(entry.dot) { kept.append(entry) }
        mine.removeFirst()
      } else {
        let new = theirs.removeFirst()
        if !known.contains(new.dot) { kept.append(new) }
      }
    }
    entries = kept
  }

  func forEachPart(_ body: (Dot, Self) -> Void) {
    for entry in entries { body(entry.dot, Self(entry.dot, entry.payload)) }
  }

  /// A varint count, and of each event, ascending, the dot and the value.
  func encode(to encoder: inout WireEncoder, replicas: ReplicaTable) {
    encoder.append(count: entries.count)
    for entry in entries {
      replicas.encode(entry.dot, to: &encoder)
      encoder.append(entry.payload)
    }
  }

  init(from decoder: inout WireDecoder, replicas: ReplicaTable) throws(WireError) {
    let count = try decoder.count(elementBytes: 3)
    for _ in 0..<count {
      let start = decoder.offset
      let dot = try replicas.dot(from: &decoder)
      if let last = entries.last, last.dot >= dot { throw .keysNotIncreasing(at: start) }
      entries.append(Entry(dot: dot, payload: try decoder.value()))
    }
  }
}
