import Runtime

extension ModelOperation {
  /// A random operation on a value that shows `shown`; `number` makes its characters its own.
  static func random(
    _ kind: ModelKind, number: Int, shown: ModelShown, depth: Int = 0,
    _ random: inout RandomStream
  ) -> ModelOperation {
    switch kind {
    case .gcounter: return .count(Int64(1 + random.below(9)))
    case .pncounter:
      return random.chance(perMillion: 150_000) ? .reset : .count(Int64(random.below(19)) - 9)
    case .lwwregister, .mvregister: return .write(random.bytes(1))
    case .gset: return .add(element(&random))
    case .orset:
      switch random.below(12) {
      case 0: return .clear
      case 1...4: return .remove(element(&random))
      default: return .add(element(&random))
      }
    case .rwset:
      let element = element(&random)
      return random.chance(perMillion: 400_000) ? .remove(element) : .add(element)
    case .ewflag, .dwflag: return random.chance(perMillion: 500_000) ? .enable : .disable
    case .ormap:
      let kinds = depth < 2 ? ModelKind.fields : ModelKind.fields.filter { $0 != .ormap }
      let name = [UInt8(ascii: "x") + UInt8(random.below(2))]
      let field = ModelField(name: name, kind: random.pick(kinds) ?? .orset)
      if random.chance(perMillion: 200_000) { return .removeField(field) }
      return .update(
        field,
        .random(
          field.kind, number: number, shown: ReferenceModel.empty(field.kind), depth: depth + 1,
          &random))
    case .rgatext: return text(number: number, shown.text.unicodeScalars.count, &random)
    }
  }

  private static func element(_ random: inout RandomStream) -> [UInt8] {
    [UInt8(ascii: "a") + UInt8(random.below(5))]
  }

  private static func text(
    number: Int, _ length: Int, _ random: inout RandomStream
  ) -> ModelOperation {
    if length > 0, random.chance(perMillion: 300_000) {
      let first = random.below(length)
      return .erase(first..<min(length, first + 1 + random.below(4)))
    }
    var text = String.UnicodeScalarView()
    for offset in 0...random.below(6) {
      // Each character of a run is another one of the CJK ideographs.
      if let scalar = Unicode.Scalar(UInt32(0x4e00 + number * 8 + offset)) { text.append(scalar) }
    }
    return .insert(String(text), at: random.below(length + 1))
  }
}
