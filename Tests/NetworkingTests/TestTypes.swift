import Networking

/// Kinds of messages as a protocol above may define them.
extension RequestType {
  static let head = RequestType(1, name: "head", responseBytesMax: 4 << 10)
  static let chunk = RequestType(2, name: "chunk", perWindowMax: 5_000)
  static let rare = RequestType(3, name: "rare", perWindowMax: 100)
  static let plain = RequestType(7)
}

extension Topic {
  static let blockHeader = Topic(1, name: "block_header", payloadBytesMax: 256 << 10)
  static let blockBody = Topic(2, name: "block_body", payloadBytesMax: (4 << 20) + (64 << 10))
}
