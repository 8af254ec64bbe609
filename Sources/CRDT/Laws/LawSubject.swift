import Runtime

/// One change of a history, as the models see it: who made it, when, and which earlier ones its
/// author knew.
package struct LawEvent<Operation: Sendable>: Sendable {
  package let index: Int
  package let replica: Int
  package let operation: Operation
  package let time: HybridTime
  package let seen: Set<Int>
}

/// A type whose laws are tested: what is done to it, and a plain model of what it then shows.
package protocol LawSubject: ReplicatedType where Value: Equatable {
  /// A random operation; positions and the like are any numbers, see `fitted`.
  static func random(_ generator: inout RandomStream) -> Operation
  /// The operation made fit for `self`.
  func fitted(_ operation: Operation) -> Operation
  /// What is shown once all of `events` are known, in the order of their indices.
  static func expected(_ events: [LawEvent<Operation>]) -> Value
  /// Takes in deltas that come in any order.
  mutating func absorb(_ deltas: [Delta]) throws
}

extension LawSubject {
  package func fitted(_ operation: Operation) -> Operation { operation }

  package mutating func absorb(_ deltas: [Delta]) throws {
    for delta in deltas { try merge(delta: delta) }
  }
}

/// Events of one value, and others that take away what they have seen of it.
struct LawEvents<Operation: Sendable> {
  let events: [LawEvent<Operation>]
  /// Removals of what is around.
  var removals: [Set<Int>] = []

  /// Those events that none of `killers` has seen.
  func live(
    _ isMade: (Operation) -> Bool, killedBy isKiller: (Operation, Operation) -> Bool
  ) -> [LawEvent<Operation>] {
    events.filter { event in
      isMade(event.operation)
        && !events.contains {
          isKiller($0.operation, event.operation) && $0.seen.contains(event.index)
        }
        && !removals.contains { $0.contains(event.index) }
    }
  }
}

/// Few elements, so that histories meet in them.
enum LawWords {
  static func next(_ generator: inout RandomStream) -> [UInt8] {
    [UInt8(ascii: "a") + UInt8(generator.below(4))]
  }
}

extension GCounter: LawSubject {
  package static func random(_ generator: inout RandomStream) -> Operation {
    .add(UInt64(1 + generator.below(5)))
  }

  package static func expected(_ events: [LawEvent<Operation>]) -> UInt64 {
    events.reduce(0) { sum, event in
      guard case .add(let amount) = event.operation else { return sum }
      return sum + amount
    }
  }
}

extension GSet: LawSubject {
  package static func random(_ generator: inout RandomStream) -> Operation {
    .add(LawWords.next(&generator))
  }

  package static func expected(_ events: [LawEvent<Operation>]) -> [[UInt8]] {
    Set(
      events.map { event in
        guard case .add(let element) = event.operation else { return [] }
        return element
      }
    ).sorted { $0.lexicographicallyPrecedes($1) }
  }
}

/// A model of one type for use alone and within a map; nil if nothing is there.
protocol FieldModel: CausalType {
  static func random(_ generator: inout RandomStream) -> Operation
  static func shown(_ group: LawEvents<Operation>) -> FieldValue?
}

extension PNCounter: FieldModel, LawSubject {
  package static func random(_ generator: inout RandomStream) -> Operation {
    generator.chance(perMillion: 250_000) ? .reset : .add(Int64(generator.below(9)) - 4)
  }

  /// Each addition carries what its replica had, unless it knew of a reset that has seen that.
  static func shown(_ group: LawEvents<Operation>) -> FieldValue? {
    var carried: [Int: Int64] = [:]
    for event in group.events {
      guard case .add(let amount) = event.operation else { continue }
      let earlier = group.events.last {
        $0.replica == event.replica && $0.index < event.index && $0.operation != .reset
      }
      let isReset = earlier.map { earlier in
        group.events.contains {
          $0.operation == .reset && event.seen.contains($0.index)
            && $0.seen.contains(earlier.index)
        }
          || group.removals.contains {
            $0.contains(earlier.index) && !$0.contains(event.index)
              && group.knows(event, removal: $0)
          }
      }
      carried[event.index] = amount + (isReset == false ? carried[earlier?.index ?? -1] ?? 0 : 0)
    }
    let live = group.live({ $0 != .reset }, killedBy: { killer, _ in killer == .reset })
      .filter { event in
        !group.events.contains {
          $0.replica == event.replica && $0.operation != .reset && $0.index > event.index
        }
      }
    return live.isEmpty ? nil : .counter(live.reduce(0) { $0 + (carried[$1.index] ?? 0) })
  }

  package static func expected(_ events: [LawEvent<Operation>]) -> Int64 {
    if case .counter(let sum) = shown(LawEvents(events: events)) { return sum }
    return 0
  }
}

extension LawEvents {
  /// Whether the author of `event` knew of a removal around it: `removals` are numbered by what
  /// they have seen, and their own index is part of it.
  func knows(_ event: LawEvent<Operation>, removal: Set<Int>) -> Bool {
    removal.max().map { event.seen.contains($0) } ?? false
  }
}

extension LWWRegister: FieldModel, LawSubject {
  package static func random(_ generator: inout RandomStream) -> Operation {
    .write(generator.bytes(1))
  }

  static func shown(_ group: LawEvents<Operation>) -> FieldValue? {
    let live = group.live({ _ in true }, killedBy: { _, _ in true })
    guard let last = live.max(by: { $0.time < $1.time }), case .write(let bytes) = last.operation
    else { return nil }
    return .lastWriter(bytes)
  }

  package static func expected(_ events: [LawEvent<Operation>]) -> [UInt8]? {
    if case .lastWriter(let bytes) = shown(LawEvents(events: events)) { return bytes }
    return nil
  }
}

extension MVRegister: FieldModel, LawSubject {
  package static func random(_ generator: inout RandomStream) -> Operation {
    .write(LawWords.next(&generator))
  }

  static func shown(_ group: LawEvents<Operation>) -> FieldValue? {
    let live = group.live({ _ in true }, killedBy: { _, _ in true })
    let values = live.map { event -> [UInt8] in
      switch event.operation {
      case .write(let bytes): bytes
      }
    }
    return values.isEmpty
      ? nil : .multiValue(Set(values).sorted { $0.lexicographicallyPrecedes($1) })
  }

  package static func expected(_ events: [LawEvent<Operation>]) -> [[UInt8]] {
    if case .multiValue(let values) = shown(LawEvents(events: events)) { return values }
    return []
  }
}

extension ORSet: FieldModel, LawSubject {
  package static func random(_ generator: inout RandomStream) -> Operation {
    switch generator.below(10) {
    case 0: .clear
    case 1...3: .remove(LawWords.next(&generator))
    default: .add(LawWords.next(&generator))
    }
  }

  static func shown(_ group: LawEvents<Operation>) -> FieldValue? {
    let live = group.live(
      { $0.added != nil },
      killedBy: { killer, add in killer == .clear || killer.element == add.element })
    let elements = Set(live.compactMap(\.operation.added))
    return elements.isEmpty ? nil : .set(elements.sorted { $0.lexicographicallyPrecedes($1) })
  }

  package static func expected(_ events: [LawEvent<Operation>]) -> [[UInt8]] {
    if case .set(let elements) = shown(LawEvents(events: events)) { return elements }
    return []
  }
}

extension ORSet.Operation {
  var element: [UInt8]? {
    switch self {
    case .add(let element), .remove(let element): element
    case .clear: nil
    }
  }

  var added: [UInt8]? {
    if case .add(let element) = self { return element }
    return nil
  }
}

extension RWSet: FieldModel, LawSubject {
  package static func random(_ generator: inout RandomStream) -> Operation {
    generator.chance(perMillion: 400_000)
      ? .remove(LawWords.next(&generator)) : .add(LawWords.next(&generator))
  }

  static func shown(_ group: LawEvents<Operation>) -> FieldValue? {
    let live = group.live({ _ in true }, killedBy: { $0.element == $1.element })
    if live.isEmpty { return nil }
    let removed = Set(live.filter { !$0.operation.isAddition }.map(\.operation.element))
    let added = Set(live.filter(\.operation.isAddition).map(\.operation.element))
    return .set(added.subtracting(removed).sorted { $0.lexicographicallyPrecedes($1) })
  }

  package static func expected(_ events: [LawEvent<Operation>]) -> [[UInt8]] {
    if case .set(let elements) = shown(LawEvents(events: events)) { return elements }
    return []
  }
}

extension RWSet.Operation {
  var element: [UInt8] {
    switch self {
    case .add(let element), .remove(let element): element
    }
  }

  var isAddition: Bool {
    if case .add = self { return true }
    return false
  }
}

extension EWFlag: FieldModel, LawSubject {
  package static func random(_ generator: inout RandomStream) -> Operation {
    generator.chance(perMillion: 500_000) ? .enable : .disable
  }

  static func shown(_ group: LawEvents<Operation>) -> FieldValue? {
    group.live({ $0 == .enable }, killedBy: { _, _ in true }).isEmpty ? nil : .flag(true)
  }

  package static func expected(_ events: [LawEvent<Operation>]) -> Bool {
    shown(LawEvents(events: events)) != nil
  }
}

extension DWFlag: FieldModel, LawSubject {
  package static func random(_ generator: inout RandomStream) -> Operation {
    generator.chance(perMillion: 500_000) ? .enable : .disable
  }

  static func shown(_ group: LawEvents<Operation>) -> FieldValue? {
    let live = group.live({ _ in true }, killedBy: { _, _ in true })
    return live.isEmpty ? nil : .flag(live.allSatisfy { $0.operation == .enable })
  }

  package static func expected(_ events: [LawEvent<Operation>]) -> Bool {
    shown(LawEvents(events: events)) == .flag(true)
  }
}
