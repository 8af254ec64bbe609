/// What each type shows once some changes are known: computed from the changes and from what each
/// author had seen, by the words of the type's description. Nothing here merges anything.
enum ReferenceModel {
  /// What a value of `kind` shows; nil of one that has no events, as a field of a map.
  static func shown(_ kind: ModelKind, _ history: ModelHistory) -> ModelShown? {
    switch kind {
    case .gcounter: .number(history.events.reduce(0) { $0 + $1.operation.amount })
    case .pncounter: counter(history)
    case .lwwregister: lastWriter(history)
    case .mvregister: multiValue(history)
    case .gset: .values(sorted(history.events.compactMap(\.operation.added)))
    case .orset: addWins(history)
    case .rwset: removeWins(history)
    case .ewflag:
      history.live({ $0.operation == .enable }, endedBy: { _, _ in true }).isEmpty
        ? nil : .flag(true)
    case .dwflag: disableWins(history)
    case .ormap: map(history)
    case .rgatext: nil
    }
  }

  /// What a value shows that has no events.
  static func empty(_ kind: ModelKind) -> ModelShown {
    switch kind {
    case .gcounter, .pncounter: .number(0)
    case .lwwregister: .bytes(nil)
    case .mvregister, .gset, .orset, .rwset: .values([])
    case .ewflag, .dwflag: .flag(false)
    case .ormap: .fields([:])
    case .rgatext: .text("")
    }
  }

  /// Each replica has a share: an addition carries what is left of its author's, and takes its
  /// place. A reset takes the shares that it has seen. A share that the author's store may have
  /// forgotten in part stays beside.
  private static func counter(_ history: ModelHistory) -> ModelShown? {
    let ends = history.events.filter { $0.operation == .reset } + history.removals
    var totals: [Int: Int64] = [:]
    var followers: [Int: [ModelEvent]] = [:]
    let additions = history.events.filter { $0.operation != .reset }
    for event in additions {
      var total = event.operation.amount
      for own in additions
      where own.number < event.number && own.stamp.author == event.stamp.author
        && own.stamp.counter > event.stamp.floor && event.seen.contains(own.number)
      {
        // A reset that the author knew of, or a later share of his, has taken it.
        let isGone =
          ends.contains { event.seen.contains($0.number) && $0.seen.contains(own.number) }
          || (followers[own.number] ?? []).contains { event.seen.contains($0.number) }
        if !isGone { total += totals[own.number] ?? 0 }
        followers[own.number, default: []].append(event)
      }
      totals[event.number] = total
    }
    let live = additions.filter { share in
      !ends.contains { $0.seen.contains(share.number) } && followers[share.number] == nil
    }
    return live.isEmpty ? nil : .number(live.reduce(0) { $0 + (totals[$1.number] ?? 0) })
  }

  private static func lastWriter(_ history: ModelHistory) -> ModelShown? {
    let live = history.live({ _ in true }, endedBy: { _, _ in true })
    guard let last = live.max(by: { $0.stamp.isBefore($1.stamp) }),
      case .write(let bytes) = last.operation
    else { return nil }
    return .bytes(bytes)
  }

  private static func multiValue(_ history: ModelHistory) -> ModelShown? {
    let live = history.live({ _ in true }, endedBy: { _, _ in true })
    let values = live.compactMap { event -> [UInt8]? in
      if case .write(let bytes) = event.operation { bytes } else { nil }
    }
    return values.isEmpty ? nil : .values(sorted(values))
  }

  private static func addWins(_ history: ModelHistory) -> ModelShown? {
    let live = history.live(
      { $0.operation.added != nil },
      endedBy: { end, add in
        end.operation == .clear || end.operation.element == add.operation.element
      })
    return live.isEmpty ? nil : .values(sorted(live.compactMap(\.operation.added)))
  }

  private static func removeWins(_ history: ModelHistory) -> ModelShown? {
    let live = history.live(
      { _ in true }, endedBy: { $0.operation.element == $1.operation.element })
    if live.isEmpty { return nil }
    let removed = Set(live.filter { $0.operation.added == nil }.map(\.operation.element))
    return .values(sorted(live.compactMap(\.operation.added).filter { !removed.contains($0) }))
  }

  private static func disableWins(_ history: ModelHistory) -> ModelShown? {
    let live = history.live({ _ in true }, endedBy: { _, _ in true })
    return live.isEmpty ? nil : .flag(live.allSatisfy { $0.operation == .enable })
  }

  /// A field is there as long as it has events; its removal takes what it has seen of it.
  private static func map(_ history: ModelHistory) -> ModelShown? {
    var histories: [ModelField: ModelHistory] = [:]
    for event in history.events {
      switch event.operation {
      case .update(let field, let inner):
        histories[field, default: ModelHistory(events: [])].events.append(event.inner(inner))
      case .removeField(let field):
        histories[field, default: ModelHistory(events: [])].removals.append(event)
      default: break
      }
    }
    var fields: [ModelField: ModelShown] = [:]
    for (field, var inner) in histories {
      inner.removals += history.removals
      fields[field] = shown(field.kind, inner)
    }
    return fields.isEmpty ? nil : .fields(fields)
  }

  private static func sorted(_ values: [[UInt8]]) -> [[UInt8]] {
    Set(values).sorted { $0.lexicographicallyPrecedes($1) }
  }
}

extension ModelOperation {
  var amount: Int64 {
    if case .count(let amount) = self { return amount }
    return 0
  }

  /// The element that it is about.
  var element: [UInt8]? {
    switch self {
    case .add(let element), .remove(let element): element
    default: nil
    }
  }

  var added: [UInt8]? {
    if case .add(let element) = self { return element }
    return nil
  }
}
