import Locking
import Networking
import Primitives
import Runtime
import SimulatedNetworking
import Testing

/// Asks for a number to be doubled.
private struct Doubling: Request {
  typealias Response = Doubled
  static let type = RequestType.head
  var number: UInt64

  func encode(to encoder: inout WireEncoder) { encoder.append(number) }
  init(from decoder: inout WireDecoder) throws(WireError) { number = try decoder.uint64() }
  init(_ number: UInt64) { self.number = number }
}

private struct Doubled: WireCodable, Equatable {
  var number: UInt64

  func encode(to encoder: inout WireEncoder) { encoder.append(number) }
  init(from decoder: inout WireDecoder) throws(WireError) { number = try decoder.uint64() }
  init(_ number: UInt64) { self.number = number }
}

/// A request whose size is up to the test.
private struct Bulky: Request {
  typealias Response = Doubled
  static let type = RequestType.chunk
  var bytes: [UInt8]

  func encode(to encoder: inout WireEncoder) { encoder.append(bytes) }
  init(from decoder: inout WireDecoder) throws(WireError) { bytes = try decoder.bytes() }
  init(count: Int) { bytes = [UInt8](repeating: 0, count: count) }
}

/// A network of one peer that answers itself, or as `answer` says.
private final class Mirror: Network {
  typealias Handler = @Sendable (PeerID, [UInt8]) async -> [UInt8]?

  let local = PeerID(1)
  private let handlers = Lock<[RequestType: Handler]>([:])
  private let answer: (@Sendable ([UInt8]) -> [UInt8])?

  init(answer: (@Sendable ([UInt8]) -> [UInt8])? = nil) {
    self.answer = answer
  }

  func connectedPeers() -> [PeerID] { [] }
  func peerEvents() -> AsyncStream<PeerEvent> { AsyncStream { $0.finish() } }
  func subscribe(_ topic: Topic) -> GossipSubscription { GossipSubscription() }
  func publish(_ topic: Topic, _ payload: [UInt8]) async {}
  func report(_ id: GossipID, _ acceptance: Acceptance) {}
  func disconnect(_ peer: PeerID, reason: String) {}

  func serve(_ type: RequestType, _ handler: @escaping Handler) {
    handlers.withLock { $0[type] = handler }
  }

  func send(
    _ type: RequestType, _ payload: [UInt8], to peer: PeerID, timeout: Duration,
    answerBytesMax: Int
  ) async throws(RequestError) -> [UInt8] {
    if let answer { return answer(payload) }
    guard let handler = handlers.withLock({ $0[type] }),
      let response = await handler(local, payload)
    else { throw .refused }
    return response
  }
}

@Suite struct RequestTests {
  @Test func request_shouldBringTheTypedResponse() async throws {
    let network = Mirror()
    network.serve(Doubling.self) { peer, request in
      peer == PeerID(1) ? Doubled(request.number * 2) : nil
    }
    let response = try await network.request(Doubling(21), to: PeerID(1), timeout: .seconds(1))
    #expect(response == Doubled(42))
  }

  @Test func request_shouldBeRefused_whenTheHandlerReturnsNothing() async {
    let network = Mirror()
    network.serve(Doubling.self) { _, _ in nil }
    await #expect(throws: RequestError.refused) {
      try await network.request(Doubling(1), to: PeerID(1), timeout: .seconds(1))
    }
  }

  @Test func response_shouldBeUndecodable_whenItHasOtherBytes() async {
    let network = Mirror(answer: { _ in [1, 2] })
    await #expect(throws: RequestError.undecodable(.trailingBytes(1, at: 1))) {
      try await network.request(Doubling(1), to: PeerID(1), timeout: .seconds(1))
    }
  }

  @Test func sizes_shouldBeChecked_beforeAnythingIsSentOrDecoded() async {
    let limit = RequestType.head.responseBytesMax
    let network = Mirror(answer: { _ in [UInt8](repeating: 0x80, count: limit + 1) })
    await #expect(throws: RequestError.tooLarge(bytes: limit + 1, limit: limit)) {
      try await network.request(Doubling(1), to: PeerID(1), timeout: .seconds(1))
    }
    let most = RequestType.chunk.requestBytesMax
    await #expect(throws: RequestError.tooLarge(bytes: most + 2, limit: most)) {
      try await network.request(Bulky(count: most), to: PeerID(1), timeout: .seconds(1))
    }
  }

  @Test func server_shouldRefuseAndReport_whenTheRequestIsBad() async {
    let network = Mirror()
    let reported = Lock<[String]>([])
    let note: @Sendable (PeerID, RequestError) -> Void = { peer, error in
      reported.withLock { $0.append("\(peer) \(error.reason)") }
    }
    network.serve(Bulky.self, undecodable: note) { _, _ in Doubled(1) }
    let large = [UInt8](repeating: 0, count: RequestType.chunk.requestBytesMax + 1)
    for payload in [[5, 1], large] {
      await #expect(throws: RequestError.refused) {
        try await network.send(.chunk, payload, to: PeerID(1), timeout: .seconds(1))
      }
    }
    #expect(reported.withLock { $0 } == ["p1 undecodable", "p1 too_large"])
  }

  @Test func errors_shouldNameTheDecision() {
    let honest: [RequestError] = [.timeout, .disconnected, .refused, .tooManyPending, .cancelled]
    let misbehaving: [RequestError] = [
      .tooLarge(bytes: 2, limit: 1), .undecodable(.trailingBytes(1, at: 0)),
    ]
    #expect(honest.allSatisfy { !$0.isMisbehaviour })
    #expect(misbehaving.allSatisfy { $0.isMisbehaviour })
    let reasons = (honest + misbehaving).map(\.reason)
    #expect(
      reasons == [
        "timeout", "disconnected", "refused", "too_many_pending", "cancelled", "too_large",
        "undecodable",
      ])
    #expect(
      RequestError.undecodable(.trailingBytes(1, at: 0)).description.contains("1 bytes after"))
  }

  @Test func names_shouldBeStable() throws {
    #expect(RequestType.rare.description == "rare" && RequestType.plain.description == "request_7")
    #expect(Topic.blockBody.description == "block_body" && Topic(9).description == "topic_9")
    // The number alone tells which kind it is.
    #expect(RequestType.plain == RequestType(7, name: "other", perWindowMax: 1))
    #expect(Topic.blockBody == Topic(2) && Topic(1) != Topic(2))
  }
}
