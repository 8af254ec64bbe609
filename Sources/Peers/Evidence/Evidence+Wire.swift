import Ledger
import Messages
import Networking
import Primitives
import StateTrie

extension Evidence: WireCodable {
  /// Version of the form; others are refused.
  private static let version: UInt8 = 1

  public func encode(to encoder: inout WireEncoder) {
    encoder.append(byte: Self.version)
    switch self {
    case .chunk(let header, let statement):
      encoder.append(varint: 0)
      encoder.append(header)
      encoder.append(statement)
    case .diff(let header, let diff):
      encoder.append(varint: 1)
      encoder.append(header)
      encoder.append(diff)
    case .block(let block, let witness):
      encoder.append(varint: 2)
      encoder.append(block)
      encoder.append(witness)
    case .body(let block):
      encoder.append(varint: 3)
      encoder.append(block)
    case .answer(let statement):
      encoder.append(varint: 4)
      encoder.append(statement)
    case .otherBlock(let asked, let header):
      encoder.append(varint: 5)
      encoder.append(asked)
      encoder.append(header)
    case .undecodable(let topic, let payload):
      encoder.append(varint: 6)
      encoder.append(UInt32(topic.rawValue))
      encoder.append(payload)
    }
  }

  public init(from decoder: inout WireDecoder) throws(WireError) {
    let start = decoder.offset
    let version = try decoder.byte()
    guard version == Self.version else {
      throw .invalidValue("evidence of version \(version)", at: start)
    }
    let offset = decoder.offset
    let index = try decoder.varint()
    switch index {
    case 0: self = .chunk(try decoder.value(), try decoder.value())
    case 1: self = .diff(try decoder.value(), try decoder.value())
    case 2: self = .block(try decoder.value(), try decoder.value())
    case 3: self = .body(try decoder.value())
    case 4: self = .answer(try decoder.value())
    case 5: self = .otherBlock(asked: try decoder.hash(), try decoder.value())
    case 6:
      let topicOffset = decoder.offset
      guard let topic = UInt16(exactly: try decoder.uint32()) else {
        throw .invalidValue("a topic has a number below 65,536", at: topicOffset)
      }
      self = .undecodable(
        Topic(topic),
        payload: try decoder.bytes(limit: PeerLimits.evidenceBytesMax))
    default: throw .invalidCase(index, of: "Evidence", at: offset)
    }
  }
}

extension ChunkStatement: WireCodable {
  public func encode(to encoder: inout WireEncoder) {
    encoder.append(start)
    encoder.append(edges == .both)
    encoder.append(chunk)
  }

  public init(from decoder: inout WireDecoder) throws(WireError) {
    self.init(
      start: try decoder.value(), edges: try decoder.flag() ? .both : .last,
      chunk: try decoder.value())
  }
}

extension AnswerStatement.Item: WireCodable {
  public func encode(to encoder: inout WireEncoder) {
    encoder.append(header)
    encoder.append(hasBody)
  }

  public init(from decoder: inout WireDecoder) throws(WireError) {
    self.init(header: try decoder.value(), hasBody: try decoder.flag())
  }
}

extension AnswerStatement: WireCodable {
  public func encode(to encoder: inout WireEncoder) {
    encoder.append(request)
    encoder.append(items)
  }

  public init(from decoder: inout WireDecoder) throws(WireError) {
    request = try decoder.value()
    items = try decoder.array(limit: MessageLimits.blocksPerAnswerMax)
  }
}
