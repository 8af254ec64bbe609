import CRDT
import Glibc
import KeyValue
import Primitives
import RESP
import Runtime
import TestSupport
import Testing
import Transport

/// A server with a data directory, over sockets.
@Suite(.serialized) struct RecoveryTests {
  private static func identity() -> StoreIdentity {
    StoreIdentity(store: Hash256(words: (1, 2, 3, 4)), replica: ReplicaID(77))
  }

  /// Runs a server on a directory, gives a client to `body`, and ends it in order.
  private func serve(
    _ directory: String, _ mode: FsyncMode,
    _ body: (RawClient) throws -> Void
  ) throws {
    let runtime = try EventLoopRuntime()
    let durability = try KeyValueDurability(
      directory: directory, fsync: mode, fresh: Self.identity())
    let server = KeyValueServer(
      runtime: runtime,
      settings: KeyValueSettings(
        replica: durability.identity.replica, tableKey: SipKey(low: 1, high: 2), seed: 3),
      notice: { _ in })
    let address = try #require(SocketAddress("127.0.0.1:0"))
    let port = try Blocking.result(on: runtime) {
      Result {
        _ = try durability.attach(to: server) { _ in }
        return try server.listen(at: address).port
      }
    }.get()
    try body(RawClient(port: port))
    Blocking.result(on: runtime) {
      server.stop()
      durability.close()
    }
    runtime.shutdown()
  }

  @Test(arguments: FsyncMode.allCases)
  func keys_shouldBeThere_afterARestart(mode: FsyncMode) async throws {
    try await onThread {
      let folder = TemporaryFolder()
      try serve(folder.store, mode) { client in
        client.send("SET a 1\nSET b 2\nDEL b\nSET c 3 PX 10000000\nGET a\n")
        let first = try client.read(upTo: "$1\r\n1\r\n")
        #expect(first == "+OK\r\n+OK\r\n:1\r\n+OK\r\n$1\r\n1\r\n")
        client.send("SAVE\nSET d 4\n")
        let second = try client.read(upTo: "+OK\r\n+OK\r\n")
        #expect(second == "+OK\r\n+OK\r\n")
      }
      try serve(folder.store, mode) { client in
        client.send("DBSIZE\nGET a\nEXISTS b\nGET d\nBGSAVE\n")
        let answer = try client.read(upTo: "started\r\n")
        #expect(
          answer
            == ":3\r\n$1\r\n1\r\n:0\r\n$1\r\n4\r\n+Background saving started\r\n")
      }
      let disk = try DirectoryDisk(path: folder.store, forWriting: false)
      let check = try KeyValueCheck(disk, at: 1_000)
      #expect(check.keys == 3 && check.isIndexEqual)
      #expect(check.recovery.identity == Self.identity())
    }
  }
}
