import Primitives

/// A request of a full exchange.
package enum FullRequest: Sendable, Hashable {
  /// The number of records, and keys that part them into about so many equal lanes.
  case lanes(Int)
  /// The records of a part of a lane.
  case frame(KeyLane, bytes: Int)
}

/// A range of keys.
public struct KeyLane: Sendable, Hashable {
  /// The first key that may be in it; empty = the first of all.
  public let start: [UInt8]
  /// The first key after it, nil = to the end.
  public let end: [UInt8]?

  public init(start: [UInt8] = [], end: [UInt8]? = nil) {
    self.start = start
    self.end = end
  }
}

/// What the other side says of a part of a lane: the records up to where the next part begins.
package struct FullFrame: Sendable, Hashable {
  struct Item: Sendable, Hashable {
    let key: [UInt8]
    let version: UInt64
    let id: RecordID
  }

  let items: [Item]
  /// Where the lane goes on, nil at its end.
  let next: [UInt8]?
}

/// The answer to a request for lanes.
package struct LanesAnswer: Sendable, Hashable {
  let count: Int
  /// In order.
  let keys: [[UInt8]]
}

extension KeyLane: WireCodable {
  public func encode(to encoder: inout WireEncoder) {
    encoder.append(start)
    encoder.append(optional: end)
  }

  public init(from decoder: inout WireDecoder) throws(WireError) {
    start = try decoder.bytes(limit: ReconciliationLimits.keyBytesMax)
    let place = decoder.offset
    end = try decoder.optionalBytes(limit: ReconciliationLimits.keyBytesMax)
    if let end, RecordTable.order(start, end) >= 0 {
      throw .invalidValue("a lane that ends before it begins", at: place)
    }
  }
}

extension FullRequest: WireCodable {
  package func encode(to encoder: inout WireEncoder) {
    switch self {
    case .lanes(let count):
      encoder.append(byte: 0)
      encoder.append(count: count)
    case .frame(let lane, let bytes):
      encoder.append(byte: 1)
      encoder.append(lane)
      encoder.append(count: bytes)
    }
  }

  package init(from decoder: inout WireDecoder) throws(WireError) {
    let start = decoder.offset
    switch try decoder.byte() {
    case 0:
      self = .lanes(
        try decoder.bounded(1...ReconciliationLimits.lanesMax, "a number of lanes"))
    case 1:
      let lane: KeyLane = try decoder.value()
      self = .frame(
        lane,
        bytes: try decoder.bounded(1...ReconciliationLimits.frameBytesMax, "the bytes of a frame"))
    case let kind: throw .invalidCase(UInt64(kind), of: "FullRequest", at: start)
    }
  }
}

extension LanesAnswer: WireCodable {
  package func encode(to encoder: inout WireEncoder) {
    encoder.append(count: count)
    encoder.append(count: keys.count)
    for key in keys { encoder.append(key) }
  }

  package init(from decoder: inout WireDecoder) throws(WireError) {
    count = try decoder.recordCount()
    var keys: [[UInt8]] = []
    for _ in 0..<(try decoder.count(limit: ReconciliationLimits.lanesMax - 1)) {
      let place = decoder.offset
      let key = try decoder.bytes(limit: ReconciliationLimits.keyBytesMax)
      guard RecordTable.order(keys.last ?? [], key) < 0 else {
        throw .keysNotIncreasing(at: place)
      }
      keys.append(key)
    }
    self.keys = keys
  }
}

extension FullFrame: WireCodable {
  /// For each record how many bytes its key shares with the one before, the rest of the key, its
  /// version and its id.
  package func encode(to encoder: inout WireEncoder) {
    encoder.append(count: items.count)
    var last: [UInt8] = []
    for item in items {
      let shared = zip(last, item.key).prefix { $0 == $1 }.count
      encoder.append(count: shared)
      encoder.append(Array(item.key.dropFirst(shared)))
      encoder.append(item.version)
      encoder.append(item.id)
      last = item.key
    }
    encoder.append(optional: next)
  }

  package init(from decoder: inout WireDecoder) throws(WireError) {
    var items: [Item] = []
    var last: [UInt8] = []
    for _ in 0..<(try decoder.count(elementBytes: 3 + RecordID.byteCount)) {
      let place = decoder.offset
      let shared = try decoder.bounded(0...last.count, "bytes shared with the key before")
      let rest = try decoder.bytes(limit: ReconciliationLimits.keyBytesMax - shared)
      // A shared byte that is written again would give a key two forms.
      guard !rest.isEmpty, shared == last.count || rest[0] > last[shared] else {
        throw .keysNotIncreasing(at: place)
      }
      last = last.prefix(shared) + rest
      items.append(
        Item(key: last, version: try decoder.uint64(), id: try decoder.value()))
    }
    self.items = items
    let place = decoder.offset
    next = try decoder.optionalBytes(limit: ReconciliationLimits.keyBytesMax)
    if let next, RecordTable.order(last, next) >= 0 || items.isEmpty {
      throw .invalidValue("a frame that goes on where it was", at: place)
    }
  }
}
