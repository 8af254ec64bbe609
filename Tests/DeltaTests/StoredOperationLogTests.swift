import CRDT
import Delta
import Primitives
import Storage
import TestSupport
import Testing

/// A counter of all operations and its log in one store.
private struct StoredRun {
  static let state = Namespace("delta-tests/state")
  static let bounds = LogBounds(operations: 16)
  /// The operations that other replicas have done.
  private let source: [LoggedOperation]
  private let store: MemoryStore
  private var stored: StoredOperationLog
  private var generator: SeededGenerator
  private var taken = 0

  init(_ disk: MemoryDisk, seed: UInt64) throws {
    store = try MemoryStore(on: disk, owner: DeltaSamples.owner)
    stored = try store.read { snapshot throws(StorageError) in
      try StoredRun.open(snapshot)
    }
    generator = SeededGenerator(seed: seed)
    var other = OperationLog(author: DeltaSamples.b)
    var fixed = SeededGenerator(seed: 77)
    for _ in 0..<80 { try other.append(kind: 2, DeltaSamples.operation(&fixed)) }
    source = try other.generateDelta(from: VersionVector()).operations
    taken = Int(stored.log.version[DeltaSamples.b])
  }

  static func open(
    _ snapshot: borrowing StoreSnapshot
  ) throws(StorageError) -> StoredOperationLog {
    try StoredOperationLog(
      name: "delta-tests/log", author: DeltaSamples.a, bounds: bounds, in: snapshot)
  }

  /// One transaction: some operations, perhaps acknowledged.
  mutating func step() throws {
    let (own, others, peer) = (generator.below(3), generator.below(4), generator.below(6))
    let bytes = DeltaSamples.operation(&generator)
    let planned = try store.write { transaction throws(StorageError) -> LogChanges in
      var changes = LogChanges()
      let log = stored.log
      do throws(DeltaError) {
        for _ in 0..<own { try log.append(kind: 1, bytes, to: &changes) }
        let news = Array(source[taken..<min(source.count, taken + others)])
        try log.take(news, to: &changes)
        if peer < 3 {
          var known = log.version
          if peer == 2 { known = log.stable ?? VersionVector() }
          try log.acknowledge(known, by: peer == 0 ? DeltaSamples.b : DeltaSamples.c, to: &changes)
        }
        if peer == 3 { log.forget(DeltaSamples.c, to: &changes) }
        if peer == 4 {
          try log.adopt(
            DeltaSamples.vector([(DeltaSamples.c, log.version[DeltaSamples.c] + 2)]),
            to: &changes)
        }
      } catch { preconditionFailure("\(error)") }
      let count = UInt64(changes.appended.count)
      let key = Self.state.key()
      let before = try transaction.value(of: key).map { ReplicaID.bits($0) } ?? 0
      try transaction.put(key, ReplicaID(before + count).wireBytes)
      try stored.write(&changes, in: &transaction)
      return changes
    }
    stored.commit(planned)
    taken = Int(stored.log.version[DeltaSamples.b])
  }

  /// What the next operation would stand on.
  static func causes(_ log: OperationLog) throws -> [Dot] {
    var next = log
    let dot = try next.append(kind: 9, [])
    return next.operation(dot)?.causes ?? []
  }

  var log: OperationLog { stored.log }

  /// What memory says, to be compared with what the store says.
  var picture: LogPicture { LogPicture(stored.log) }

  func crash() { store.crash() }
}

extension ReplicaID {
  fileprivate static func bits(_ bytes: [UInt8]) -> UInt64 {
    bytes.reduce(0) { $0 << 8 | UInt64($1) }
  }
}

/// All that a log says of itself.
private struct LogPicture: Equatable {
  let operations: [LoggedOperation]
  let version: VersionVector
  let reach: VersionVector
  let peers: [ReplicaID: VersionVector]
  let extent: LogExtent

  init(_ log: OperationLog) {
    operations = (try? log.generateDelta(from: log.reach).operations) ?? []
    version = log.version
    reach = log.reach
    peers = Dictionary(
      uniqueKeysWithValues: log.peers.map { ($0, log.acknowledged(by: $0) ?? VersionVector()) })
    extent = log.extent
  }
}

@Suite struct StoredOperationLogTests {
  private static func read(_ disk: MemoryDisk) throws -> (log: OperationLog, state: UInt64) {
    let store = try MemoryStore(on: disk, owner: DeltaSamples.owner)
    defer { try? store.close() }
    return try store.read { snapshot throws(StorageError) in
      let value = try snapshot.value(of: StoredRun.state.key())
      return (
        try StoredRun.open(snapshot).log, value.map { ReplicaID.bits($0) } ?? 0
      )
    }
  }

  @Test func log_shouldBeReadAsItWasWritten() throws {
    for seed in 0..<20 as Range<UInt64> {
      let disk = MemoryDisk()
      var run = try StoredRun(disk, seed: seed)
      for step in 0..<20 {
        try run.step()
        run.crash()
        let before = run.picture
        let read = try Self.read(disk).log
        #expect(LogPicture(read) == before, "seed \(seed), step \(step)")
        // When the last own operation is let go, what it knew is forgotten: more is named.
        let (known, named) = (try StoredRun.causes(run.log), try StoredRun.causes(read))
        #expect(Set(named).isSuperset(of: known), "seed \(seed), step \(step)")
        run = try StoredRun(disk, seed: seed &+ UInt64(step) * 100)
      }
    }
  }

  @Test func stateAndLog_shouldBeOfOneTransaction_whereverTheProcessCrashes() throws {
    for seed in 1...3 as ClosedRange<UInt64> {
      let calm = MemoryDisk()
      var run = try StoredRun(calm, seed: seed)
      var pictures = [run.picture]
      for _ in 0..<8 {
        try run.step()
        pictures.append(run.picture)
      }
      for point in 1...calm.writes {
        for fault in [StorageFaults.Write.failed, .crashBefore, .crashAfter, .torn] {
          let disk = MemoryDisk()
          disk.faults.writes[point] = fault
          var run = try StoredRun(disk, seed: seed)
          for _ in 0..<8 {
            // What was planned and not stored is forgotten; the next step plans anew.
            do { try run.step() } catch { break }
          }
          run.crash()
          let found = try Self.read(disk)
          let picture = LogPicture(found.log)
          #expect(pictures.contains(picture), "seed \(seed), \(fault) at \(point)")
          let adopted = picture.version[DeltaSamples.c]
          let done = picture.version[DeltaSamples.a] + picture.version[DeltaSamples.b]
          #expect(found.state == done, "seed \(seed), \(fault) at \(point), \(adopted)")
        }
      }
    }
  }

  /// A peer that names other replicas each time leaves nothing that cannot be read again.
  @Test func versionsOfStrangers_shouldLeaveTheStoreReadable() throws {
    let disk = MemoryDisk()
    let store = try MemoryStore(on: disk, owner: DeltaSamples.owner)
    var stored = try store.read { snapshot throws(StorageError) in try StoredRun.open(snapshot) }
    for round in UInt64(0)..<3 {
      let most = UInt64(CRDTLimits.replicasMax) - 1
      var version = DeltaSamples.vector([(DeltaSamples.a, 1)])
      for number in 0..<most { version.raise(ReplicaID(round << 32 | number), to: .max) }
      let planned = try store.write { transaction throws(StorageError) -> LogChanges in
        var changes = LogChanges()
        do throws(DeltaError) {
          if round == 0 { try stored.log.append(kind: 1, [7], to: &changes) }
          try stored.log.acknowledge(version, by: DeltaSamples.b, to: &changes)
        } catch { preconditionFailure("\(error)") }
        try stored.write(&changes, in: &transaction)
        return changes
      }
      stored.commit(planned)
      let known = stored.log.acknowledged(by: DeltaSamples.b)
      #expect(known == DeltaSamples.vector([(DeltaSamples.a, 1)]))
    }
    store.crash()
    #expect(try LogPicture(Self.read(disk).log) == LogPicture(stored.log))
  }

  @Test func damagedRecord_shouldBeFoundAndNamed() throws {
    let disk = MemoryDisk()
    var run = try StoredRun(disk, seed: 4)
    for _ in 0..<6 { try run.step() }
    run.crash()
    let store = try MemoryStore(on: disk, owner: DeltaSamples.owner)
    let records = try store.read { snapshot throws(StorageError) in try snapshot.records() }
      .filter { $0.key.namespace.name == "delta-tests/log" }
    #expect(records.count > 8)
    func fault(of record: StoreRecord, _ value: [UInt8]?) throws -> StorageError? {
      try store.write { transaction throws(StorageError) in
        if let value {
          try transaction.put(record.key, value)
        } else {
          try transaction.delete(record.key)
        }
      }
      defer {
        _ = try? store.write { transaction throws(StorageError) in
          try transaction.put(record.key, record.value)
        }
      }
      do {
        _ = try store.read { snapshot throws(StorageError) in try StoredRun.open(snapshot) }
        return nil
      } catch { return error }
    }
    for record in records {
      let name = Hex.string(record.key.bytes)
      let cut = try #require(try fault(of: record, Array(record.value.dropLast())), "\(name)")
      #expect("\(cut)".contains(name), "\(cut)")
      let more = try #require(try fault(of: record, record.value + [0]))
      #expect("\(more)".contains(name), "\(more)")
      let isPeer = record.key.bytes[0] == UInt8(ascii: "p")
      // That a peer was never heard of cannot be seen.
      #expect((try fault(of: record, nil) == nil) == isPeer, "\(name)")
    }
    // As it was it is read again.
    #expect(try fault(of: records[0], records[0].value) == nil)
  }
}
