import Primitives

extension WireEncoder {
  /// Messages of a comparison: their number as a varint, then each as a byte string.
  fileprivate mutating func append(messages: [[UInt8]]) {
    append(count: messages.count)
    for message in messages { append(message) }
  }
}

extension WireDecoder {
  fileprivate mutating func messages() throws(WireError) -> [[UInt8]] {
    let count = try count(limit: ReconciliationLimits.sessionRequestsMax)
    var messages: [[UInt8]] = []
    for _ in 0..<count {
      messages.append(try bytes(limit: ReconciliationLimits.comparisonBytesMax))
    }
    return messages
  }
}

extension SyncOffer: WireCodable {
  public func encode(to encoder: inout WireEncoder) {
    encoder.append(byte: strategy)
    encoder.append(expected)
    encoder.append(messages: messages)
  }

  public init(from decoder: inout WireDecoder) throws(WireError) {
    strategy = try decoder.byte()
    expected = try decoder.uint64()
    messages = try decoder.messages()
  }
}

extension SyncProbe: WireCodable {
  public func encode(to encoder: inout WireEncoder) {
    encoder.append(symbols)
    encoder.append(bytesPerSecond)
    encoder.append(roundTripUs)
    encoder.append(slownessPercent)
  }

  public init(from decoder: inout WireDecoder) throws(WireError) {
    symbols = try decoder.bytes(limit: ReconciliationLimits.probeBytesMax)
    bytesPerSecond = try decoder.uint64()
    roundTripUs = try decoder.uint64()
    slownessPercent = try decoder.uint32()
  }
}

extension SyncTaken: WireCodable {
  public func encode(to encoder: inout WireEncoder) {
    switch self {
    case .offer(let offer, let messages, let look):
      encoder.append(varint: 0)
      encoder.append(offer)
      encoder.append(messages: messages)
      encoder.append(optional: look)
    case .solved(let missing, let extra):
      encoder.append(varint: 1)
      encoder.append(missing)
      encoder.append(extra)
    }
  }

  public init(from decoder: inout WireDecoder) throws(WireError) {
    let offset = decoder.offset
    let index = try decoder.varint()
    switch index {
    case 0:
      self = .offer(
        try decoder.uint32(), messages: try decoder.messages(), look: try decoder.optional())
    case 1:
      let most = ReconciliationLimits.probeSymbolsMax
      self = .solved(
        missing: try decoder.array(elementBytes: RecordID.byteCount, limit: most),
        extra: try decoder.array(elementBytes: RecordID.byteCount, limit: most))
    default: throw .invalidCase(index, of: "SyncTaken", at: offset)
    }
  }
}

extension PartsLook: WireCodable {
  /// Parts and differing ones, a byte each; there are no more of these.
  public func encode(to encoder: inout WireEncoder) {
    encoder.append(byte: parts)
    encoder.append(byte: differing)
  }

  public init(from decoder: inout WireDecoder) throws(WireError) {
    parts = try decoder.byte()
    let offset = decoder.offset
    differing = try decoder.byte()
    guard differing <= parts else {
      throw .invalidValue("\(differing) of \(parts) parts differ", at: offset)
    }
  }
}
