import CRDT
import Networking
import Primitives

/// Asks for a slice of a large value.
public struct ValueRequest: Request, Hashable {
  public typealias Response = ValueSlice
  public static let type = RequestType(
    333, name: "kv_value", requestBytesMax: 1 << 10,
    responseBytesMax: KeyValueLimits.valueSliceBytesMax + 64, perWindowMax: 1 << 16,
    traffic: .bulk)

  public var key: [UInt8]
  /// The version that is wanted and no other.
  public var version: HybridTime
  public var offset: UInt64
  /// Bytes; 1 to `KeyValueLimits.valueSliceBytesMax`.
  public var count: UInt32

  public init(key: [UInt8], version: HybridTime, offset: UInt64, count: UInt32) {
    self.key = key
    self.version = version
    self.offset = offset
    self.count = count
  }

  public func encode(to encoder: inout WireEncoder) {
    encoder.append(key)
    encoder.append(version)
    encoder.append(offset)
    encoder.append(count)
  }

  public init(from decoder: inout WireDecoder) throws(WireError) {
    let start = decoder.offset
    key = try decoder.bytes(limit: KeyValueLimits.keyBytesMax)
    guard !key.isEmpty else { throw .invalidValue("a key has no bytes", at: start) }
    version = try decoder.value()
    offset = try decoder.uint64()
    let place = decoder.offset
    count = try decoder.uint32()
    guard (1...UInt32(KeyValueLimits.valueSliceBytesMax)).contains(count) else {
      throw .lengthTooLarge(
        UInt64(count), limit: KeyValueLimits.valueSliceBytesMax, at: place)
    }
  }
}

/// The answer: the bytes, or nothing where that version is not held any more.
public struct ValueSlice: WireCodable, Hashable {
  public var bytes: [UInt8]?

  public init(bytes: [UInt8]?) { self.bytes = bytes }

  public func encode(to encoder: inout WireEncoder) { encoder.append(optional: bytes) }

  public init(from decoder: inout WireDecoder) throws(WireError) {
    bytes = try decoder.optionalBytes(limit: KeyValueLimits.valueSliceBytesMax)
  }
}

/// A request of replication, whichever it is.
public enum ReplicationRequest: Sendable, Hashable {
  case hello(HelloRequest)
  case push(PushRequest)
  case round(RoundRequest)
  case value(ValueRequest)
}

/// An answer of replication. Its case is that of the request.
public enum ReplicationAnswer: Sendable, Hashable {
  case hello(HelloAnswer)
  case push(PushAnswer)
  case round(RoundAnswer)
  case value(ValueSlice)
}
