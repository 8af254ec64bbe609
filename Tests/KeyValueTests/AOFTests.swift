import CRDT
import Glibc
import KeyValue
import Primitives
import RESP
import Streams
import TestSupport
import Testing

/// AOF files of Redis, read and written.
@Suite struct AOFTests {
  private static let identity = StoreIdentity(store: .zero, replica: ReplicaID(5))

  private static func aof(_ requests: String...) -> [UInt8] {
    requests.reduce(into: []) { bytes, request in
      RequestWriter.append(request.split(separator: " ").map { Array($0.utf8) }, to: &bytes)
    }
  }

  private func write(_ bytes: [UInt8], _ path: String) throws {
    var file = try NewFile(path: path)
    try file.append(bytes)
  }

  /// Imports bytes; gives what there is then.
  private func imported(_ bytes: [UInt8]) throws -> (AOFImport, [String: (String, UInt64)]) {
    let folder = TemporaryFolder()
    try write(bytes, folder.path + "/a.aof")
    let disk = MemoryDisk()
    let done = try AOFImport(
      folder.path + "/a.aof", into: disk, as: Self.identity, at: LoggedStore.now)
    return (done, try values(disk))
  }

  private func values(_ disk: any LogDisk) throws -> [String: (String, UInt64)] {
    var values: [String: (String, UInt64)] = [:]
    for entry in try LoggedStore.entries(of: disk) {
      guard case .set(let key, .bytes, let value, _, let expiry) = entry else { continue }
      values[String(decoding: key, as: UTF8.self)] =
        (String(decoding: value, as: UTF8.self), expiry)
    }
    return values
  }

  private func refusal(_ bytes: [UInt8]) throws -> LogError {
    do { _ = try imported(bytes) } catch let error as LogError { return error }
    throw LogError(.missing, "", "nothing was refused")
  }

  @Test func import_shouldExecuteWhatRedisWrites() throws {
    var bytes = Self.aof(
      "SELECT 0", "SET a 1", "INCR a", "APPEND a x", "MSET b 1 c 2", "DEL b",
      "PEXPIREAT c 2000000", "SET d 1 PXAT 3000000", "EXPIRE d 100")
    bytes += Array("#TS:1700000000\r\n".utf8)
    bytes += Self.aof("MULTI", "SET e 1", "SET f 2", "EXEC", "SET g 1", "PEXPIREAT g 5")
    let (done, values) = try imported(bytes)
    #expect(done.keys == 5 && done.requests == 13 && done.tail == nil)
    #expect(values.mapValues { $0.0 } == ["a": "2x", "c": "2", "d": "1", "e": "1", "f": "2"])
    #expect(values["c"]?.1 == 2_000_000 && values["d"]?.1 == LoggedStore.now + 100_000)
  }

  @Test func whatCannotBeExecuted_shouldBeNamedWithItsByte_andNothingStored() throws {
    let good = Self.aof("SET a 1")
    for (bad, word) in [
      (Self.aof("LPUSH l 1"), "LPUSH"), (Self.aof("SELECT 3"), "index"),
      (Self.aof("EXEC"), "MULTI"), (Self.aof("MULTI", "MULTI"), "within"),
      (Array("SET a 1\r\n".utf8), "no request"), (Array("*1\r\n:5\r\n".utf8), "expected"),
      (Self.aof("SAVE"), "no write"),
    ] {
      let error = try refusal(good + bad)
      #expect(error.kind == .refused && error.what.contains(word), "\(error)")
      #expect((error.byte ?? 0) >= good.count, "\(error)")
    }
    let preamble = try refusal(Array("REDIS0010".utf8) + good)
    #expect(preamble.what.contains("aof-use-rdb-preamble no"))
    let note = try refusal(
      [UInt8](repeating: UInt8(ascii: "#"), count: RESPLimits.lineBytesMax + 2))
    #expect(note.what.contains("does not end"))
    let folder = TemporaryFolder()
    try write(good + Self.aof("LPUSH l 1"), folder.path + "/a.aof")
    let disk = MemoryDisk()
    #expect(throws: LogError.self) {
      try AOFImport(folder.path + "/a.aof", into: disk, as: Self.identity, at: 1)
    }
    #expect(disk.files.isEmpty)
  }

  @Test func tail_shouldBeLeftOutAndNamed_asInRedis() throws {
    let (first, second) = (Self.aof("SET a 1"), Self.aof("MULTI", "SET b 2"))
    let (cut, values) = try imported(first + second.dropLast(3))
    #expect(values.keys.sorted() == ["a"])
    #expect(cut.tail?.byte == first.count)
    let (open, others) = try imported(first + second)
    #expect(others.keys.sorted() == ["a"])
    #expect(open.tail?.byte == first.count && open.tail?.what.contains("EXEC") == true)
    let large = Self.aof("SET big \(String(repeating: "v", count: 3 << 20))")
    let (half, none) = try imported(Array(large.dropLast(2 << 20)))
    #expect(none.isEmpty && half.tail?.byte == 0)
  }

  @Test func batches_shouldBeCut_andTransactionsLimited() throws {
    var bytes: [UInt8] = []
    for number in 0..<(3 * KeyValueLimits.importedPerBatch) {
      bytes += Self.aof("SET k\(number) \(number)")
    }
    #expect(try imported(bytes).1.count == 3 * KeyValueLimits.importedPerBatch)
    var large = Self.aof("MULTI")
    let request = Self.aof("SET k 1")
    for _ in 0...KeyValueLimits.transactionRequestsMax { large += request }
    #expect(try refusal(large).what.contains("too large"))
    let value = String(repeating: "v", count: 60 << 20)
    let heavy = Self.aof("SET k \(value)")
    var reader = AOFReader("a", at: 1)
    var core = KeyValueCore(
      KeyValueSettings(replica: ReplicaID(1), tableKey: SipKey(low: 1, high: 2), seed: 3), at: 1)
    var many = Self.aof("MULTI")
    for _ in 0...KeyValueLimits.transactionBytesMax / heavy.count { many += heavy }
    var message = ""
    do { _ = try reader.run(&core, many) } catch { message = "\(error)" }
    #expect(message.contains("too large"))
  }

  @Test func manifest_shouldNameTheFiles_inTheirOrder() throws {
    let text = """
      file a.1.base.aof seq 1 type b
      file a.0.base.aof seq 0 type h
      file a.1.incr.aof seq 1 type i
      file a.2.incr.aof seq 2 type i

      """
    #expect(
      try AOFFiles.files(Array(text.utf8), of: "m")
        == ["a.1.base.aof", "a.1.incr.aof", "a.2.incr.aof"])
    for bad in [
      "file ../x seq 1 type b", "file x seq y type b", "nonsense", "file x seq 1 type q",
      "file x seq 1 type b\nfile y seq 2 type b", "file x seq 2 type i\nfile y seq 1 type i",
    ] {
      #expect(throws: LogError.self, "\(bad)") { try AOFFiles.files(Array(bad.utf8), of: "m") }
    }
  }

  @Test func directoryOfRedis7_shouldBeLoaded_andOnlyItsLastFileMayBeTorn() throws {
    let folder = TemporaryFolder()
    try write(
      Array("file b.aof seq 1 type b\nfile i.aof seq 1 type i\n".utf8),
      folder.path + "/appendonly.aof.manifest")
    try write(Self.aof("SET a 1", "SET b 1"), folder.path + "/b.aof")
    try write(Self.aof("INCR a") + [42], folder.path + "/i.aof")
    let disk = MemoryDisk()
    let done = try AOFImport(folder.path, into: disk, as: Self.identity, at: LoggedStore.now)
    #expect(try values(disk).mapValues { $0.0 } == ["a": "2", "b": "1"])
    #expect(done.tail?.bytes == 1)
    let other = TemporaryFolder()
    try write(
      Array("file b.aof seq 1 type b\nfile i.aof seq 1 type i\n".utf8),
      other.path + "/appendonly.aof.manifest")
    try write(Self.aof("SET a 1") + [42], other.path + "/b.aof")
    try write(Self.aof("INCR a"), other.path + "/i.aof")
    #expect(throws: LogError.self) {
      try AOFImport(other.path, into: MemoryDisk(), as: Self.identity, at: 1)
    }
    let empty = TemporaryFolder()
    #expect(throws: LogError.self) {
      try AOFImport(empty.path, into: MemoryDisk(), as: Self.identity, at: 1)
    }
    try write(
      [UInt8](repeating: 10, count: KeyValueLimits.manifestBytesMax + 1),
      empty.path + "/x.manifest")
    #expect(throws: LogError.self) {
      try AOFImport(empty.path, into: MemoryDisk(), as: Self.identity, at: 1)
    }
  }

  @Test(arguments: 0..<8 as Range<UInt64>)
  func export_shouldGiveTheSameStore_whenItIsImported(seed: UInt64) throws {
    var random = SeededGenerator(seed: seed)
    let disk = MemoryDisk()
    let store = try LoggedStore(disk, .no)
    for _ in 0..<40 { store.batch(LoggedStore.requests(&random)) }
    // Of strings that stand side by side the newest is written, and other types are left out.
    store.batch("CRDT.SET register text", "CRDT.SADD members x")
    let folder = TemporaryFolder()
    let path = folder.path + "/out.aof"
    let export = try AOFExport(from: disk, to: path, at: LoggedStore.now)
    let other = MemoryDisk()
    _ = try AOFImport(path, into: other, as: Self.identity, at: LoggedStore.now)
    var expected = try values(disk)
    expected["register"] = ("text", 0)
    let found = try values(other)
    #expect(found.keys.sorted() == expected.keys.sorted())
    for (key, value) in expected { #expect(found[key]! == value, "\(key)") }
    #expect(export.keys == expected.count && export.leftOut == 1)
    #expect(throws: LogError.self) { try AOFExport(from: disk, to: path, at: 1) }
  }
}
