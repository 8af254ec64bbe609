/// What a field of a map is called: fields of one name and different types are different fields.
public struct FieldKey: Sendable, Hashable {
  public let name: [UInt8]
  /// What can be within a map: not what only grows, which could not be removed.
  public let kind: ReplicatedKind

  public init(_ name: [UInt8], _ kind: ReplicatedKind) {
    self.name = name
    self.kind = kind
  }
}

/// A change of a field of a map.
public indirect enum FieldOperation: Sendable, Hashable {
  case counter(PNCounter.Operation)
  case lastWriter(LWWRegister.Operation)
  case multiValue(MVRegister.Operation)
  case addWinsSet(ORSet.Operation)
  case removeWinsSet(RWSet.Operation)
  case enableWinsFlag(EWFlag.Operation)
  case disableWinsFlag(DWFlag.Operation)
  case map(ORMap.Operation)

  public var kind: ReplicatedKind {
    switch self {
    case .counter: .counter
    case .lastWriter: .lastWriter
    case .multiValue: .multiValue
    case .addWinsSet: .addWinsSet
    case .removeWinsSet: .removeWinsSet
    case .enableWinsFlag: .enableWinsFlag
    case .disableWinsFlag: .disableWinsFlag
    case .map: .map
    }
  }
}

/// What a field of a map shows.
public indirect enum FieldValue: Sendable, Hashable {
  case counter(Int64)
  case lastWriter([UInt8])
  case multiValue([[UInt8]])
  case set([[UInt8]])
  case flag(Bool)
  case map([FieldKey: FieldValue])
}
