import Locking
import Messages
import Networking
import Primitives
import Runtime
import SimulatedNetworking

/// A request as a fixture names it.
enum FixtureRequest: Sendable, Hashable {
  case diff(RequestTrieDiff)
  case blocks(RequestMissingBlocks)
  case chunk(RequestChunk)
  /// Of another type, which a live sync does not send.
  case other(String)

  init(_ type: RequestType, _ payload: [UInt8]) {
    self = Self.decoded(type, payload) ?? .other(type.description)
  }

  private static func decoded(_ type: RequestType, _ payload: [UInt8]) -> FixtureRequest? {
    switch type {
    case .trieDiff: (try? RequestTrieDiff(wireBytes: payload)).map { .diff($0) }
    case .missingBlocks: (try? RequestMissingBlocks(wireBytes: payload)).map { .blocks($0) }
    case .chunk: (try? RequestChunk(wireBytes: payload)).map { .chunk($0) }
    default: nil
    }
  }

  /// The word for it in the file. Of the locators only the newest is named: it is the head.
  var word: String {
    switch self {
    case .diff(let request): "diff:\(request.blockHash)"
    case .blocks(let request):
      "blocks:\(request.target):\(request.direction == .forward ? "forward" : "backward"):"
        + (request.locators.first?.hex ?? "")
    case .chunk(let request):
      "chunk:\(request.startKey.hex):\(request.endKey?.hex ?? ""):\(request.limit)"
    case .other(let type): "other:\(type)"
    }
  }
}

/// A network of one peer that does what a script says: it announces when told to, and a request
/// waits until the script answers it. Nothing here takes time, and no request times out.
final class FixtureNetwork: Network {
  /// A request that waits for its answer.
  final class Pending: Sendable {
    let request: FixtureRequest
    private let gate = Gate()
    private let response = Lock<[UInt8]>([])

    init(_ request: FixtureRequest) {
      self.request = request
    }

    func answer(_ bytes: [UInt8]) {
      response.withLock { $0 = bytes }
      gate.open()
    }

    fileprivate func wait() async throws(RequestError) -> [UInt8] {
      do {
        try await gate.wait()
      } catch { throw .cancelled }
      return response.withLock { $0 }
    }
  }

  private struct State {
    var isConnected = true
    var gossip: [Topic: GossipSubscription] = [:]
    var pending: [Pending] = []
    var sent: [String] = []
    var reports: [String] = []
  }

  static let peer = PeerID(1)
  let local = PeerID(0)
  private let state = Lock(State())

  // MARK: The script's side

  /// Hands a message of the peer to who subscribes.
  func announce(_ topic: Topic, _ payload: [UInt8]) {
    let stream = state.withLock { $0.isConnected ? $0.gossip[topic] : nil }
    let message = GossipMessage(
      id: GossipID(topic: topic, payload: payload), from: Self.peer, topic: topic,
      payload: payload)
    _ = stream?.offer(message)
  }

  /// The requests that wait for their answers, by their words.
  var pending: [Pending] {
    state.withLock { $0.pending.sorted { $0.request.word < $1.request.word } }
  }

  /// The requests sent and the messages judged since the last call.
  func takeRecords() -> (sent: [String], reports: [String]) {
    state.withLock { state in
      defer { (state.sent, state.reports) = ([], []) }
      return (state.sent, state.reports)
    }
  }

  // MARK: The node's side

  func connectedPeers() -> [PeerID] { state.withLock { $0.isConnected ? [Self.peer] : [] } }

  func peerEvents() -> AsyncStream<PeerEvent> { AsyncStream { $0.finish() } }

  func subscribe(_ topic: Topic) -> GossipSubscription {
    let subscription = GossipSubscription()
    state.withLock { $0.gossip[topic] = subscription }
    return subscription
  }

  func publish(_ topic: Topic, _ payload: [UInt8]) async {}

  func report(_ id: GossipID, _ acceptance: Acceptance) {
    state.withLock { $0.reports.append("\(acceptance)") }
  }

  func send(
    _ type: RequestType, _ payload: [UInt8], to peer: PeerID, timeout: Duration,
    answerBytesMax: Int
  ) async throws(RequestError) -> [UInt8] {
    let pending = Pending(FixtureRequest(type, payload))
    let isOpen = state.withLock { state in
      guard state.isConnected, peer == Self.peer else { return false }
      state.sent.append(pending.request.word)
      state.pending.append(pending)
      return true
    }
    guard isOpen else { throw .disconnected }
    defer { state.withLock { $0.pending.removeAll { $0 === pending } } }
    let answer = try await pending.wait()
    if answer.count > answerBytesMax {
      throw .tooLarge(bytes: answer.count, limit: answerBytesMax)
    }
    return answer
  }

  func serve(
    _ type: RequestType, _ handler: @escaping @Sendable (PeerID, [UInt8]) async -> [UInt8]?
  ) {}

  func disconnect(_ peer: PeerID, reason: String) {
    state.withLock { $0.isConnected = false }
  }
}
