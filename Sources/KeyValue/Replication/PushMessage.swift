import CRDT
import Networking
import Primitives

/// A value that is too large for a push: what it is, to be fetched in slices.
public struct LargeValue: Sendable, Hashable, WireCodable {
  public var key: [UInt8]
  public var version: HybridTime
  public var kind: ValueKind
  /// Milliseconds since 1970; 0: never.
  public var expiry: UInt64
  /// Bytes of the value.
  public var size: UInt64
  /// The BLAKE2b-256 of the content: kind, replica, expiry, value.
  public var digest: Hash256

  public init(
    key: [UInt8], version: HybridTime, kind: ValueKind, expiry: UInt64, size: UInt64,
    digest: Hash256
  ) {
    self.key = key
    self.version = version
    self.kind = kind
    self.expiry = expiry
    self.size = size
    self.digest = digest
  }

  public func encode(to encoder: inout WireEncoder) {
    encoder.append(key)
    encoder.append(version)
    encoder.append(byte: kind.rawValue)
    encoder.append(expiry)
    encoder.append(size)
    encoder.append(digest)
  }

  public init(from decoder: inout WireDecoder) throws(WireError) {
    let start = decoder.offset
    key = try decoder.bytes(limit: KeyValueLimits.keyBytesMax)
    guard !key.isEmpty else { throw .invalidValue("a key has no bytes", at: start) }
    version = try decoder.value()
    let place = decoder.offset
    let byte = try decoder.byte()
    guard let kind = ValueKind(rawValue: byte), kind.hasValue else {
      throw .invalidCase(UInt64(byte), of: "kind of a value", at: place)
    }
    self.kind = kind
    expiry = try decoder.uint64()
    size = try decoder.uint64()
    guard size <= UInt64(KeyValueLimits.valueBytesMax) else {
      throw .lengthTooLarge(size, limit: KeyValueLimits.valueBytesMax, at: place)
    }
    digest = try decoder.hash()
  }
}

/// One item of a push.
public enum PushItem: Sendable, Hashable {
  /// What a key holds.
  case effect(KeyValueEffect)
  /// What a key holds, to be fetched.
  case large(LargeValue)
  /// What the receiver holds of a key is dead if it has this version: it was deleted so long ago
  /// that the deletion is not kept.
  case gone(key: [UInt8], version: HybridTime)

  public var key: [UInt8] {
    switch self {
    case .effect(let effect): effect.key
    case .large(let value): value.key
    case .gone(let key, _): key
    }
  }
}

/// Writes that the sender has and the receiver may lack.
public struct PushRequest: Request, Hashable {
  public typealias Response = PushAnswer
  public static let type = RequestType(
    331, name: "kv_push", requestBytesMax: KeyValueLimits.pushBodyBytesMax + (1 << 10),
    responseBytesMax: 64 << 10, perWindowMax: 1 << 20, traffic: .headers)

  /// Numbers what the sender pushes without a gap; a new one begins after each gap.
  public var stream: UInt64
  /// The sender's own writes after these ticks are in the stream.
  public var start: UInt64
  /// Counts the pushes of a stream from 0.
  public var sequence: UInt64
  /// The sender's own writes after `start` and up to these ticks are in this push and those before
  /// it in the stream.
  public var through: UInt64
  public var isCompressed: Bool
  /// The items one after another (`PushCodec`), as a Zstandard frame if `isCompressed`.
  public var body: [UInt8]

  public init(
    stream: UInt64, start: UInt64, sequence: UInt64, through: UInt64, isCompressed: Bool,
    body: [UInt8]
  ) {
    self.stream = stream
    self.start = start
    self.sequence = sequence
    self.through = through
    self.isCompressed = isCompressed
    self.body = body
  }

  public func encode(to encoder: inout WireEncoder) {
    encoder.append(stream)
    encoder.append(start)
    encoder.append(sequence)
    encoder.append(through)
    encoder.append(isCompressed)
    encoder.append(body)
  }

  public init(from decoder: inout WireDecoder) throws(WireError) {
    stream = try decoder.uint64()
    start = try decoder.uint64()
    sequence = try decoder.uint64()
    through = try decoder.uint64()
    isCompressed = try decoder.flag(of: "compressed")
    body = try decoder.bytes(limit: KeyValueLimits.pushBodyBytesMax)
  }
}

/// Why an item of a push is not taken.
public enum PushRefusal: UInt8, Sendable, Hashable, CaseIterable {
  /// Its time is too far ahead of the receiver's clock: only later, by a round.
  case clock = 0
  /// No key or value has so many bytes.
  case size = 1
  /// It comes from one replica more than can be told apart.
  case replicas = 2
  /// Not now: to be pushed again.
  case busy = 3
}

/// The answer to a push, given when its items are as safe as a client's write.
public enum PushAnswer: WireCodable, Hashable {
  /// A place in the push, and why that item was not taken.
  public struct Refused: Sendable, Hashable {
    public var place: UInt32
    public var reason: PushRefusal

    public init(place: UInt32, reason: PushRefusal) {
      self.place = place
      self.reason = reason
    }
  }

  /// All items but these, in the order of their places, were taken or were no news.
  case taken(refused: [Refused])
  /// None was taken: later.
  case busy
  /// The hello comes first.
  case stranger

  public func encode(to encoder: inout WireEncoder) {
    switch self {
    case .taken(let refused):
      encoder.append(byte: 0)
      encoder.append(count: refused.count)
      for item in refused {
        encoder.append(item.place)
        encoder.append(byte: item.reason.rawValue)
      }
    case .busy: encoder.append(byte: 1)
    case .stranger: encoder.append(byte: 2)
    }
  }

  public init(from decoder: inout WireDecoder) throws(WireError) {
    let start = decoder.offset
    switch try decoder.byte() {
    case 0:
      var refused: [Refused] = []
      let count = try decoder.count(elementBytes: 2, limit: KeyValueLimits.pushItemsMax)
      for _ in 0..<count {
        let start = decoder.offset
        let place = try decoder.uint32()
        if let last = refused.last, last.place >= place { throw .keysNotIncreasing(at: start) }
        let byte = try decoder.byte()
        guard let reason = PushRefusal(rawValue: byte) else {
          throw .invalidCase(UInt64(byte), of: "PushRefusal", at: start)
        }
        refused.append(Refused(place: place, reason: reason))
      }
      self = .taken(refused: refused)
    case 1: self = .busy
    case 2: self = .stranger
    case let kind: throw .invalidCase(UInt64(kind), of: "PushAnswer", at: start)
    }
  }
}
