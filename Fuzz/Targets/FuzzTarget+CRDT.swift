import CRDT
import Primitives

extension FuzzTarget {
  /// The decoders of replicated values, deltas and clocks.
  static let replicated = wire(
    "wire-crdt",
    [
      .init(GCounter.self) { FuzzReplicas.values { .add($0 + 1) } },
      .init(GSet.self) { FuzzReplicas.values { .add([UInt8($0), 3]) } },
      .init(PNCounter.self) { FuzzReplicas.values { .add(Int64($0) - 2) } },
      .init(LWWRegister.self) { FuzzReplicas.values { .write([UInt8($0)]) } },
      .init(MVRegister.self) { FuzzReplicas.values { .write([UInt8($0)]) } },
      .init(ORSet.self) {
        FuzzReplicas.values { $0 % 3 == 2 ? .remove([UInt8($0 - 1)]) : .add([UInt8($0)]) }
      },
      .init(RWSet.self) {
        FuzzReplicas.values { $0 % 3 == 2 ? .remove([UInt8($0)]) : .add([UInt8($0)]) }
      },
      .init(EWFlag.self) { FuzzReplicas.values { $0 % 4 == 0 ? .enable : .disable } },
      .init(DWFlag.self) { FuzzReplicas.values { $0 % 4 == 0 ? .disable : .enable } },
      .init(ORMap.self) { FuzzReplicas.values(FuzzReplicas.field) },
      .init(RGAText.self) { FuzzReplicas.values(FuzzReplicas.edit) },
      .init(TextDelta.self) {
        FuzzReplicas.values(FuzzReplicas.edit).map { (text: RGAText) in
          text.delta(since: VersionVector())
        }
          + FuzzReplicas.textDeltas
      },
      .init(DeltaInterval<ORSet>.self) {
        FuzzReplicas.setDeltas.map {
          DeltaInterval(sender: ReplicaID(7), numbers: 3...9, delta: $0)
        }
      },
      .init(CausalContext.self) {
        FuzzReplicas.values { ORSet.Operation.add([UInt8($0)]) }.map { (set: ORSet) in
          set.context
        }
      },
      .init(VersionVector.self) {
        FuzzReplicas.values(FuzzReplicas.edit).map { (text: RGAText) in text.version }
      },
      .init(DottedVersion.self) {
        [.init(dot: Dot(ReplicaID(1), 3), past: VersionVector())]
      },
      .init(HybridTime.self) { [.init(ticks: 99 << 16, replica: ReplicaID(4))] },
      .init(ReplicaClaim.self) { [.init(replica: ReplicaID(4), incarnation: 2, nonce: .max)] },
    ])

  /// Deltas of strangers, read and merged one after another: what is refused changes nothing, and
  /// what comes of it can be written and read.
  static let replicatedText = FuzzTarget(
    "crdt-text",
    seeds: {
      let deltas = FuzzReplicas.textDeltas.map(\.wireBytes)
      return [deltas.reduce([]) { $0 + [UInt8($1.count)] + $1 }]
    },
    check: { input in
      var decoder = WireDecoder(input)
      var text = RGAText()
      var inbox = TextInbox()
      while decoder.remaining > 0, let bytes = try? decoder.bytes() {
        guard let delta = try? TextDelta(wireBytes: bytes) else { continue }
        let before = text
        do throws(CRDTError) {
          try text.merge(delta: delta)
        } catch {
          try demand(text == before, "\(error), but the text has changed")
          try? inbox.receive(delta, into: &text)
        }
      }
      try demand(
        (try? RGAText(wireBytes: text.wireBytes)) == text, "a text is not read as it was written")
    })

  /// Whole values and deltas of strangers, read and merged into one value: what is refused changes
  /// nothing, what comes of it can be written and read, and merging it back makes both equal or is
  /// refused.
  static let replicatedMerges = FuzzTarget(
    "crdt-merges",
    seeds: {
      [
        FuzzReplicas.parts(PNCounter.self) { $0 % 4 == 3 ? .reset : .add(Int64($0) - 2) },
        FuzzReplicas.parts(LWWRegister.self) { .write([UInt8($0)]) },
        FuzzReplicas.parts(MVRegister.self) { .write([UInt8($0)]) },
        FuzzReplicas.parts(ORSet.self) { $0 % 5 == 4 ? .clear : .add([UInt8($0 % 4)]) },
        FuzzReplicas.parts(RWSet.self) {
          $0 % 3 == 2 ? .remove([UInt8($0 % 2)]) : .add([UInt8($0)])
        },
        FuzzReplicas.parts(EWFlag.self) { $0 % 4 == 0 ? .disable : .enable },
        FuzzReplicas.parts(DWFlag.self) { $0 % 4 == 0 ? .disable : .enable },
        FuzzReplicas.parts(ORMap.self, FuzzReplicas.field),
      ]
    },
    check: { input in
      try FuzzReplicas.merge(input, PNCounter.self)
      try FuzzReplicas.merge(input, LWWRegister.self)
      try FuzzReplicas.merge(input, MVRegister.self)
      try FuzzReplicas.merge(input, ORSet.self)
      try FuzzReplicas.merge(input, RWSet.self)
      try FuzzReplicas.merge(input, EWFlag.self)
      try FuzzReplicas.merge(input, DWFlag.self)
      try FuzzReplicas.merge(input, ORMap.self)
    })
}

/// Values that a few replicas have made.
private enum FuzzReplicas {
  static func values<Value: ReplicatedType>(
    _ operation: (UInt64) -> Value.Operation
  ) -> [Value] {
    [1, 3, 9].map { made(steps: $0, operation).value }
  }

  static let setDeltas = made(ORSet.self, steps: 5) { .add([UInt8($0)]) }.deltas

  static let textDeltas = made(RGAText.self, steps: 9, edit).deltas

  private static func made<Value: ReplicatedType>(
    _ type: Value.Type = Value.self, steps: UInt64, _ operation: (UInt64) -> Value.Operation
  ) -> (value: Value, deltas: [Value.Delta]) {
    var value = Value()
    var deltas: [Value.Delta] = []
    for step in 0..<steps {
      let dot = value.nextDot(of: ReplicaID(step % 3 << 60 | 5))
      let stamp = Stamp(dot: dot, time: HybridTime(ticks: step << 20, replica: dot.replica))
      if let delta = try? value.apply(operation(step), at: stamp) { deltas.append(delta) }
    }
    return (value, deltas)
  }

  /// Whole values, deltas, deltas of several events and removed events, each as a byte string.
  static func parts<Value: CausalType>(
    _ type: Value.Type, _ operation: (UInt64) -> Value.Operation
  ) -> [UInt8] {
    let (value, deltas) = made(type, steps: 9, operation)
    let several = try? deltas.dropFirst(2).reduce(Value()) { try Value.join($0, $1) }
    let all = deltas + value.decomposed() + [several, value].compactMap { $0 }
    var encoder = WireEncoder()
    for part in all { encoder.append(part.wireBytes) }
    return encoder.bytes
  }

  static func merge<Value: CausalType>(_ input: [UInt8], _ type: Value.Type) throws {
    var decoder = WireDecoder(input)
    var value = Value()
    while decoder.remaining > 0, let bytes = try? decoder.bytes() {
      guard let part = try? Value(wireBytes: bytes) else { continue }
      let before = value
      do throws(CRDTError) {
        try value.merge(part)
      } catch {
        try demand(value == before, "\(error), but the value has changed")
        continue
      }
      try demand(
        (try? Value(wireBytes: value.wireBytes)) == value, "a value is not read as it was written")
      var back = part
      try back.merge(value)
      try demand(
        (try? Value(wireBytes: back.wireBytes)) == back, "a part is not read as it was written")
      try demand(back.context == value.context, "a part does not know what it was merged with")
    }
    var joined = Value()
    for piece in value.decomposed() { try joined.merge(piece) }
    try demand(joined == value, "the pieces of a value make another one")
  }

  static func field(_ step: UInt64) -> ORMap.Operation {
    let name = [UInt8(step)]
    switch step % 9 {
    case 0: return .update(name, .counter(.add(4)))
    case 1: return .update(name, .lastWriter(.write([5])))
    case 2: return .update(name, .multiValue(.write([6])))
    case 3: return .update(name, .addWinsSet(.add([7])))
    case 4: return .update(name, .removeWinsSet(.remove([8])))
    case 5: return .update(name, .enableWinsFlag(.enable))
    case 6: return .update(name, .disableWinsFlag(.disable))
    case 7: return .update(name, .map(.update([1], .counter(.add(-1)))))
    default: return .remove(FieldKey([0], .counter))
    }
  }

  static func edit(_ step: UInt64) -> RGAText.Operation {
    step % 4 == 3 ? .delete(1..<3) : .insert(["ab", "ö", "𝄞x"][Int(step) % 3], at: Int(step) / 2)
  }
}
