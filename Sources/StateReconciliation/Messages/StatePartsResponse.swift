import Primitives

/// What is given for one query about a state.
public protocol StatePart: WireCodable, Hashable {
  /// Bytes of a part at least.
  static var leastBytes: Int { get }
  /// Parts of an answer.
  static var partsMax: Int { get }
  /// What errors call the answer.
  static var responseName: String { get }
}

/// The answer to queries about the state after one block.
public enum StatePartsResponse<Part: StatePart>: WireCodable, Hashable {
  /// What there is for the first queries, in their order.
  case parts([Part])
  /// The responder does not have that state, or no longer.
  case unavailable

  public func encode(to encoder: inout WireEncoder) {
    switch self {
    case .parts(let parts):
      encoder.append(varint: 0)
      encoder.append(parts)
    case .unavailable: encoder.append(varint: 1)
    }
  }

  public init(from decoder: inout WireDecoder) throws(WireError) {
    let offset = decoder.offset
    let index = try decoder.varint()
    switch index {
    case 0: self = .parts(try decoder.array(elementBytes: Part.leastBytes, limit: Part.partsMax))
    case 1: self = .unavailable
    default: throw .invalidCase(index, of: Part.responseName, at: offset)
    }
  }
}
