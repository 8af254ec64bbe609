extension EventStore {
  /// What `operation`, of this kind, changes: the store of the delta. Adds to `seen` the events
  /// that it writes over or removes, and the new one if it makes one. `depth` counts the maps
  /// around.
  func change(
    _ operation: FieldOperation, at stamp: Stamp, seen: inout CausalContext, depth: Int
  ) throws(CRDTError) -> EventStore {
    switch (self, operation) {
    case (.counter(let store), .counter(let operation)):
      return .counter(try store.change(operation, at: stamp, seen: &seen))
    case (.lastWriter(let store), .lastWriter(.write(let bytes))):
      try check(bytes)
      seen.write(stamp.dot, over: store.forEachDot)
      return .lastWriter(
        DotFunction(stamp.dot, TimedValue(time: stamp.time, value: PlainValue(bytes))))
    case (.multiValue(let store), .multiValue(.write(let bytes))):
      try check(bytes)
      seen.write(stamp.dot, over: store.forEachDot)
      return .multiValue(DotFunction(stamp.dot, PlainValue(bytes)))
    case (.addWinsSet(let store), .addWinsSet(let operation)):
      return .addWinsSet(try store.change(operation, at: stamp, seen: &seen))
    case (.removeWinsSet(let store), .removeWinsSet(let operation)):
      let (element, isPresent) =
        switch operation {
        case .add(let element): (element, true)
        case .remove(let element): (element, false)
        }
      try check(element)
      seen.write(stamp.dot) { body in store[element]?.forEachDot(body) }
      return .removeWinsSet(
        DotMap(part: element, DotFunction(stamp.dot, Presence(isPresent))))
    case (.enableWinsFlag(let store), .enableWinsFlag(let operation)):
      seen.write(operation == .enable ? stamp.dot : nil, over: store.forEachDot)
      return .enableWinsFlag(operation == .enable ? DotSet(stamp.dot) : DotSet())
    case (.disableWinsFlag(let store), .disableWinsFlag(let operation)):
      seen.write(stamp.dot, over: store.forEachDot)
      return .disableWinsFlag(DotFunction(stamp.dot, Presence(operation == .enable)))
    case (.map(let store), .map(let operation)):
      return .map(try store.change(operation, at: stamp, seen: &seen, depth: depth + 1))
    default:
      throw .wrongType(expected: "\(kind)", found: "\(operation.kind)")
    }
  }

  private func check(_ bytes: [UInt8]) throws(CRDTError) { try bytes.checkSize() }
}

extension [UInt8] {
  /// Refuses an element, a key or a value that is too long.
  func checkSize() throws(CRDTError) {
    guard count <= CRDTLimits.valueBytesMax else {
      throw .tooLarge("bytes of a value", limit: CRDTLimits.valueBytesMax)
    }
  }
}

extension CausalContext {
  /// Adds the events that `old` names, and the new one, if there is one.
  mutating func write(_ new: Dot?, over old: ((Dot) -> Void) -> Void) {
    var dots = new.map { [$0] } ?? []
    old { dots.append($0) }
    merge(CausalContext(dots))
  }
}

extension DotFunction<CounterShare> {
  func change(
    _ operation: PNCounter.Operation, at stamp: Stamp, seen: inout CausalContext
  ) throws(CRDTError) -> Self {
    guard case .add(let amount) = operation else {
      seen.write(nil, over: forEachDot)
      return Self()
    }
    // The share of a replica is one event: the new one takes the place of the last one.
    let own = entries.filter {
      $0.dot.replica == stamp.dot.replica && $0.dot.counter > stamp.floor
    }
    var share = CounterShare(added: 0, taken: 0)
    var isTooLarge = false
    func add(_ part: UInt64, to sum: inout UInt64) {
      let (total, overflow) = sum.addingReportingOverflow(part)
      sum = total
      isTooLarge = isTooLarge || overflow
    }
    for entry in own {
      add(entry.payload.added, to: &share.added)
      add(entry.payload.taken, to: &share.taken)
    }
    if amount >= 0 {
      add(amount.magnitude, to: &share.added)
    } else {
      add(amount.magnitude, to: &share.taken)
    }
    guard !isTooLarge else { throw .counterExhausted(stamp.dot.replica) }
    seen.write(stamp.dot) { body in for entry in own { body(entry.dot) } }
    return Self(stamp.dot, share)
  }
}

extension DotMap<DotSet> {
  func change(
    _ operation: ORSet.Operation, at stamp: Stamp, seen: inout CausalContext
  ) throws(CRDTError) -> Self {
    switch operation {
    case .add(let element):
      try element.checkSize()
      seen.write(stamp.dot) { body in self[element]?.forEachDot(body) }
      return Self(part: element, DotSet(stamp.dot))
    case .remove(let element):
      guard let events = self[element] else { return .partial }
      seen.write(nil, over: events.forEachDot)
      return Self(part: element, DotSet())
    case .clear:
      seen.write(nil, over: forEachDot)
      var delta = Self.partial
      for element in elements { delta.list(element, DotSet()) }
      return delta
    }
  }
}

extension DotMap<EventStore> {
  func change(
    _ operation: ORMap.Operation, at stamp: Stamp, seen: inout CausalContext, depth: Int
  ) throws(CRDTError) -> Self {
    guard depth <= CRDTLimits.mapDepthMax else {
      throw .tooLarge("maps within maps", limit: CRDTLimits.mapDepthMax)
    }
    switch operation {
    case .update(let name, let operation):
      try name.checkSize()
      let key = FieldKey(name, operation.kind)
      let field = self[key] ?? .empty(for: key, partial: false)
      let change = try field.change(operation, at: stamp, seen: &seen, depth: depth)
      return Self(part: key, change)
    case .remove(let key):
      guard let field = self[key] else { return .partial }
      seen.write(nil, over: field.forEachDot)
      return Self(part: key, .empty(for: key, partial: false))
    }
  }
}
