import CRDT

extension ORMap: SimulatedType {
  static var modelKind: ModelKind { .ormap }

  static func operation(_ operation: ModelOperation) -> Operation? {
    switch operation {
    case .update(let field, let inner):
      return fieldOperation(field.kind, inner).map { .update(field.name, $0) }
    case .removeField(let field): return field.key.map { .remove($0) }
    default: return nil
    }
  }

  private static func fieldOperation(
    _ kind: ModelKind, _ operation: ModelOperation
  ) -> FieldOperation? {
    switch kind {
    case .pncounter: PNCounter.operation(operation).map { .counter($0) }
    case .lwwregister: LWWRegister.operation(operation).map { .lastWriter($0) }
    case .mvregister: MVRegister.operation(operation).map { .multiValue($0) }
    case .orset: ORSet.operation(operation).map { .addWinsSet($0) }
    case .rwset: RWSet.operation(operation).map { .removeWinsSet($0) }
    case .ewflag: EWFlag.operation(operation).map { .enableWinsFlag($0) }
    case .dwflag: DWFlag.operation(operation).map { .disableWinsFlag($0) }
    case .ormap: Self.operation(operation).map { .map($0) }
    case .gcounter, .gset, .rgatext: nil
    }
  }

  var shown: ModelShown { Self.shown(value) }

  private static func shown(_ fields: [FieldKey: FieldValue]) -> ModelShown {
    var shown: [ModelField: ModelShown] = [:]
    for (key, value) in fields {
      guard let field = ModelField(key) else { continue }
      shown[field] =
        switch value {
        case .counter(let number): .number(number)
        case .lastWriter(let bytes): .bytes(bytes)
        case .multiValue(let values), .set(let values): .values(values)
        case .flag(let flag): .flag(flag)
        case .map(let fields): Self.shown(fields)
        }
    }
    return .fields(shown)
  }
}

extension ModelField {
  private static let kinds: [(ModelKind, ReplicatedKind)] = [
    (.pncounter, .counter), (.lwwregister, .lastWriter), (.mvregister, .multiValue),
    (.orset, .addWinsSet), (.rwset, .removeWinsSet), (.ewflag, .enableWinsFlag),
    (.dwflag, .disableWinsFlag), (.ormap, .map),
  ]

  var key: FieldKey? {
    Self.kinds.first { $0.0 == kind }.map { FieldKey(name, $0.1) }
  }

  init?(_ key: FieldKey) {
    guard let kind = Self.kinds.first(where: { $0.1 == key.kind })?.0 else { return nil }
    self.init(name: key.name, kind: kind)
  }
}
