import HTTPServer
import Runtime
import Testing

/// Listening, and why it fails.
@Suite(.timeLimit(.minutes(1))) struct StartTests {
  private func failure(_ address: String, _ port: UInt16) -> HTTPServerError? {
    let server = HTTPServer(
      address: address, port: port, runtime: SystemRuntime(seed: 1), routes: [])
    do throws(HTTPServerError) {
      try server.start()
      server.stop()
      return nil
    } catch {
      return error
    }
  }

  @Test func start_shouldSayWhy_whenItCannotListen() throws {
    let test = try TestServer()
    defer { test.server.stop() }
    let taken = failure("127.0.0.1", test.port)
    #expect(taken?.reason == .addressInUse)
    #expect(
      taken?.description
        == "cannot serve HTTP at 127.0.0.1:\(test.port): something else listens there")
    #expect(failure("localhost", 0)?.reason == .notAnAddress)
    #expect(failure("127.0.0.1:80", 0)?.reason == .notAnAddress)
    #expect(failure("", 0)?.reason == .notAnAddress)
    #expect(failure("192.0.2.1", 0)?.reason == .notOfThisMachine)
    #expect(
      failure("2001:db8::1", 7)?.description.hasPrefix("cannot serve HTTP at [2001:db8::1]:7: ")
        == true)
    #expect(failure("127.0.0.1", 0) == nil)
  }

  @Test func port_shouldBeKnown_whileTheServerRuns_andFreeAfterwards() throws {
    let test = try TestServer()
    #expect(test.port > 0)
    #expect(test.server.port == test.port)
    test.server.stop()
    test.server.stop()
    #expect(test.server.port == nil)
    #expect(failure("127.0.0.1", test.port) == nil)
  }
}
