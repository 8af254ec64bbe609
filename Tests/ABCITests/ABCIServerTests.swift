import ABCI
import Locking
import Primitives
import Runtime
import Snapshot
import TestSupport
import Testing
import Transport

/// The server over sockets of this host.
@Suite(.serialized) struct ABCIServerTests {
  /// Lines that the server tells.
  private final class Notes: Sendable {
    private let lines = Lock<[String]>([])
    var all: [String] { lines.withLock { $0 } }
    func add(_ line: String) { lines.withLock { $0.append(line) } }
  }

  private struct Place {
    let application = SmallApplication()
    let notes = Notes()
    let runtime: EventLoopRuntime
    let server: ABCIServer
    let port: UInt16

    init(
      connectionsMax: Int = ABCILimits.connectionsMax,
      transferTimeout: Duration = ABCILimits.transferTimeout
    ) async throws {
      runtime = try EventLoopRuntime()
      let notes = notes
      server = ABCIServer(
        runtime: runtime,
        handler: ABCIHandler(application, version: "1") { notes.add($0) },
        connectionsMax: connectionsMax, transferTimeout: transferTimeout
      ) { notes.add($0) }
      let address = try #require(ABCIAddress("tcp://127.0.0.1:0"))
      let bound = try await server.start(at: address)
      guard case .tcp(let address) = bound else { throw RawError.refused(0) }
      port = address.port
    }

    func end() async {
      await server.stop()
      runtime.shutdown()
    }
  }

  private static let echo: [UInt8] = [6, 0x0a, 4, 0x0a, 2, 0x68, 0x69]
  private static let echoed: [UInt8] = [6, 0x12, 4, 0x0a, 2, 0x68, 0x69]
  private static let flush: [UInt8] = [2, 0x12, 0]
  private static let flushed: [UInt8] = [2, 0x1a, 0]

  @Test func answers_shouldComeInOrder_howeverTheRequestsCome() async throws {
    let place = try await Place()
    let port = place.port
    let got = try await onThread {
      let client = try RawClient(port: port)
      let rounds = 50
      client.send((0..<rounds).flatMap { _ in Self.echo + Self.flush })
      for byte in Self.echo + Self.flush { client.send([byte]) }
      return try client.read(count: (rounds + 1) * (Self.echoed + Self.flushed).count)
    }
    #expect(got == (0..<51).flatMap { _ in Self.echoed + Self.flushed })
    await place.end()
  }

  @Test func largeChunks_shouldComeAndGo() async throws {
    let place = try await Place()
    let chunk = (0..<10_000_000).map { UInt8(truncatingIfNeeded: $0 &* 31) }
    place.application.state.withLock { $0.chunks = [chunk] }
    let port = place.port
    let expected = ABCIAnswer.loadSnapshotChunk(chunk).frame
    let got = try await onThread {
      let client = try RawClient(port: port)
      // load(0, 0, 0)
      client.send([2, 0x72, 0])
      return try client.read(count: expected.count)
    }
    #expect(got == expected)
    await place.end()
  }

  @Test func connections_shouldBeRefused_aboveTheirLimit_andServedAgainLater() async throws {
    let most = ABCILimits.connectionsMax
    let place = try await Place()
    let port = place.port
    try await onThread {
      var clients = try (0..<most).map { _ in try RawClient(port: port) }
      for client in clients {
        client.send(Self.echo)
        #expect(try client.read(count: Self.echoed.count) == Self.echoed)
      }
      let refused = try RawClient(port: port)
      #expect(try refused.readToEnd() == "")
      clients.removeLast()
      var isServed = false
      while !isServed {
        let next = try RawClient(port: port)
        next.send(Self.echo)
        isServed = (try? next.read(count: Self.echoed.count)) == Self.echoed
      }
    }
    #expect(place.notes.all.contains { $0.contains("refused") })
    await place.end()
  }

  @Test func slowRequest_shouldEndItsConnection_andHoldUpNobody() async throws {
    let place = try await Place(transferTimeout: .milliseconds(200))
    let port = place.port
    try await onThread {
      let slow = try RawClient(port: port)
      slow.send([6, 0x0a])
      let silent = try RawClient(port: port)
      let other = try RawClient(port: port)
      other.send(Self.echo)
      #expect(try other.read(count: Self.echoed.count) == Self.echoed)
      #expect(try slow.readToEnd() == "")
      // Silence between requests is what CometBFT's connections are made of.
      silent.send(Self.echo)
      #expect(try silent.read(count: Self.echoed.count) == Self.echoed)
    }
    #expect(place.notes.all.contains { $0.contains("in time") })
    await place.end()
  }

  @Test func answerThatNobodyTakes_shouldEndItsConnection() async throws {
    let place = try await Place(transferTimeout: .milliseconds(300))
    place.application.state.withLock {
      $0.chunks = [[UInt8](repeating: 1, count: 16_000_000)]
    }
    let port = place.port
    try await onThread {
      let deaf = try RawClient(port: port, receiveBytes: 4096)
      deaf.send([2, 0x72, 0])
      let end = ContinuousClock.now.advanced(by: .seconds(20))
      while !place.notes.all.contains(where: { $0.contains("in time") }) {
        try #require(ContinuousClock.now < end)
        let other = try RawClient(port: port)
        other.send(Self.echo)
        #expect(try other.read(count: Self.echoed.count) == Self.echoed)
      }
    }
    await place.end()
  }

  @Test func hugeRequest_shouldEndItsConnection_beforeItCame() async throws {
    let place = try await Place()
    let port = place.port
    try await onThread {
      let huge = try RawClient(port: port)
      huge.send([0xff, 0xff, 0xff, 0xff, 0x0f])
      #expect(try huge.readToEnd() == "")
    }
    #expect(place.notes.all.contains { $0.contains("above") })
    await place.end()
  }

  @Test func unreadableRequest_shouldGetAnException_andTheNextAnAnswer() async throws {
    let place = try await Place()
    let port = place.port
    let expected = ABCIHandler(place.application, version: "1") { _ in }.answer([0x07]).frame
    let got = try await onThread {
      let client = try RawClient(port: port)
      client.send([1, 0x07] + Self.echo)
      return try client.read(count: expected.count + Self.echoed.count)
    }
    #expect(got == expected + Self.echoed)
    await place.end()
  }

  @Test func addresses_shouldBeRead_asCometBFTWritesThem() {
    #expect(ABCIAddress("tcp://127.0.0.1:26658")?.description == "tcp://127.0.0.1:26658")
    #expect(ABCIAddress("tcp://[::1]:1")?.description == "tcp://[::1]:1")
    #expect(ABCIAddress("unix:///tmp/a.sock")?.description == "unix:///tmp/a.sock")
    let long = "unix:///" + String(repeating: "a", count: ABCIAddress.pathBytesMax)
    for text in ["", "tcp://", "127.0.0.1:1", "tcp://localhost:1", "unix://a", "http://a:1", long] {
      #expect(ABCIAddress(text) == nil, "\(text)")
    }
  }
}
