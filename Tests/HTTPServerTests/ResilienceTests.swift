import Foundation
import HTTPServer
import Runtime
import TestSupport
import Testing

/// Clients that are slow, many or gone, over real sockets.
@Suite(.timeLimit(.minutes(2))) struct ResilienceTests {
  /// Limits that end in a fraction of a second.
  private static func impatient() -> HTTPLimits {
    var limits = HTTPLimits()
    limits.lookInterval = .milliseconds(50)
    limits.requestTime = .milliseconds(400)
    return limits
  }

  @Test func head_shouldBeCut_whenItComesOneByteAtATime() async throws {
    let test = try TestServer(limits: Self.impatient())
    defer { test.server.stop() }
    let port = test.port
    let (answer, seconds) = try await onThread {
      let begin = Date()
      let client = try RawClient(port: port)
      for byte in "GET / HTTP/1.1\r\nHost: localhost\r\nX: \(String(repeating: "a", count: 60))" {
        client.send(String(byte))
        usleep(20_000)
      }
      return (try? client.readToEnd(), Date().timeIntervalSince(begin))
    }
    #expect(answer?.contains("home") != true)
    #expect(seconds < 5)
    #expect(test.server.counts.overdueConnections == 1)
    #expect(try await test.get("/").status == 200)
  }

  @Test func body_shouldBeCut_whenItDoesNotCome() async throws {
    let test = try TestServer(limits: Self.impatient())
    defer { test.server.stop() }
    let port = test.port
    let answer = try await onThread {
      let client = try RawClient(port: port)
      client.send("POST /echo HTTP/1.1\r\nHost: localhost\r\nContent-Length: 10\r\n\r\nhalf")
      return try client.readToEnd()
    }
    #expect(answer.isEmpty)
    #expect(test.server.counts.requests == 0)
  }

  @Test func idleConnection_shouldBeClosed_inTime() async throws {
    var limits = HTTPLimits()
    limits.idleTime = .seconds(1)
    let test = try TestServer(limits: limits)
    defer { test.server.stop() }
    let port = test.port
    let rest = try await onThread {
      let client = try RawClient(port: port)
      client.get("/")
      _ = try client.answer()
      return try client.readToEnd()
    }
    #expect(rest.isEmpty)
    #expect(HTTPServerLimits.idleTimeMax > .seconds(1))
  }

  @Test func answer_shouldBeCut_whenItIsReadTooSlowly() async throws {
    var limits = HTTPLimits()
    limits.lookInterval = .milliseconds(50)
    limits.answerTime = .milliseconds(500)
    let test = try TestServer(limits: limits)
    defer { test.server.stop() }
    let port = test.port
    let count = try await onThread {
      let client = try RawClient(port: port, receiveBytes: 4096)
      client.get("/long")
      _ = try client.read(upTo: "\r\n\r\n")
      usleep(1_500_000)
      return (try? client.readToEnd().utf8.count) ?? 0
    }
    #expect(count < 8 << 20)
    #expect(test.server.counts.overdueConnections == 1)
  }

  @Test func flood_shouldBeRefused_andLeaveTheServerWorking() async throws {
    var limits = HTTPLimits()
    limits.connections = 20
    limits.connectionsPerAddress = 10
    let test = try TestServer(limits: limits)
    defer { test.server.stop() }
    let port = test.port
    let count = HTTPServerLimits.refusedConnectionsMax + HTTPServerLimits.backlogMax + 50
    let (refused, served) = try await onThread {
      let clients = try (0..<count).map { _ in try RawClient(port: port) }
      var refused = 0
      var served = 0
      for client in clients {
        client.get("/")
        let status = try? client.answer().status
        if status == 503 { refused += 1 }
        if status == 200 { served += 1 }
      }
      return (refused, served)
    }
    #expect(served == 10)
    #expect(refused > count / 2)
    #expect(test.server.counts.refusedConnections >= UInt64(count - 10))
    // All have gone; the next one is served.
    for _ in 0..<50 where test.server.counts.connections > 0 {
      try await Task.sleep(for: .milliseconds(20))
    }
    #expect(try await test.get("/").status == 200)
  }

  @Test func handler_shouldBeGivenUp_whenItTakesTooLong_andKeepNobodyWaiting() async throws {
    var limits = HTTPLimits()
    limits.handlerTime = .milliseconds(200)
    let test = try TestServer(limits: limits)
    defer { test.server.stop() }
    async let slow = test.get("/slow")
    #expect(try await test.get("/").status == 200)
    let answer = try await slow
    #expect(answer.status == 503)
    #expect(answer.text == "the answer took too long\n")
  }

  @Test func clientThatHasGone_shouldLeaveNothing() async throws {
    var limits = HTTPLimits()
    limits.handlerTime = .milliseconds(300)
    let test = try TestServer(limits: limits)
    defer { test.server.stop() }
    let port = test.port
    try await onThread {
      for _ in 0..<8 {
        try RawClient(port: port).get("/slow")
        try RawClient(port: port).get("/long")
        try RawClient(port: port).send("GET / HT")
      }
    }
    for _ in 0..<250 where test.server.counts.connections > 0 {
      try await Task.sleep(for: .milliseconds(20))
    }
    #expect(test.server.counts.connections == 0)
    #expect(try await test.get("/").status == 200)
  }

  @Test func stop_shouldEndOpenStreamsAndRequests_atOnce() async throws {
    let test = try TestServer()
    let port = test.port
    let clients = Task {
      try await onThread {
        let streams = try (0..<4).map { _ in
          let client = try RawClient(port: port)
          client.get("/events")
          _ = try client.read(upTo: "\r\n\r\n")
          return client
        }
        let slow = try RawClient(port: port)
        slow.get("/slow")
        let half = try RawClient(port: port)
        half.send("GET /")
        return try (streams + [slow, half]).map { try $0.readToEnd().count }
      }
    }
    for _ in 0..<250 where test.hub.clientCount < 4 || test.server.counts.connections < 6 {
      try await Task.sleep(for: .milliseconds(20))
    }
    #expect(test.hub.clientCount == 4)
    try await Task.sleep(for: .milliseconds(50))
    let begin = ContinuousClock.now
    test.server.stop()
    #expect(ContinuousClock.now - begin < .seconds(1))
    #expect(try await clients.value.count == 6)
    #expect(test.hub.clientCount == 0)
    test.hub.send("to nobody")
    await #expect(throws: RawError.self) {
      try await onThread { _ = try RawClient(port: port) }
    }
  }

  @Test func stop_shouldBeSafe_inTheMiddleOfAnything() async throws {
    for round in 0..<20 {
      let test = try TestServer()
      let port = test.port
      let clients = Task {
        try await withThrowingTaskGroup(of: Void.self) { group in
          for index in 0..<6 {
            group.addTask {
              try await onThread {
                guard let client = try? RawClient(port: port) else { return }
                for _ in 0..<50 {
                  client.get(["/", "/events", "/slow"][index % 3])
                  guard (try? client.read(upTo: "\r\n\r\n")) != nil else { return }
                }
              }
            }
          }
          try await group.waitForAll()
        }
      }
      let sender = Task {
        while !Task.isCancelled {
          test.hub.send("x")
          await Task.yield()
        }
      }
      try await Task.sleep(for: .milliseconds(round))
      test.server.stop()
      sender.cancel()
      try await clients.value
      #expect(test.hub.clientCount == 0)
    }
  }
}
