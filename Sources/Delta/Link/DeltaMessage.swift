import CRDT
import Primitives

/// What two ends of a link tell each other.
public enum DeltaMessage: Sendable, Hashable {
  /// What the sender has; asks for the same.
  case hello(VersionVector)
  /// A delta as `DeltaCodec` writes it. Each has a number, resent ones and empty ones too.
  case push(number: UInt64, [UInt8])
  /// What the sender has after it looked at the push of this number, taken or not; 0 answers a
  /// hello.
  case ack(number: UInt64, VersionVector)
  /// A dictionary that later pushes are made with, as a frame.
  case dictionary(DictionaryID, [UInt8])
  /// The push of this number was made with a dictionary that is not here.
  case lacking(number: UInt64, DictionaryID)
}

extension DeltaMessage: WireCodable {
  /// The longest delta, and what names it.
  private static let pushBytesMax = DeltaLimits.bodyBytesMax + DeltaCodec.headBytes
  /// zstd makes a dictionary that it cannot compress this much longer at most.
  private static let frameBytesMax = DeltaLimits.dictionaryBytesMax + (1 << 10)

  public func encode(to encoder: inout WireEncoder) {
    switch self {
    case .hello(let version):
      encoder.append(byte: 0)
      encoder.append(version)
    case .push(let number, let bytes):
      encoder.append(byte: 1)
      encoder.append(number)
      encoder.append(bytes)
    case .ack(let number, let version):
      encoder.append(byte: 2)
      encoder.append(number)
      encoder.append(version)
    case .dictionary(let id, let frame):
      encoder.append(byte: 3)
      encoder.append(id)
      encoder.append(frame)
    case .lacking(let number, let id):
      encoder.append(byte: 4)
      encoder.append(number)
      encoder.append(id)
    }
  }

  public init(from decoder: inout WireDecoder) throws(WireError) {
    let start = decoder.offset
    switch try decoder.byte() {
    case 0: self = .hello(try decoder.value())
    case 1:
      let number = try decoder.uint64()
      guard number > 0 else { throw .invalidValue("a push without a number", at: start) }
      self = .push(number: number, try decoder.bytes(limit: Self.pushBytesMax))
    case 2: self = .ack(number: try decoder.uint64(), try decoder.value())
    case 3:
      let id: DictionaryID = try decoder.value()
      self = .dictionary(id, try decoder.bytes(limit: Self.frameBytesMax))
    case 4:
      let number = try decoder.uint64()
      self = .lacking(number: number, try decoder.value())
    case let kind: throw .invalidCase(UInt64(kind), of: "DeltaMessage", at: start)
    }
  }
}
