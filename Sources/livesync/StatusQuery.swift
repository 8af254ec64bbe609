import EventLog
import Foundation
import Primitives
import Transport

/// Asks a running node over HTTP, one question for each connection.
enum StatusQuery {
  /// Seconds for the whole answer.
  static let timeoutSeconds = 5
  /// Largest answer, in bytes.
  static let answerBytesMax = 8 << 20

  /// The body of the answer to `GET path`. Throws what is in the way, naming the node's address.
  static func get(_ path: String, from address: SocketAddress) throws(StatusQueryError) -> [UInt8] {
    let descriptor = try connect(address)
    defer { close(descriptor) }
    let question = "GET \(path) HTTP/1.0\r\nHost: \(address)\r\n\r\n"
    let sent = Array(question.utf8).withUnsafeBytes {
      send(descriptor, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL))
    }
    guard sent == question.utf8.count else { throw .system(address, errno) }
    return try body(of: try answer(descriptor, address), address)
  }

  private static func connect(_ address: SocketAddress) throws(StatusQueryError) -> Int32 {
    let isFour = if case .v4 = address.host { true } else { false }
    let descriptor = socket(isFour ? AF_INET : AF_INET6, Int32(SOCK_STREAM.rawValue), 0)
    guard descriptor >= 0 else { throw .system(address, errno) }
    var limit = timeval(tv_sec: timeoutSeconds, tv_usec: 0)
    for option in [SO_RCVTIMEO, SO_SNDTIMEO] {
      let length = socklen_t(MemoryLayout<timeval>.size)
      _ = setsockopt(descriptor, SOL_SOCKET, option, &limit, length)
    }
    let status = address.withSystemAddress { Foundation.connect(descriptor, $0, $1) }
    guard status == 0 else {
      let code = errno
      close(descriptor)
      throw .system(address, code)
    }
    return descriptor
  }

  private static func answer(
    _ descriptor: Int32, _ address: SocketAddress
  ) throws(StatusQueryError) -> [UInt8] {
    var answer: [UInt8] = []
    var piece = [UInt8](repeating: 0, count: 64 << 10)
    let end = ContinuousClock.now.advanced(by: .seconds(timeoutSeconds))
    while true {
      let count = recv(descriptor, &piece, piece.count, 0)
      if count == 0 { return answer }
      guard count > 0 else { throw .system(address, errno) }
      answer += piece[..<count]
      guard answer.count <= answerBytesMax else { throw .unusable(address, "is too long") }
      guard ContinuousClock.now < end else { throw .system(address, ETIMEDOUT) }
    }
  }

  private static func body(
    of answer: [UInt8], _ address: SocketAddress
  ) throws(StatusQueryError) -> [UInt8] {
    guard let end = answer.firstRange(of: Array("\r\n\r\n".utf8)),
      let head = String(validating: answer[..<end.lowerBound], as: UTF8.self),
      head.hasPrefix("HTTP/1.")
    else { throw .unusable(address, "is not HTTP") }
    let words = head.prefix { $0 != "\r\n" }.split(separator: " ")
    guard words.count >= 2, words[1] == "200" else {
      throw .unusable(address, "is \(words.dropFirst().joined(separator: " "))")
    }
    return Array(answer[end.upperBound...])
  }
}

/// Why a node could not be asked.
enum StatusQueryError: Error, CustomStringConvertible {
  case system(SocketAddress, Int32)
  /// The answer breaks a rule.
  case unusable(SocketAddress, String)

  var description: String {
    switch self {
    case .system(let address, let code):
      "no node answers at \(address): \(SystemText.of(code == EAGAIN ? ETIMEDOUT : code))"
    case .unusable(let address, let rule): "the answer of \(address) \(rule)"
    }
  }
}

/// What a node says of itself, as far as a table has room for it.
struct NodeReport {
  let name: String
  let phase: String
  let isReady: Bool
  let unreadyReason: String?
  let head: UInt32
  let headHash: String
  let networkHead: UInt32?
  let isComplete: Bool
  let heldPpm: Int
  let accounts: Int
  let peers: Int
  let forecast: String?
  /// What was joined from a snapshot, in words.
  let joined: String?
  let blocker: String?
  let receivedPerSecond: Double
  let sentPerSecond: Double
  let rejected: Int
  let banned: Int

  init(of address: SocketAddress) throws(StatusQueryError) {
    try self.init(try StatusQuery.get("/status", from: address), of: address)
  }

  /// What the answer of the node at `address` says.
  init(_ bytes: [UInt8], of address: SocketAddress) throws(StatusQueryError) {
    guard let document = try? JSONDocument(parsing: bytes) else {
      throw .unusable(address, "is no JSON")
    }
    func need<Value>(
      _ name: String, _ value: Value?
    ) throws(StatusQueryError) -> Value {
      guard let value else { throw .unusable(address, "has no \(name)") }
      return value
    }
    name = try need("name", document["name"]?.text)
    phase = try need("phase", document["phase"]?.text)
    isReady = document["ready"]?.isTrue ?? false
    unreadyReason = document["unready_reason"]?.text
    head = try need("head.number", document["head"]?["number"]?.whole())
    headHash = try need("head.hash", document["head"]?["hash"]?.text)
    networkHead = document["network_head_number"]?.whole()
    let state = try need("state", document["state"])
    isComplete = state["complete"]?.isTrue ?? false
    heldPpm = try need("state.held_ppm", state["held_ppm"]?.whole())
    accounts = try need("state.accounts", state["accounts"]?.whole())
    peers = try need("peers_connected", document["peers_connected"]?.whole())
    forecast = document["forecast"]?["text"]?.text
    joined = Self.joined(document["snapshots"])
    blocker = document["blocker"]?.text
    receivedPerSecond = document["traffic"]?["received_bytes_per_second"]?.number ?? 0
    sentPerSecond = document["traffic"]?["sent_bytes_per_second"]?.number ?? 0
    rejected = document["rejected"]?.sum(of: "count") ?? 0
    banned = document["peers_banned"]?.whole() ?? 0
  }
}

extension NodeReport {
  private static func joined(_ snapshots: JSONDocument?) -> String? {
    guard let block: Int = snapshots?["joined_block"]?.whole(),
      let proven: Int = snapshots?["joined_proven"]?.whole(),
      let pieces: Int = snapshots?["joined_pieces"]?.whole()
    else { return nil }
    return "block \(block), \(proven) of \(pieces) pieces"
  }
}

extension JSONDocument {
  /// The value of a key; nil if this is no object or has none.
  subscript(key: String) -> JSONDocument? {
    guard case .object(let members) = content else { return nil }
    return members.first { $0.key == key }?.value
  }

  var isTrue: Bool { content == .bool(true) }

  var number: Double? {
    if case .number(let digits) = content { Double(digits) } else { nil }
  }

  /// The sum of a whole number in each object of a list.
  func sum(of key: String) -> Int {
    guard case .array(let list) = content else { return 0 }
    return list.reduce(0) { $0 + ($1[key]?.whole() ?? 0) }
  }
}
