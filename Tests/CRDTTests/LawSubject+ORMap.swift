import CRDT
import TestSupport

extension ORMap: LawSubject {
  static func random(_ generator: inout SeededGenerator) -> Operation {
    random(&generator, depth: 0)
  }

  private static func random(_ generator: inout SeededGenerator, depth: Int) -> Operation {
    let name = [UInt8(ascii: "x") + UInt8(generator.below(2))]
    let kinds: [ReplicatedKind] = [
      .counter, .lastWriter, .multiValue, .addWinsSet, .removeWinsSet, .enableWinsFlag,
      .disableWinsFlag, .map,
    ]
    let kind = kinds[generator.below(depth < 2 ? kinds.count : kinds.count - 1)]
    if generator.chance(25) { return .remove(FieldKey(name, kind)) }
    switch kind {
    case .counter: return .update(name, .counter(PNCounter.random(&generator)))
    case .lastWriter: return .update(name, .lastWriter(LWWRegister.random(&generator)))
    case .multiValue: return .update(name, .multiValue(MVRegister.random(&generator)))
    case .addWinsSet: return .update(name, .addWinsSet(ORSet.random(&generator)))
    case .removeWinsSet: return .update(name, .removeWinsSet(RWSet.random(&generator)))
    case .enableWinsFlag: return .update(name, .enableWinsFlag(EWFlag.random(&generator)))
    case .disableWinsFlag: return .update(name, .disableWinsFlag(DWFlag.random(&generator)))
    default: return .update(name, .map(random(&generator, depth: depth + 1)))
    }
  }

  static func expected(_ events: [ModelEvent<Operation>]) -> [FieldKey: FieldValue] {
    shown(EventGroup(events: events)) ?? [:]
  }

  static func shown(_ group: EventGroup<Operation>) -> [FieldKey: FieldValue]? {
    let keys = Set(
      group.events.map { event in
        switch event.operation {
        case .update(let name, let operation): FieldKey(name, operation.kind)
        case .remove(let key): key
        }
      })
    var fields: [FieldKey: FieldValue] = [:]
    for key in keys {
      let removals = group.events.filter { $0.operation == .remove(key) }
        .map { $0.seen.union([$0.index]) }
      fields[key] = field(key, of: group, removals: group.removals + removals)
    }
    return fields.isEmpty ? nil : fields
  }

  private static func field(
    _ key: FieldKey, of group: EventGroup<Operation>, removals: [Set<Int>]
  ) -> FieldValue? {
    func inner<Inner: Sendable>(_ pick: (FieldOperation) -> Inner?) -> EventGroup<Inner> {
      group.inner(key.name, removals: removals, pick)
    }
    switch key.kind {
    case .counter:
      return PNCounter.shown(inner { if case .counter(let it) = $0 { it } else { nil } })
    case .lastWriter:
      return LWWRegister.shown(inner { if case .lastWriter(let it) = $0 { it } else { nil } })
    case .multiValue:
      return MVRegister.shown(inner { if case .multiValue(let it) = $0 { it } else { nil } })
    case .addWinsSet:
      return ORSet.shown(inner { if case .addWinsSet(let it) = $0 { it } else { nil } })
    case .removeWinsSet:
      return RWSet.shown(inner { if case .removeWinsSet(let it) = $0 { it } else { nil } })
    case .enableWinsFlag:
      return EWFlag.shown(inner { if case .enableWinsFlag(let it) = $0 { it } else { nil } })
    case .disableWinsFlag:
      return DWFlag.shown(inner { if case .disableWinsFlag(let it) = $0 { it } else { nil } })
    default:
      return shown(inner { if case .map(let it) = $0 { it } else { nil } }).map { .map($0) }
    }
  }
}

extension EventGroup<ORMap.Operation> {
  /// The events of the fields `name` of one type, with the removals around them.
  func inner<Inner: Sendable>(
    _ name: [UInt8], removals: [Set<Int>], _ pick: (FieldOperation) -> Inner?
  ) -> EventGroup<Inner> {
    let picked = events.compactMap { event -> ModelEvent<Inner>? in
      guard case .update(name, let operation) = event.operation, let inner = pick(operation)
      else { return nil }
      return ModelEvent(
        index: event.index, replica: event.replica, operation: inner, time: event.time,
        seen: event.seen)
    }
    return EventGroup<Inner>(events: picked, removals: removals)
  }
}
