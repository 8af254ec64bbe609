import CRDT
import Primitives

/// A replicated type that a world can run: how the model's words are said to it.
protocol SimulatedType: ReplicatedType {
  static var modelKind: ModelKind { get }
  /// Nil if the type has no such operation.
  static func operation(_ operation: ModelOperation) -> Operation?
  var shown: ModelShown { get }
  /// The state as one delta that stands on nothing.
  var full: Delta { get }
  /// The largest counter of a replica that is known here, 0 for types without events.
  func lastCounter(of replica: ReplicaID) -> UInt64
  /// Events that an operation takes.
  static func events(of operation: ModelOperation) -> UInt64
  /// A delta that says it knows all that its author knows.
  static func boasting(_ delta: Delta, _ author: Self) -> Delta
  /// What a merge makes that adds what it should take the maximum of.
  func added(_ delta: Delta) -> Self?
}

extension SimulatedType {
  static func events(of operation: ModelOperation) -> UInt64 { 1 }
  func added(_ delta: Delta) -> Self? { nil }
}

extension SimulatedType where Delta == Self {
  var full: Self { self }
  func lastCounter(of replica: ReplicaID) -> UInt64 { 0 }
  static func boasting(_ delta: Self, _ author: Self) -> Self { delta }
}

extension SimulatedType where Self: CausalType {
  func lastCounter(of replica: ReplicaID) -> UInt64 { context.last(of: replica) }

  static func boasting(_ delta: Self, _ author: Self) -> Self {
    var delta = delta
    delta.state.context.merge(author.context)
    return delta
  }
}

extension GCounter: SimulatedType {
  static var modelKind: ModelKind { .gcounter }
  static func operation(_ operation: ModelOperation) -> Operation? {
    guard case .count(let amount) = operation else { return nil }
    return .add(UInt64(clamping: amount))
  }
  var shown: ModelShown { .number(Int64(clamping: value)) }

  /// By the wire form, which has nothing but the counts.
  func added(_ delta: GCounter) -> GCounter? {
    func counts(_ counter: GCounter) throws(WireError) -> [Dot: UInt64] {
      var decoder = WireDecoder(counter.wireBytes)
      _ = try decoder.byte()
      var counts: [Dot: UInt64] = [:]
      for _ in 0..<(try decoder.count()) {
        let replica = try decoder.value(ReplicaID.self)
        counts[Dot(replica, try decoder.uint64())] = try decoder.uint64()
      }
      return counts
    }
    guard var sums = try? counts(self), let others = try? counts(delta) else { return nil }
    sums.merge(others, uniquingKeysWith: &+)
    var encoder = WireEncoder()
    encoder.append(byte: ReplicatedKind.growOnlyCounter.rawValue)
    encoder.append(count: sums.count)
    for (key, count) in sums.sorted(by: { $0.key < $1.key }) {
      encoder.append(key.replica)
      encoder.append(key.counter)
      encoder.append(count)
    }
    return try? GCounter(wireBytes: encoder.bytes)
  }
}

extension GSet: SimulatedType {
  static var modelKind: ModelKind { .gset }
  static func operation(_ operation: ModelOperation) -> Operation? {
    operation.added.map { .add($0) }
  }
  var shown: ModelShown { .values(value) }
}

extension PNCounter: SimulatedType {
  static var modelKind: ModelKind { .pncounter }
  static func operation(_ operation: ModelOperation) -> Operation? {
    switch operation {
    case .count(let amount): .add(amount)
    case .reset: .reset
    default: nil
    }
  }
  var shown: ModelShown { .number(value) }
}

extension LWWRegister: SimulatedType {
  static var modelKind: ModelKind { .lwwregister }
  static func operation(_ operation: ModelOperation) -> Operation? {
    if case .write(let bytes) = operation { .write(bytes) } else { nil }
  }
  var shown: ModelShown { .bytes(value) }
}

extension MVRegister: SimulatedType {
  static var modelKind: ModelKind { .mvregister }
  static func operation(_ operation: ModelOperation) -> Operation? {
    if case .write(let bytes) = operation { .write(bytes) } else { nil }
  }
  var shown: ModelShown { .values(value) }
}

extension ORSet: SimulatedType {
  static var modelKind: ModelKind { .orset }
  static func operation(_ operation: ModelOperation) -> Operation? {
    switch operation {
    case .add(let element): .add(element)
    case .remove(let element): .remove(element)
    case .clear: .clear
    default: nil
    }
  }
  var shown: ModelShown { .values(value) }
}

extension RWSet: SimulatedType {
  static var modelKind: ModelKind { .rwset }
  static func operation(_ operation: ModelOperation) -> Operation? {
    switch operation {
    case .add(let element): .add(element)
    case .remove(let element): .remove(element)
    default: nil
    }
  }
  var shown: ModelShown { .values(value) }
}

extension EWFlag: SimulatedType {
  static var modelKind: ModelKind { .ewflag }
  static func operation(_ operation: ModelOperation) -> Operation? {
    operation == .enable ? .enable : operation == .disable ? .disable : nil
  }
  var shown: ModelShown { .flag(value) }
}

extension DWFlag: SimulatedType {
  static var modelKind: ModelKind { .dwflag }
  static func operation(_ operation: ModelOperation) -> Operation? {
    operation == .enable ? .enable : operation == .disable ? .disable : nil
  }
  var shown: ModelShown { .flag(value) }
}

extension RGAText: SimulatedType {
  static var modelKind: ModelKind { .rgatext }
  static func operation(_ operation: ModelOperation) -> Operation? {
    switch operation {
    case .insert(let text, let position): .insert(text, at: position)
    case .erase(let range): .delete(range)
    default: nil
    }
  }
  var shown: ModelShown { .text(value) }
  var full: TextDelta { delta(since: VersionVector()) }
  func lastCounter(of replica: ReplicaID) -> UInt64 { version[replica] }
  static func boasting(_ delta: TextDelta, _ author: RGAText) -> TextDelta { delta }

  static func events(of operation: ModelOperation) -> UInt64 {
    guard case .insert(let text, _) = operation else { return 1 }
    return UInt64(text.unicodeScalars.count)
  }
}
