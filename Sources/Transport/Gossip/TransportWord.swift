import Networking
import Primitives

/// What the transports of two nodes say to each other beside requests and gossip.
package enum TransportWord: Sendable, Hashable {
  /// The sender has this message of the topic, which the other end may want.
  case announce(topic: UInt16, GossipID)
  /// The sender wants a message that was announced to it.
  case want(GossipID)

  /// Bytes of the largest.
  package static let bytesMax = 1 + 3 + Hash256.byteCount
}

extension TransportWord: WireCodable {
  /// Wire form: a byte (0 announce, 1 want), for an announcement the topic (a varint of 16 bits),
  /// then the name of the message (32 bytes).
  package func encode(to encoder: inout WireEncoder) {
    switch self {
    case .announce(let topic, let id):
      encoder.append(byte: 0)
      encoder.append(varint: UInt64(topic))
      encoder.append(id.hash)
    case .want(let id):
      encoder.append(byte: 1)
      encoder.append(id.hash)
    }
  }

  package init(from decoder: inout WireDecoder) throws(WireError) {
    let start = decoder.offset
    switch try decoder.byte() {
    case 0:
      let topicStart = decoder.offset
      let topic = try decoder.varint()
      guard let topic = UInt16(exactly: topic) else {
        throw .invalidCase(topic, of: "TransportWord.topic", at: topicStart)
      }
      self = .announce(topic: topic, GossipID(hash: try decoder.value()))
    case 1: self = .want(GossipID(hash: try decoder.value()))
    case let other: throw .invalidCase(UInt64(other), of: "TransportWord", at: start)
    }
  }
}
