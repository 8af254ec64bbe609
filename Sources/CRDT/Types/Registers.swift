/// A register of which the latest write is seen, by hybrid time. What else was written at the same
/// time, without knowledge of each other, is kept until the next write, but not shown.
public struct LWWRegister: CausalType {
  public enum Operation: Sendable, Hashable {
    case write([UInt8])
  }

  public static let kind = ReplicatedKind.lastWriter
  public var state: CausalState

  public init(state: CausalState) { self.state = state }

  public static func field(_ operation: Operation) -> FieldOperation { .lastWriter(operation) }

  /// Nil if nothing was written.
  public var value: [UInt8]? {
    guard case .lastWriter(let store) = state.store else { return nil }
    return store.latest?.value.bytes
  }

  /// When the value was written.
  public var time: HybridTime? {
    guard case .lastWriter(let store) = state.store else { return nil }
    return store.latest?.time
  }
}

extension DotFunction<TimedValue> {
  var latest: TimedValue? { entries.map(\.payload).max() }
}

/// A register that shows all that was written without knowledge of each other: the next write takes
/// the place of what its writer saw.
public struct MVRegister: CausalType {
  public enum Operation: Sendable, Hashable {
    case write([UInt8])
  }

  public static let kind = ReplicatedKind.multiValue
  public var state: CausalState

  public init(state: CausalState) { self.state = state }

  public static func field(_ operation: Operation) -> FieldOperation { .multiValue(operation) }

  /// The values in the order of their bytes, each once.
  public var value: [[UInt8]] {
    guard case .multiValue(let store) = state.store else { return [] }
    return store.values
  }
}

extension DotFunction<PlainValue> {
  var values: [[UInt8]] {
    Set(entries.map(\.payload.bytes)).sorted { $0.lexicographicallyPrecedes($1) }
  }
}

/// A flag that is on if somebody turned it on without knowledge of its being turned off.
public struct EWFlag: CausalType {
  public enum Operation: Sendable, Hashable {
    case enable
    case disable
  }

  public static let kind = ReplicatedKind.enableWinsFlag
  public var state: CausalState

  public init(state: CausalState) { self.state = state }

  public static func field(_ operation: Operation) -> FieldOperation {
    .enableWinsFlag(operation)
  }

  public var value: Bool { !state.store.isEmpty }
}

/// A flag that is off if somebody turned it off without knowledge of its being turned on, and at
/// first.
public struct DWFlag: CausalType {
  public enum Operation: Sendable, Hashable {
    case enable
    case disable
  }

  public static let kind = ReplicatedKind.disableWinsFlag
  public var state: CausalState

  public init(state: CausalState) { self.state = state }

  public static func field(_ operation: Operation) -> FieldOperation {
    .disableWinsFlag(operation)
  }

  public var value: Bool {
    guard case .disableWinsFlag(let store) = state.store else { return false }
    return store.isPresent
  }
}
