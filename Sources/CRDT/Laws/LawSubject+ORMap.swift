import Runtime

extension ORMap: LawSubject {
  package static func random(_ generator: inout RandomStream) -> Operation {
    random(&generator, depth: 0)
  }

  private static func random(_ generator: inout RandomStream, depth: Int) -> Operation {
    let name = [UInt8(ascii: "x") + UInt8(generator.below(2))]
    let kinds: [ReplicatedKind] = [
      .counter, .lastWriter, .multiValue, .addWinsSet, .removeWinsSet, .enableWinsFlag,
      .disableWinsFlag, .map,
    ]
    let kind = kinds[generator.below(depth < 2 ? kinds.count : kinds.count - 1)]
    if generator.chance(perMillion: 250_000) { return .remove(FieldKey(name, kind)) }
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

  package static func expected(_ events: [LawEvent<Operation>]) -> [FieldKey: FieldValue] {
    shown(LawEvents(events: events)) ?? [:]
  }

  static func shown(_ group: LawEvents<Operation>) -> [FieldKey: FieldValue]? {
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
    _ key: FieldKey, of group: LawEvents<Operation>, removals: [Set<Int>]
  ) -> FieldValue? {
    func inner<Inner: Sendable>(_ pick: (FieldOperation) -> Inner?) -> LawEvents<Inner> {
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

extension LawEvents<ORMap.Operation> {
  /// The events of the fields `name` of one type, with the removals around them.
  func inner<Inner: Sendable>(
    _ name: [UInt8], removals: [Set<Int>], _ pick: (FieldOperation) -> Inner?
  ) -> LawEvents<Inner> {
    let picked = events.compactMap { event -> LawEvent<Inner>? in
      guard case .update(name, let operation) = event.operation, let inner = pick(operation)
      else { return nil }
      return LawEvent(
        index: event.index, replica: event.replica, operation: inner, time: event.time,
        seen: event.seen)
    }
    return LawEvents<Inner>(events: picked, removals: removals)
  }
}
