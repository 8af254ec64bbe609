import Primitives

extension SyncRequest {
  /// The session as a varint, the case as a varint, and its fields in their order.
  public func encode(to encoder: inout WireEncoder) {
    encoder.append(session.rawValue)
    switch body {
    case .open(let summary, let offers, let probe):
      encoder.append(varint: 0)
      encoder.append(summary)
      encoder.append(offers)
      encoder.append(optional: probe)
    case .compare(let revision, let strategy, let message):
      encoder.append(varint: 1)
      encoder.append(revision)
      encoder.append(byte: strategy)
      encoder.append(message)
    case .records(let ids):
      encoder.append(varint: 2)
      encoder.append(ids)
    case .values(let wishes):
      encoder.append(varint: 3)
      encoder.append(wishes)
    case .store(let entries):
      encoder.append(varint: 4)
      encoder.append(entries)
    case .summary: encoder.append(varint: 5)
    case .look(let revision, let strategy, let message, let partsMax):
      encoder.append(varint: 6)
      encoder.append(revision)
      encoder.append(byte: strategy)
      encoder.append(message)
      encoder.append(byte: partsMax)
    }
  }

  public init(from decoder: inout WireDecoder) throws(WireError) {
    session = SyncSessionID(try decoder.uint64())
    let offset = decoder.offset
    let index = try decoder.varint()
    let items = ReconciliationLimits.batchItemsMax
    switch index {
    case 0:
      body = .open(
        try decoder.value(),
        offers: try decoder.array(elementBytes: 3, limit: ReconciliationLimits.plansMax),
        probe: try decoder.optional())
    case 1:
      body = .compare(
        revision: try decoder.uint64(), strategy: try decoder.byte(),
        message: try decoder.bytes(limit: ReconciliationLimits.comparisonBytesMax))
    case 2:
      body = .records(try decoder.array(elementBytes: RecordID.byteCount, limit: items))
    case 3:
      body = .values(try decoder.array(elementBytes: RecordID.byteCount + 1, limit: items))
    case 4: body = .store(try decoder.array(elementBytes: Hash256.byteCount + 5, limit: items))
    case 5: body = .summary
    case 6:
      body = .look(
        revision: try decoder.uint64(), strategy: try decoder.byte(),
        message: try decoder.bytes(limit: ReconciliationLimits.offerBytesMax),
        partsMax: try decoder.byte())
    default: throw .invalidCase(index, of: "SyncRequest", at: offset)
    }
  }
}

extension SyncAnswer {
  public func encode(to encoder: inout WireEncoder) {
    switch self {
    case .opened(let summary, let strategies, let taken):
      encoder.append(varint: 0)
      encoder.append(summary)
      encoder.append(strategies)
      encoder.append(optional: taken)
    case .compared(let message):
      encoder.append(varint: 1)
      encoder.append(message)
    case .moved(let summary):
      encoder.append(varint: 2)
      encoder.append(summary)
    case .records(let records, let revision):
      encoder.append(varint: 3)
      encoder.append(records)
      encoder.append(revision)
    case .values(let values):
      encoder.append(varint: 4)
      encoder.append(values)
    case .stored(let summary):
      encoder.append(varint: 5)
      encoder.append(summary)
    case .summary(let summary):
      encoder.append(varint: 6)
      encoder.append(summary)
    case .refused(let refusal):
      encoder.append(varint: 7)
      encoder.append(byte: refusal.rawValue)
    case .looked(let look, let message):
      encoder.append(varint: 8)
      encoder.append(look)
      encoder.append(optional: message)
    }
  }

  public init(from decoder: inout WireDecoder) throws(WireError) {
    let offset = decoder.offset
    let index = try decoder.varint()
    let items = ReconciliationLimits.batchItemsMax
    switch index {
    case 0:
      self = .opened(
        try decoder.value(),
        strategies: try decoder.bytes(limit: ReconciliationLimits.strategiesMax),
        taken: try decoder.optional())
    case 1:
      self = .compared(try decoder.bytes(limit: ReconciliationLimits.comparisonBytesMax))
    case 2: self = .moved(try decoder.value())
    case 3: self = .records(try decoder.array(limit: items), revision: try decoder.uint64())
    case 4: self = .values(try decoder.array(limit: items))
    case 5: self = .stored(try decoder.value())
    case 6: self = .summary(try decoder.value())
    case 7:
      let place = decoder.offset
      let value = try decoder.byte()
      guard let refusal = SyncRefusal(rawValue: value) else {
        throw .invalidCase(UInt64(value), of: "SyncRefusal", at: place)
      }
      self = .refused(refusal)
    case 8:
      self = .looked(
        try decoder.value(),
        message: try decoder.optionalBytes(limit: ReconciliationLimits.comparisonBytesMax))
    default: throw .invalidCase(index, of: "SyncAnswer", at: offset)
    }
  }
}

extension ValueWish: WireCodable {
  public func encode(to encoder: inout WireEncoder) {
    encoder.append(id)
    encoder.append(optional: offer)
  }

  public init(from decoder: inout WireDecoder) throws(WireError) {
    id = try decoder.value()
    offer = try decoder.optionalBytes(limit: ReconciliationLimits.valueBytesMax)
  }
}

extension SyncEntry: WireCodable {
  public func encode(to encoder: inout WireEncoder) {
    encoder.append(record)
    encoder.append(value)
  }

  public init(from decoder: inout WireDecoder) throws(WireError) {
    record = try decoder.value()
    value = try decoder.bytes(limit: ReconciliationLimits.valueBytesMax)
  }
}

extension RecordAnswer: WireCodable {
  public func encode(to encoder: inout WireEncoder) {
    switch self {
    case .unheld: encoder.append(varint: 0)
    case .record(let record):
      encoder.append(varint: 1)
      encoder.append(record)
    case .entry(let entry):
      encoder.append(varint: 2)
      encoder.append(entry)
    }
  }

  public init(from decoder: inout WireDecoder) throws(WireError) {
    let offset = decoder.offset
    let index = try decoder.varint()
    switch index {
    case 0: self = .unheld
    case 1: self = .record(try decoder.value())
    case 2: self = .entry(try decoder.value())
    default: throw .invalidCase(index, of: "RecordAnswer", at: offset)
    }
  }
}

extension ValueAnswer: WireCodable {
  public func encode(to encoder: inout WireEncoder) {
    switch self {
    case .unheld: encoder.append(varint: 0)
    case .value(let value):
      encoder.append(varint: 1)
      encoder.append(value)
    case .patch(let patch):
      encoder.append(varint: 2)
      encoder.append(patch)
    }
  }

  public init(from decoder: inout WireDecoder) throws(WireError) {
    let offset = decoder.offset
    let index = try decoder.varint()
    switch index {
    case 0: self = .unheld
    case 1: self = .value(try decoder.bytes(limit: ReconciliationLimits.valueBytesMax))
    case 2: self = .patch(try decoder.bytes(limit: ReconciliationLimits.valueBytesMax))
    default: throw .invalidCase(index, of: "ValueAnswer", at: offset)
    }
  }
}
