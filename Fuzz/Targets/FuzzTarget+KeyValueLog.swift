import CRDT
import Glibc
import KeyValue
import Locking
import Primitives
import RESP

/// A directory with one file, which cannot be changed.
private final class FuzzDisk: LogDisk {
  let path = "fuzz"
  private let name: String
  private let bytes: [UInt8]

  init(_ name: String, _ bytes: [UInt8]) { (self.name, self.bytes) = (name, bytes) }

  private func refusal() -> DiskError { DiskError(doing: .written, file: path, code: EROFS) }

  func names() -> [String] { [name] }
  func size(of name: String) -> Int { bytes.count }
  func read(_ name: String, at offset: Int, count: Int) -> [UInt8] {
    Array(bytes.dropFirst(offset).prefix(count))
  }
  func create(_ name: String) throws(DiskError) -> any LogDiskFile { throw refusal() }
  func rename(_ name: String, to target: String) throws(DiskError) { throw refusal() }
  func remove(_ name: String) throws(DiskError) { throw refusal() }
  func truncate(_ name: String, to bytes: Int) throws(DiskError) { throw refusal() }
  func synchronize() throws(DiskError) { throw refusal() }
}

extension FuzzTarget {
  /// Log files and AOF files of the key-value store.
  static let keyValueFiles: [FuzzTarget] = [log, aof, values, merges]

  /// Values of one key at two replicas.
  private static func replicatedValues() -> [ReplicatedValue] {
    var values = [ReplicatedValue(.init()), ReplicatedValue(.init())]
    for number in 1...24 as ClosedRange<UInt64> {
      let index = Int(number % 2)
      let time = HybridTime(ticks: number << 16, replica: ReplicaID(number % 2))
      let word = [UInt8(number % 3)]
      let operations: [ORMap.Operation] = [
        .update([], .addWinsSet(.add(word))), .update([], .addWinsSet(.remove(word))),
        .update([], .counter(.add(Int64(number)))), .update([], .multiValue(.write(word))),
        .update([], .map(.update(word, .counter(.add(1))))),
        .update([], .map(.update(word, .multiValue(.write(word))))),
      ]
      try? values[index].apply(operations[Int(number) % operations.count], at: time)
      if number == 9 { values[index].replace(.bytes(word), at: time, expiry: 99) }
      if number == 15 { values[index].raiseHorizon(to: 4 << 16) }
      if number == 18 { values[index].expire() }
    }
    var both = values[0]
    try? both.merge(values[1])
    return values + [both]
  }

  private static let values = wire(
    "wire-key-value", [.init(ReplicatedValue.self) { replicatedValues() }])

  /// Two values, whatever they say, merge to one that can be read again, from both sides.
  private static let merges = FuzzTarget(
    "key-value-merge",
    seeds: {
      let values = replicatedValues().map(\.wireBytes)
      return [
        [UInt8(truncatingIfNeeded: values[0].count)] + values[0] + values[1],
        [UInt8(truncatingIfNeeded: values[1].count)] + values[1] + values[2],
      ]
    },
    check: { input in
      let bytes = Array(input.dropFirst())
      let cut = min(Int(input.first ?? 0), bytes.count)
      guard let one = try? ReplicatedValue(wireBytes: Array(bytes[..<cut])),
        let two = try? ReplicatedValue(wireBytes: Array(bytes[cut...]))
      else { return }
      var (both, other) = (one, two)
      do throws(CRDTError) {
        try both.merge(two)
        try other.merge(one)
      } catch { return }
      try demand(both == other, "the order of a merge matters")
      let again = try? ReplicatedValue(wireBytes: both.wireBytes)
      try demand(again == both, "a merged value cannot be read")
    })

  private static func core() -> KeyValueCore {
    KeyValueCore(
      KeyValueSettings(replica: ReplicaID(1), tableKey: SipKey(low: 1, high: 2), seed: 3), at: 1)
  }

  /// A log: the bytes that a small store wrote.
  private static func logFile() -> [UInt8] {
    let disk = KeptDisk()
    let identity = StoreIdentity(store: .zero, replica: ReplicaID(1))
    guard
      let log = try? DurableLog(
        disk, identity, mode: .always, worker: InlineLogWorker(), last: 0)
    else { return [] }
    var core = core()
    for batch in 1...4 as ClosedRange<UInt64> {
      core.beginBatch(at: batch)
      for key in 1...3 as ClosedRange<UInt8> {
        let version = HybridTime(ticks: batch << 16, replica: ReplicaID(2))
        let effect: KeyValueEffect =
          key == 2
          ? .delete(key: [key], version: version)
          : .set(key: [key], kind: .bytes, value: [key, 9], version: version, expiry: batch)
        _ = try? core.load(effect)
      }
      core.finishBatch()
      _ = log.commit(core, batch: batch)
      core.endBatch()
    }
    return disk.content.withLock { $0 }
  }

  private static let log = FuzzTarget(
    "key-value-log", seeds: { [logFile()] },
    check: { input in
      let name = "log-0000000000000001"
      for repair in [false, true] {
        var core = core()
        var recovery = KeyValueRecovery(
          FuzzDisk(name, input), repair: repair, isReadOnly: true)
        do throws(LogError) { try recovery.run(into: &core, at: 1) } catch {
          try demand(error.file.hasPrefix("fuzz"), "an error that names no file: \(error)")
          continue
        }
        let last = recovery.report.lastFrame
        try demand(last <= UInt64(input.count), "\(last) frames in \(input.count) bytes")
        if let tail = recovery.report.tornTail {
          try demand(tail.byte + tail.bytes == input.count, "\(tail) of \(input.count)")
        }
      }
    })

  private static let aof = FuzzTarget(
    "key-value-aof",
    seeds: {
      [
        RequestWriter.bytes("SELECT", "0") + RequestWriter.bytes("SET", "a", "1")
          + RequestWriter.bytes("MULTI") + RequestWriter.bytes("INCR", "a")
          + RequestWriter.bytes("EXEC") + Array("#TS:1\r\n".utf8)
          + RequestWriter.bytes("PEXPIREAT", "a", "99")
      ]
    },
    check: { input in
      var core = core()
      var reader = AOFReader("a", at: 1)
      do throws(LogError) {
        let tail = try reader.run(&core, input)
        if let tail {
          try? demand(tail.byte < input.count, "\(tail) of \(input.count)")
        }
      } catch {
        try demand(error.byte ?? 0 <= input.count, "\(error) of \(input.count)")
      }
      try demand(core.liveCount <= input.count, "more keys than bytes")
    })
}

/// A directory whose last file is kept.
private final class KeptDisk: LogDisk {
  final class File: LogDiskFile {
    private let disk: KeptDisk
    init(_ disk: KeptDisk) { self.disk = disk }
    func append(_ bytes: UnsafeRawBufferPointer) {
      let copy = Array(bytes)
      disk.content.withLock { $0 += copy }
    }
    func truncate(to bytes: Int) {}
    func synchronize() {}
  }

  let path = "fuzz"
  let content = Lock<[UInt8]>([])

  func names() -> [String] { [] }
  func size(of name: String) -> Int { 0 }
  func read(_ name: String, at offset: Int, count: Int) -> [UInt8] { [] }
  func create(_ name: String) -> any LogDiskFile { File(self) }
  func rename(_ name: String, to target: String) {}
  func remove(_ name: String) {}
  func truncate(_ name: String, to bytes: Int) {}
  func synchronize() {}
}
