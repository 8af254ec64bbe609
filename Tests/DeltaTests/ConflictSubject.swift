import CRDT
import Primitives
import TestSupport

/// A type whose pieces are tested: random changes of it.
protocol ConflictSubject: ReplicatedType {
  static func random(on value: Self, _ generator: inout SeededGenerator) -> Operation
}

private func word(_ generator: inout SeededGenerator) -> [UInt8] {
  [UInt8(ascii: "a") + UInt8(generator.below(6))]
}

extension GCounter: ConflictSubject {
  static func random(on value: Self, _ generator: inout SeededGenerator) -> Operation {
    .add(UInt64(1 + generator.below(5)))
  }
}

extension GSet: ConflictSubject {
  static func random(on value: Self, _ generator: inout SeededGenerator) -> Operation {
    .add(word(&generator))
  }
}

extension PNCounter: ConflictSubject {
  static func random(on value: Self, _ generator: inout SeededGenerator) -> Operation {
    generator.chance(20) ? .reset : .add(Int64(generator.below(9)) - 4)
  }
}

extension LWWRegister: ConflictSubject {
  static func random(on value: Self, _ generator: inout SeededGenerator) -> Operation {
    .write(word(&generator))
  }
}

extension MVRegister: ConflictSubject {
  static func random(on value: Self, _ generator: inout SeededGenerator) -> Operation {
    .write(word(&generator))
  }
}

extension ORSet: ConflictSubject {
  static func random(on value: Self, _ generator: inout SeededGenerator) -> Operation {
    switch generator.below(10) {
    case 0: .clear
    case 1...4: .remove(word(&generator))
    default: .add(word(&generator))
    }
  }
}

extension RWSet: ConflictSubject {
  static func random(on value: Self, _ generator: inout SeededGenerator) -> Operation {
    generator.chance(40) ? .remove(word(&generator)) : .add(word(&generator))
  }
}

extension EWFlag: ConflictSubject {
  static func random(on value: Self, _ generator: inout SeededGenerator) -> Operation {
    generator.chance(50) ? .enable : .disable
  }
}

extension DWFlag: ConflictSubject {
  static func random(on value: Self, _ generator: inout SeededGenerator) -> Operation {
    generator.chance(50) ? .enable : .disable
  }
}

extension ORMap: ConflictSubject {
  static func random(on value: Self, _ generator: inout SeededGenerator) -> Operation {
    random(&generator, depth: 0)
  }

  private static func random(_ generator: inout SeededGenerator, depth: Int) -> Operation {
    let name = word(&generator)
    let kinds: [ReplicatedKind] = [.counter, .addWinsSet, .removeWinsSet, .lastWriter, .map]
    let kind = kinds[generator.below(depth < 2 ? 5 : 4)]
    if generator.chance(25) { return .remove(FieldKey(name, kind)) }
    switch kind {
    case .counter:
      return .update(name, .counter(PNCounter.random(on: PNCounter(), &generator)))
    case .addWinsSet: return .update(name, .addWinsSet(ORSet.random(on: ORSet(), &generator)))
    case .removeWinsSet:
      return .update(name, .removeWinsSet(RWSet.random(on: RWSet(), &generator)))
    case .lastWriter: return .update(name, .lastWriter(.write(word(&generator))))
    default: return .update(name, .map(random(&generator, depth: depth + 1)))
    }
  }
}

extension RGAText: ConflictSubject {
  static func random(on value: Self, _ generator: inout SeededGenerator) -> Operation {
    if value.count > 0, generator.chance(35) {
      let first = generator.below(value.count)
      return .delete(first..<min(value.count, first + 1 + generator.below(4)))
    }
    // At times beyond the length of a piece.
    let text =
      generator.chance(10)
      ? String(repeating: "ö", count: 200 + generator.below(200))
      : ["a", "bc", "déf", "𝄞"][generator.below(4)]
    return .insert(text, at: generator.below(value.count + 1))
  }
}

/// A set whose pieces say that they know all that their author knows: delta_crdt_ex #65, where such
/// a partial difference deletes keys that its receiver alone has seen as present.
struct BoastingSet: ConflictSubject {
  typealias Operation = ORSet.Operation

  var inner = ORSet()

  init() {}
  init(from decoder: inout WireDecoder) throws(WireError) { inner = try decoder.value() }
  func encode(to encoder: inout WireEncoder) { encoder.append(inner) }

  var value: [[UInt8]] { inner.value }
  func nextDot(of replica: ReplicaID) -> Dot { inner.nextDot(of: replica) }

  mutating func apply(_ operation: Operation, at stamp: Stamp) throws(CRDTError) -> Self {
    var delta = Self()
    delta.inner = try inner.apply(operation, at: stamp)
    return delta
  }

  mutating func merge(_ other: Self) throws(CRDTError) { try inner.merge(other.inner) }

  func decomposed() -> [Self] {
    inner.decomposed().map { piece in
      var boast = Self()
      boast.inner = piece
      boast.inner.state.context.merge(inner.context)
      return boast
    }
  }

  static func random(on value: Self, _ generator: inout SeededGenerator) -> Operation {
    ORSet.random(on: value.inner, &generator)
  }
}
