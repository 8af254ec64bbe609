import CRDT
import KeyValue
import Primitives
import RESP
import Storage
import TestSupport
import Testing

/// Values of which only what changed is logged.
@Suite struct PartLogTests {
  private func bytes(_ disk: MemoryDisk) -> Int {
    disk.files.values.reduce(0) { $0 + $1.data.count }
  }

  private let large = String(repeating: "v", count: 100_000)

  @Test func aLargeValue_shouldBeLoggedInPart_whenAPartChanged() throws {
    let disk = MemoryDisk()
    let store = try LoggedStore(disk, .no, segmentBytes: 1 << 20)
    store.batch("SET a \(large)")
    for requests in [
      ["APPEND a tail"], ["PEXPIRE a 50000"], ["PERSIST a"], ["PEXPIREAT a 9000000"],
      ["APPEND a x", "APPEND a y", "PEXPIRE a 100000", "APPEND a z"],
    ] {
      let before = bytes(disk)
      store.batch(requests)
      #expect(bytes(disk) - before < 200, "\(requests)")
      #expect(try LoggedStore.entries(of: disk) == LoggedStore.entries(store.core), "\(requests)")
    }
    // Whatever else is done to it, it is logged as a whole.
    for requests in [
      ["APPEND a x", "SET a \(large)", "APPEND a y"], ["DEL a", "SET a \(large)", "PEXPIRE a 900"],
      ["PEXPIRE a 90000", "GETDEL a"], ["APPEND new \(large)", "PERSIST new"],
    ] {
      store.batch(requests)
      #expect(try LoggedStore.entries(of: disk) == LoggedStore.entries(store.core), "\(requests)")
    }
    // One byte less is a small value.
    for (count, isPart) in [(-1, false), (0, true)] {
      let value = String(repeating: "w", count: KeyValueLimits.partlyLoggedBytesMin + count)
      store.batch("SET b \(value)")
      let before = bytes(disk)
      store.batch("PEXPIRE b 9000")
      #expect((bytes(disk) - before < 200) == isPart, "\(value.count)")
    }
  }

  @Test func replicas_shouldBeToldWholeValues() {
    var node = Node()
    node("SET a \(large)")
    node("APPEND a x")
    node("PEXPIRE a 1000")
    for batch in node.log {
      guard case .set(_, _, let value, _, _)? = batch.first else {
        Issue.record("\(batch)")
        continue
      }
      #expect(value.count >= large.utf8.count)
    }
  }

  /// A checkpoint in the midst of a batch has a version that was never logged.
  @Test func save_shouldHaveTheRestOfItsBatchLoggedWhole() throws {
    let disk = MemoryDisk()
    let store = try LoggedStore(disk, .no)
    store.batch("SET a \(large)")
    var session = ClientSession(
      id: 1, address: "a", localAddress: "b", at: LoggedStore.now, isAuthenticated: true)
    var replies = ReplyBuffer()
    func append() {
      RequestWriter.bytes("APPEND", "a", "x").withUnsafeBytes { window in
        var parser = RequestParser()
        guard case .request = parser.next(in: window) else { return }
        parser.withArguments(in: window) {
          _ = store.core.execute($0, for: &session, into: &replies)
        }
      }
    }
    store.core.beginBatch(at: LoggedStore.now)
    append()
    store.core.forgetParts()
    try store.log.save(store.core, at: LoggedStore.now)
    append()
    store.core.finishBatch()
    #expect(store.log.commit(store.core, batch: 2) == .done)
    store.core.endBatch()
    #expect(try LoggedStore.entries(of: disk) == LoggedStore.entries(store.core))
  }

  @Test func aChange_shouldBeRefused_ifWhatItWasMadeOfIsNotThere() throws {
    var node = Node(keepsTombstones: true)
    node("SET a value")
    guard case .set(let key, _, _, let version, _)? = node.log.first?.first else { return }
    let later = HybridTime(ticks: version.ticks + 5, replica: version.replica)
    func change(_ key: [UInt8], _ base: HybridTime, _ bytes: Int, at time: HybridTime)
      -> ValueChange
    {
      ValueChange(
        key: key, version: time, expiry: 0, base: ValueBase(version: base, bytes: bytes),
        appended: [0x21])
    }
    let earlier = HybridTime(ticks: version.ticks - 1, replica: version.replica)
    for wrong in [change(key, earlier, 5, at: later), change(key, version, 4, at: later)] {
      #expect(throws: UnknownBase.self) { try node.core.load(wrong) }
    }
    // What is held already, and what was deleted later on.
    try node.core.load(change(key, earlier, 5, at: version))
    try node.core.load(change([1], earlier, 5, at: later))
    #expect(node("GET a") == .text("value") && node("DBSIZE") == .integer(1))
    try node.core.load(change(key, version, 5, at: later))
    #expect(node("GET a") == .text("value!"))
    #expect(node.core.lastTicks >= later.ticks)
    node("DEL a")
    #expect(node.entries.count == 1)
  }

  @Test func filesOfTheFirstFormat_shouldBeRead() throws {
    let disk = MemoryDisk()
    let store = try LoggedStore(disk, .no)
    for number in 0..<20 { store.batch("SET k\(number) \(number)", "DEL k\(number / 2)") }
    try store.log.save(store.core, at: LoggedStore.now)
    for number in 0..<20 { store.batch("INCR k\(number)") }
    for (name, inode) in disk.files.sorted(by: { $0.key < $1.key }) {
      disk.put(name, inFirstFormat(inode.data))
    }
    #expect(try LoggedStore.entries(of: disk) == LoggedStore.entries(store.core))
    let later = try LoggedStore(disk, .no)
    later.batch("SET after 1")
    #expect(try LoggedStore.entries(of: disk) == LoggedStore.entries(later.core))
  }

  /// A file with the header of format 1, and the checksums that follow from it.
  private func inFirstFormat(_ file: [UInt8]) -> [UInt8] {
    func sum(_ bytes: [UInt8]) -> [UInt8] {
      var checksum = Checksum()
      bytes.withUnsafeBytes { checksum.add($0) }
      return withUnsafeBytes(of: checksum.value.littleEndian) { Array($0) }
    }
    var bytes = file
    bytes[8] = 1
    let header = LogHeader.bytes
    let seed = sum(Array(bytes[..<(header - 4)]))
    bytes.replaceSubrange((header - 4)..<header, with: seed)
    var place = header
    while place < bytes.count {
      let length = Array(bytes[place..<place + 4])
      let end = place + 8 + length.reversed().reduce(0) { $0 << 8 | Int($1) }
      bytes.replaceSubrange(
        (place + 4)..<(place + 8), with: sum(seed + length + bytes[(place + 8)..<end]))
      place = end
    }
    return bytes
  }
}
