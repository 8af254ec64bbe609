import CRDT
import Delta
import Primitives
import Reconciliation
import Runtime

extension FuzzTarget {
  /// Pieces of strangers, a batch at a time. The first byte says of which type. What is refused
  /// changes nothing, what is taken leaves records that are those of the value.
  static let pieces = FuzzTarget(
    "lattice-pieces",
    seeds: {
      let seeds = [
        FuzzPieces.batch(FuzzPieces.set), FuzzPieces.batch(FuzzPieces.map),
        FuzzPieces.batch(FuzzPieces.text), FuzzPieces.batch(FuzzPieces.counter),
      ]
      return seeds.enumerated().map { [UInt8($0)] + $1 }
    },
    check: { input in
      guard let choice = input.first else { return }
      let bytes = Array(input.dropFirst())
      switch choice % 4 {
      case 0: try FuzzPieces.check(FuzzPieces.set, bytes)
      case 1: try FuzzPieces.check(FuzzPieces.map, bytes)
      case 2: try FuzzPieces.check(FuzzPieces.text, bytes)
      default: try FuzzPieces.check(FuzzPieces.counter, bytes)
      }
    })
}

private enum FuzzPieces {
  static let set: ORSet = made { $0 % 3 == 2 ? .remove([UInt8($0 - 1)]) : .add([UInt8($0)]) }
  static let map: ORMap = made { step in
    step % 4 == 3
      ? .remove(FieldKey([2], .counter))
      : .update([UInt8(step)], step % 2 == 0 ? .counter(.add(2)) : .removeWinsSet(.add([3])))
  }
  static let text: RGAText = made { step in
    step % 4 == 3 ? .delete(1..<3) : .insert(["ab", "ö", "𝄞x"][Int(step) % 3], at: Int(step) / 2)
  }
  static let counter: GCounter = made { .add($0 + 1) }

  private static func made<Value: ReplicatedType>(
    _ operation: (UInt64) -> Value.Operation
  ) -> Value {
    var value = Value()
    for step in UInt64(0)..<9 {
      let dot = value.nextDot(of: ReplicaID(step % 3 << 60 | 5))
      let stamp = Stamp(dot: dot, time: HybridTime(ticks: step << 20, replica: dot.replica))
      _ = try? value.apply(operation(step), at: stamp)
    }
    return value
  }

  private static func replica<Value: ReplicatedType>(_ value: Value) -> LatticeReplica<Value> {
    LatticeReplica(
      value, symbols: 32, salts: RandomStream(seed: 1, consumer: RandomConsumer(.test)))
  }

  /// The pieces one after another as byte strings.
  static func batch<Value: ReplicatedType>(_ value: Value) -> [UInt8] {
    var encoder = WireEncoder()
    for piece in value.decomposed() { encoder.append(piece.wireBytes) }
    return encoder.bytes
  }

  /// Each piece has the record that it should have, so that its content alone is looked at.
  static func check<Value: ReplicatedType>(_ value: Value, _ bytes: [UInt8]) throws {
    var decoder = WireDecoder(bytes)
    let replica = replica(value)
    while decoder.remaining > 0, let piece = try? decoder.bytes() {
      let name = (try? Value.Delta(wireBytes: piece)).flatMap { Value.name(of: $0) }
      guard let record = Record(key: name?.key ?? [1], version: name?.rank ?? 0, value: piece)
      else { return }
      let (before, root) = (replica.value, replica.view().summary.root)
      do throws(LatticeError) {
        try replica.join([SyncEntry(record: record, value: piece)])
      } catch {
        try demand(
          replica.value == before && replica.view().summary.root == root,
          "\(error), but the value has changed")
      }
    }
    try demand(
      replica.view().summary.root == Self.replica(replica.value).view().summary.root,
      "the records are not those of the value")
  }
}
