import Foundation
import HTTPServer
import Runtime
import TestSupport
import Testing

/// Streams of server-sent events, over real sockets and in the buffer's core.
@Suite(.timeLimit(.minutes(2))) struct EventStreamTests {
  /// A client that has begun to listen.
  private static func listener(_ port: UInt16, receiveBytes: Int32? = nil) throws -> RawClient {
    let client = try RawClient(port: port, receiveBytes: receiveBytes)
    client.get("/events")
    _ = try client.read(upTo: "\r\n\r\n")
    return client
  }

  private static func wait(_ hub: HTTPEventHub, for count: Int) async throws {
    for _ in 0..<500 where hub.clientCount != count {
      try await Task.sleep(for: .milliseconds(10))
    }
    try #require(hub.clientCount == count)
  }

  @Test func events_shouldReachEveryClient_inOrder() async throws {
    let test = try TestServer()
    defer { test.server.stop() }
    let port = test.port
    async let texts = onThread {
      let clients = try (0..<3).map { _ in try Self.listener(port) }
      return try clients.map { try $0.read(upTo: "data: end\n\n") }
    }
    try await Self.wait(test.hub, for: 3)
    test.hub.send("one", name: "line")
    test.hub.send("two\nthree\r")
    try await Task.sleep(for: .milliseconds(50))
    test.hub.send("end")
    for text in try await texts {
      #expect(text.contains("event: line\ndata: one\n\n"))
      #expect(text.contains("data: two\ndata: three\n\n"))
    }
    #expect(test.hub.sentCount == 3)
    #expect(test.hub.lostCount == 0)
  }

  @Test func slowReader_shouldLoseEvents_andBeTold_withoutHoldingUpAnybody() async throws {
    var limits = HTTPLimits()
    limits.eventBufferBytes = 16 << 10
    let test = try TestServer(limits: limits)
    defer { test.server.stop() }
    let port = test.port
    let gate = DispatchSemaphore(value: 0)
    async let text = onThread {
      let client = try Self.listener(port, receiveBytes: 4096)
      gate.wait()
      return try client.read(upTo: "data: end\n\n")
    }
    try await Self.wait(test.hub, for: 1)
    let piece = String(repeating: "x", count: 1000)
    let count = 20_000
    let begin = ContinuousClock.now
    for number in 0..<count { test.hub.send("\(number) \(piece)") }
    #expect(ContinuousClock.now - begin < .seconds(10))
    #expect(test.hub.lostCount > 0)
    gate.signal()
    // Said again and again, since it may be lost too.
    let sender = Task {
      while !Task.isCancelled {
        test.hub.send("end")
        try? await Task.sleep(for: .milliseconds(10))
      }
    }
    let lines = try await text.utf8.split(separator: 10).map { String($0) ?? "" }
    sender.cancel()
    let got = lines.count { $0.hasSuffix(piece) }
    var told: UInt64 = 0
    for (index, line) in lines.enumerated() where line == "event: lost" {
      told +=
        lines[(index + 1)...].first { $0.hasPrefix("data: ") }.flatMap {
          UInt64($0.dropFirst(6))
        } ?? 0
    }
    #expect(got < count)
    #expect(told >= UInt64(count - got))
  }

  @Test func silentStream_shouldBeKeptAlive_andNoticeAClientThatHasGone() async throws {
    var limits = HTTPLimits()
    limits.lookInterval = .milliseconds(20)
    limits.heartbeat = .milliseconds(100)
    let test = try TestServer(limits: limits)
    defer { test.server.stop() }
    let port = test.port
    let text = try await onThread {
      let client = try Self.listener(port)
      return try client.read(upTo: ": alive\n\n")
    }
    #expect(text.contains(": alive"))
    try await Self.wait(test.hub, for: 0)
    #expect(HTTPServerLimits.heartbeatInterval < HTTPServerLimits.idleTimeMax)
  }

  @Test func clients_shouldBeSoManyAtMost() async throws {
    let test = try TestServer()
    defer { test.server.stop() }
    let port = test.port
    let most = HTTPServerLimits.eventClientsMax
    let status = try await onThread {
      let clients = try (0..<most).map { _ in try Self.listener(port) }
      let late = try RawClient(port: port)
      late.get("/events")
      return try withExtendedLifetime(clients) { try late.answer().status }
    }
    #expect(status == 503)
    #expect(try await test.get("/").status == 200)
  }

  @Test func buffer_shouldStayBelowItsBytes_andTellWhatIsLost() {
    let most = HTTPServerLimits.eventBufferBytesMax
    var buffer = EventBuffer(bytesMax: most)
    let event = [UInt8](repeating: 120, count: 1024)
    let fitting = (0..<1000).count { _ in buffer.append(event) }
    #expect(fitting == most / 1024)
    #expect(buffer.bytes <= most)
    #expect(buffer.lost == UInt64(1000 - fitting))
    // Little room is not enough for the event and the note before it.
    var read: [UInt8] = []
    #expect(buffer.read(1024) { piece, _ in read += piece } == 1024)
    let first = buffer.append(event)
    #expect(!first)
    #expect(buffer.read(1024) { piece, _ in read += piece } == 1024)
    let second = buffer.append(event)
    #expect(second)
    while buffer.read(777, { piece, _ in read += piece }) > 0 {}
    let note = Array("event: lost\ndata: \(1000 - fitting + 1)\n\n".utf8)
    let isWhole = read == Array(repeating: event, count: fitting).flatMap { $0 } + note + event
    #expect(isWhole)
    #expect(buffer.bytes == 0 && buffer.lost == 0)
  }

  @Test func buffer_shouldTell_whenNothingElseComes() {
    var buffer = EventBuffer(bytesMax: 8)
    let fits = buffer.append([UInt8](repeating: 1, count: 9))
    #expect(!fits)
    var read: [UInt8] = []
    #expect(buffer.read(100) { piece, _ in read += piece } > 0)
    #expect(read == Array("event: lost\ndata: 1\n\n".utf8))
    #expect(buffer.read(100) { _, _ in } == 0)
  }
}
