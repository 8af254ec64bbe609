import Glibc
import KeyValue
import TestSupport
import Testing

@Suite struct ClientConnectionTests {
  @Test func whatWasSent_shouldBeFreed_whenSomethingAlwaysWaits() throws {
    var ends: [Int32] = [0, 0]
    let kind = Int32(SOCK_STREAM.rawValue | SOCK_NONBLOCK.rawValue)
    try #require(socketpair(AF_UNIX, kind, 0, &ends) == 0)
    defer { for end in ends { close(end) } }
    let session = ClientSession(
      id: 1, address: "a", localAddress: "b", at: 1, isAuthenticated: false)
    let client = ClientConnection(descriptor: ends[0], session: session)
    var random = SeededGenerator(seed: 1)
    var (expected, read): ([UInt8], [UInt8]) = ([], [])
    var buffer = [UInt8](repeating: 0, count: 1 << 20)
    var most = 0
    for _ in 0..<300 {
      while client.waitingBytes < 200_000 {
        let bytes = (0..<10_000).map { _ in UInt8(random.below(256)) }
        expected += bytes
        #expect(bytes.withUnsafeBytes { client.send($0) } != .failed)
      }
      let count = recv(ends[1], &buffer, 20_000 + random.below(60_000), 0)
      if count > 0 { read += buffer[..<count] }
      #expect(client.flush() == .some)
      most = max(most, client.keptBytes - client.waitingBytes)
    }
    // At most as much as what waits, or the limit.
    #expect(most <= 210_000 + KeyValueLimits.sentBytesKept, "\(most) of \(expected.count)")
    #expect(expected.count > 5_000_000)
    while client.waitingBytes > 0 || read.count < expected.count {
      #expect(client.flush() != .failed)
      let count = recv(ends[1], &buffer, buffer.count, 0)
      guard count > 0 else { break }
      read += buffer[..<count]
    }
    #expect(read == expected)
  }
}
