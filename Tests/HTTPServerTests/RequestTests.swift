import HTTPServer
import Runtime
import TestSupport
import Testing

/// What is answered to which request, over real sockets.
@Suite(.timeLimit(.minutes(2))) struct RequestTests {
  @Test func page_shouldBeServed_withItsHeaders() async throws {
    let test = try TestServer()
    defer { test.server.stop() }
    let answer = try await test.get("/hello?name=A%20b+c")
    #expect(answer.status == 200)
    #expect(answer.text == "hello A b c\n")
    #expect(answer.headers["content-type"] == "text/plain; charset=utf-8")
    #expect(answer.headers["x-content-type-options"] == "nosniff")
    #expect(answer.headers["cache-control"] == "no-store")
    #expect(answer.headers["content-security-policy"]?.hasPrefix("default-src 'none'") == true)
    #expect(answer.headers["access-control-allow-origin"] == nil)
    #expect(try await test.get("/").text == "home\n")
    #expect(try await test.get("/things/a%C3%A4").text == "thing aä\n")
  }

  @Test func head_shouldBeAnsweredAsGet_withoutBody() async throws {
    let test = try TestServer()
    defer { test.server.stop() }
    let answer = try await test.exchange(hasBody: false) { client in
      client.send("HEAD /hello HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n")
    }
    #expect(answer.status == 200)
    #expect(answer.headers["content-length"] == "10")
    let port = test.port
    let rest = try await onThread {
      let client = try RawClient(port: port)
      client.send("HEAD /hello HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n")
      return try client.readToEnd()
    }
    #expect(rest.hasSuffix("\r\n\r\n"))
    let events = try await test.exchange(hasBody: false) { client in
      client.send("HEAD /events HTTP/1.1\r\nHost: localhost\r\n\r\n")
    }
    #expect(events.headers["content-type"] == "text/event-stream; charset=utf-8")
    #expect(test.hub.clientCount == 0)
  }

  @Test func connection_shouldServeManyRequests_oneAfterAnother() async throws {
    let test = try TestServer()
    defer { test.server.stop() }
    let port = test.port
    let texts = try await onThread {
      let client = try RawClient(port: port)
      return try (0..<20).map { number in
        client.get("/hello?name=\(number)")
        return try client.answer().text
      }
    }
    #expect(texts == (0..<20).map { "hello \($0)\n" })
    // Several at once, too. One that is refused ends the connection.
    let many = try await onThread {
      let client = try RawClient(port: port)
      client.send(
        "GET /hello?name=1 HTTP/1.1\r\nHost: [::1]\r\n\r\nGET / HTTP/1.1\r\nHost: [::1]:80\r\n\r\n"
          + "GET /none HTTP/1.1\r\nHost: [::1]\r\n\r\n")
      let texts = try (0..<3).map { _ in try client.answer().text }
      return texts + [try client.readToEnd()]
    }
    #expect(many == ["hello 1\n", "home\n", "there is no such page\n", ""])
  }

  @Test func body_shouldBeGivenToTheHandler_upToItsLimit() async throws {
    let test = try TestServer()
    defer { test.server.stop() }
    let longest = String(repeating: "x", count: HTTPServerLimits.bodyBytesMax)
    let answer = try await test.exchange { $0.post("/echo", longest) }
    #expect(answer.status == 202)
    #expect(answer.text == longest)
    #expect(try await test.exchange { $0.post("/echo", longest + "x") }.status == 413)
    let announced = try await test.exchange {
      $0.send(
        "POST /echo HTTP/1.1\r\nHost: localhost\r\n"
          + "Content-Length: 99999999999999999999\r\n\r\n"
      )
    }
    #expect([400, 413].contains(announced.status))
    let unknown = try await test.exchange {
      $0.send("POST /echo HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\n")
    }
    #expect(unknown.status == 411)
    let none = try await test.exchange {
      $0.send("POST /echo HTTP/1.1\r\nHost: localhost\r\n\r\n")
    }
    #expect(none.status == 411)
    let misplaced = try await test.exchange { $0.get("/", more: "Content-Length: 5\r\n") }
    #expect(misplaced.status == 400)
  }

  @Test(
    arguments: [
      ("DELETE", "/hello", 405, "GET, HEAD"), ("POST", "/hello", 405, "GET, HEAD"),
      ("GET", "/echo", 405, "POST"), ("HEAD", "/echo", 405, "POST"), ("GET", "/none", 404, nil),
      ("GET", "/hello/", 400, nil), ("GET", "//", 400, nil), ("GET", "/things", 404, nil),
      ("GET", "/things/a/b", 404, nil), ("GET", "/things/..", 400, nil),
      ("GET", "/../../etc/passwd", 400, nil), ("GET", "/things/%2e%2e", 400, nil),
      ("GET", "/things/..%2f..%2fetc%2fpasswd", 400, nil), ("GET", "/things/a%5cb", 400, nil),
      ("GET", "/things/a%00b", 400, nil), ("GET", "/things/%", 400, nil),
      ("GET", "/things/%zz", 400, nil), ("GET", "/things/%ff", 400, nil),
      ("GET", "/things/a%0d%0aX:1", 400, nil), ("GET", "hello", 400, nil),
      ("GET", "http://localhost/hello", 400, nil), ("GET", "/hello?a=%", 400, nil),
    ] as [(String, String, Int, String?)])
  func request_shouldBeRefused(
    method: String, path: String, status: Int, allow: String?
  ) async throws {
    let test = try TestServer()
    defer { test.server.stop() }
    let answer = try await test.exchange(hasBody: false) {
      $0.send(
        "\(method) \(path) HTTP/1.1\r\nHost: localhost\r\nContent-Length: 0\r\n"
          + "Connection: close\r\n\r\n"
      )
    }
    #expect(answer.status == status, "\(method) \(path)")
    #expect(answer.headers["allow"] == allow)
    #expect(answer.headers["x-content-type-options"] == "nosniff")
  }

  @Test(arguments: [
    "\r\n\r\n\r\n\u{1}\u{2}\r\n\r\n", "GET\r\n\r\n", "GET / HTTP/9.9\r\n\r\n",
    "GET / HTTP/1.1\r\n\r\n", "GET / HTTP/1.1\r\nHost localhost\r\n\r\n",
    "\u{16}\u{3}\u{1}\0\0\r\n\r\n",
  ])
  func malformedRequest_shouldBeRefused_andHarmNobody(text: String) async throws {
    var limits = HTTPLimits()
    limits.lookInterval = .milliseconds(50)
    limits.requestTime = .milliseconds(500)
    let test = try TestServer(limits: limits)
    defer { test.server.stop() }
    let port = test.port
    let answer = try await onThread {
      let client = try RawClient(port: port)
      client.send(text)
      return try client.readToEnd()
    }
    #expect(!answer.contains("home"))
    #expect(
      answer.isEmpty || answer.hasPrefix("HTTP/1.1 4") || answer.hasPrefix("HTTP/1.1 5"),
      "\(answer)")
    #expect(try await test.get("/").status == 200)
  }

  @Test func longHead_shouldBeRefused() async throws {
    let test = try TestServer()
    defer { test.server.stop() }
    let long = String(repeating: "a", count: HTTPServerLimits.pathBytesMax)
    #expect(try await test.get("/" + long).status == 414)
    let bytes = HTTPServerLimits.connectionBytesMax
    let header = try await test.exchange(hasBody: false) {
      $0.get("/", more: "X-Long: \(String(repeating: "a", count: bytes))\r\n")
    }
    #expect([413, 431].contains(header.status))
    let target = try await test.exchange(hasBody: false) {
      $0.get("/" + String(repeating: "a", count: bytes))
    }
    #expect([414, 431].contains(target.status))
    #expect(try await test.get("/").status == 200)
  }

  @Test func arguments_shouldBeSoManyAtMost_andPartsToo() async throws {
    let test = try TestServer()
    defer { test.server.stop() }
    let most = HTTPServerLimits.argumentsMax
    func path(_ count: Int) -> String {
      "/hello?" + (0..<count).map { "a\($0)=1" }.joined(separator: "&")
    }
    #expect(try await test.get(path(most)).status == 200)
    #expect(try await test.get(path(most + 1)).status == 400)
    let parts = String(repeating: "/a", count: HTTPServerLimits.pathSegmentsMax)
    #expect(try await test.get(parts).text == "there is no such page\n")
    #expect(try await test.get(parts + "/a").text.contains("more than"))
  }

  @Test(
    arguments: [
      ("127.0.0.1", 200), ("127.0.0.1:8080", 200), ("localhost", 200), ("LOCALHOST:1", 200),
      ("[::1]", 200), ("[::1]:9000", 200), ("192.168.1.2:80", 200), ("evil.example", 421),
      ("evil.example:8080", 421), ("localhost.evil.example", 421), ("127.0.0.1.evil.example", 421),
      ("localhost:abc", 421), ("[::1]x", 421), ("[evil]", 421), ("", 421), ("1.2.3", 421),
    ] as [(String, Int)])
  func host_shouldBeAnAddressOrLocalhost_onLoopback(host: String, status: Int) async throws {
    let test = try TestServer()
    defer { test.server.stop() }
    let answer = try await test.get("/", host: host)
    #expect(answer.status == status || (host.isEmpty && answer.status == 400), "\(host)")
  }

  @Test func host_shouldBeAny_whenAllInterfacesAreServed() async throws {
    let test = try TestServer(address: "0.0.0.0")
    defer { test.server.stop() }
    #expect(try await test.get("/", host: "node.example:9090").status == 200)
  }

  @Test func post_shouldBeRefused_fromAPageOfAnotherOrigin() async throws {
    let test = try TestServer()
    defer { test.server.stop() }
    let other = try await test.exchange {
      $0.post("/echo", "x", more: "Origin: https://evil.example\r\n")
    }
    #expect(other.status == 403)
    let hidden = try await test.exchange { $0.post("/echo", "x", more: "Origin: null\r\n") }
    #expect(hidden.status == 403)
    let own = try await test.exchange {
      $0.post("/echo", "x", more: "Origin: http://localhost\r\n")
    }
    #expect(own.status == 202)
  }

  @Test func server_shouldBeReached_overBothFamilies() async throws {
    for (address, clients) in [("::1", ["::1"]), ("::", ["::1", "127.0.0.1"])] {
      let test = try TestServer(address: address)
      defer { test.server.stop() }
      let port = test.port
      for client in clients {
        let answer = try await onThread {
          let client = try RawClient(port: port, address: client)
          client.get("/", host: "[::1]")
          return try client.answer()
        }
        #expect(answer.status == 200, "\(client) of \(address)")
      }
    }
  }
}
