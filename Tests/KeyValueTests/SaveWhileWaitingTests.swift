import CRDT
import Foundation
import Glibc
import KeyValue
import Locking
import Primitives
import Runtime
import Streams
import TestSupport
import Testing
import Transport

/// A directory whose next sync of a file waits, once armed.
private final class GatedDisk: LogDisk, Sendable {
  enum Gate { case open, armed, waiting }

  let inner: DirectoryDisk
  let gate = Lock(Gate.open)

  init(_ inner: DirectoryDisk) { self.inner = inner }

  var path: String { inner.path }
  func names() throws(DiskError) -> [String] { try inner.names() }
  func size(of name: String) throws(DiskError) -> Int { try inner.size(of: name) }
  func read(_ name: String, at offset: Int, count: Int) throws(DiskError) -> [UInt8] {
    try inner.read(name, at: offset, count: count)
  }
  func create(_ name: String) throws(DiskError) -> any LogDiskFile {
    File(self, try inner.create(name))
  }
  func rename(_ name: String, to target: String) throws(DiskError) {
    try inner.rename(name, to: target)
  }
  func remove(_ name: String) throws(DiskError) { try inner.remove(name) }
  func truncate(_ name: String, to bytes: Int) throws(DiskError) {
    try inner.truncate(name, to: bytes)
  }
  func synchronize() throws(DiskError) { try inner.synchronize() }
  func unlock() { inner.unlock() }

  private final class File: LogDiskFile, Sendable {
    private let disk: GatedDisk
    private let inner: any LogDiskFile

    init(_ disk: GatedDisk, _ inner: any LogDiskFile) { (self.disk, self.inner) = (disk, inner) }

    func append(_ bytes: UnsafeRawBufferPointer) throws(DiskError) { try inner.append(bytes) }
    func truncate(to bytes: Int) throws(DiskError) { try inner.truncate(to: bytes) }
    func synchronize() throws(DiskError) {
      let waits = disk.gate.withLock { gate in
        guard gate == .armed else { return false }
        gate = .waiting
        return true
      }
      while waits, disk.gate.withLock({ $0 == .waiting }) { sched_yield() }
      try inner.synchronize()
    }
  }
}

@Suite(.serialized) struct SaveWhileWaitingTests {
  @Test func save_shouldBringRepliesThatWait_toTheirClients() async throws {
    try await onThread {
      let folder = TemporaryFolder()
      let disk = GatedDisk(try DirectoryDisk(path: folder.store, forWriting: true))
      let durability = try KeyValueDurability(
        disk: disk, fsync: .always, repair: false, fresh: LoggedStore.identity, clock: .system)
      let runtime = try EventLoopRuntime()
      let server = KeyValueServer(
        runtime: runtime,
        settings: KeyValueSettings(
          replica: durability.identity.replica, tableKey: SipKey(low: 1, high: 2), seed: 3),
        notice: { _ in })
      let address = try #require(SocketAddress("127.0.0.1:0"))
      let port = try Blocking.result(on: runtime) {
        Result {
          _ = try durability.attach(to: server, notice: { _ in })
          return try server.listen(at: address).port
        }
      }.get()
      defer {
        disk.gate.withLock { $0 = .open }
        Blocking.result(on: runtime) {
          server.stop()
          durability.close()
        }
        runtime.shutdown()
      }
      disk.gate.withLock { $0 = .armed }
      let (writer, saver) = (try RawClient(port: port), try RawClient(port: port))
      writer.send("SET a 1\n")
      while disk.gate.withLock({ $0 != .waiting }) { sched_yield() }
      while Blocking.result(on: runtime, of: { server.heldBatches }) == 0 { sched_yield() }
      saver.send("SAVE\n")
      // The sync of the first is still waited for; that of SAVE took it along.
      #expect(try saver.read(upTo: "\r\n") == "+OK\r\n")
      #expect(try writer.read(upTo: "\r\n") == "+OK\r\n")
      #expect(disk.gate.withLock { $0 == .waiting })
      disk.gate.withLock { $0 = .open }
      // Slices come later, so the checkpoint runs when INFO is answered.
      saver.send("INFO persistence\nBGSAVE x\nBGSAVE SCHEDULE x\nBGSAVE\nINFO persistence\n")
      #expect(try saver.read(upTo: "rdb_last_save_time").contains("rdb_bgsave_in_progress:0"))
      let later = try saver.read(upTo: "rdb_last_save_time")
      #expect(later.components(separatedBy: "-ERR syntax error").count == 3)
      #expect(later.contains("+Background saving started"))
      #expect(later.contains("rdb_bgsave_in_progress:1"))
    }
  }
}
