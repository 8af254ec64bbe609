import Primitives

/// Events and nothing else. Nearly always there is one, which takes no memory of its own.
struct DotSet: Sendable, Hashable {
  private var first: Dot?
  /// The others, ascending; `first` is before them.
  private var others: [Dot] = []

  init() {}

  init(_ dot: Dot) { first = dot }

  var isEmpty: Bool { first == nil }
  var count: Int { (first == nil ? 0 : 1) + others.count }

  init(sorted dots: some Sequence<Dot>) {
    for dot in dots {
      if first == nil { first = dot } else { others.append(dot) }
    }
  }

  func forEachDot(_ body: (Dot) -> Void) {
    guard let first else { return }
    body(first)
    for dot in others { body(dot) }
  }

  /// The events that stay of both: see `DotFunction.join`.
  mutating func join(_ other: DotSet, known: CausalContext, otherKnown: CausalContext) {
    if self == other { return }
    #if MUTANTS
      if Mutant.isOn(.removedComesBack) {
        self = DotSet(sorted: Set(dots + other.dots).sorted())
        return
      }
    #endif
    if others.isEmpty, other.others.isEmpty {
      let mine = first.flatMap { $0 == other.first || !otherKnown.contains($0) ? $0 : nil }
      let new = other.first.flatMap { $0 == first || known.contains($0) ? nil : $0 }
      guard let mine, let new else {
        first = mine ?? new
        return
      }
      first = min(mine, new)
      others = [max(mine, new)]
      return
    }
    var kept: [Dot] = []
    var (mine, theirs) = (dots[...], other.dots[...])
    while let dot = mine.first ?? theirs.first {
      if let a = mine.first, let b = theirs.first, a == b {
        kept.append(a)
        mine.removeFirst()
        theirs.removeFirst()
      } else if mine.first != nil, theirs.first.map({ dot < $0 }) ?? true {
        if !otherKnown.contains(dot) { kept.append(dot) }
        mine.removeFirst()
      } else {
        let new = theirs.removeFirst()
        if !known.contains(new) { kept.append(new) }
      }
    }
    self = DotSet(sorted: kept)
  }

  private var dots: [Dot] { (first.map { [$0] } ?? []) + others }

  /// A varint count and the dots, ascending.
  func encode(to encoder: inout WireEncoder, replicas: ReplicaTable) {
    encoder.append(count: count)
    forEachDot { replicas.encode($0, to: &encoder) }
  }

  init(from decoder: inout WireDecoder, replicas: ReplicaTable) throws(WireError) {
    let count = try decoder.count(elementBytes: 2)
    var dots: [Dot] = []
    for _ in 0..<count {
      let start = decoder.offset
      let dot = try replicas.dot(from: &decoder)
      if let last = dots.last, last >= dot { throw .keysNotIncreasing(at: start) }
      dots.append(dot)
    }
    self.init(sorted: dots)
  }
}
