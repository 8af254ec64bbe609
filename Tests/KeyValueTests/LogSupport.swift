import CRDT
import Glibc
import KeyValue
import Primitives
import RESP
import TestSupport
import Testing

/// A directory in memory that fails, tears, and forgets what was not synced.
///
/// `@unchecked Sendable`: tests use one thread.
final class MemoryDisk: LogDisk, @unchecked Sendable {
  final class Inode {
    var data: [UInt8] = []
    /// What is on the disk.
    var durable: [UInt8] = []
    /// Bytes that a failed sync lost; nobody is told again.
    var lost: [Range<Int>] = []
    /// The file was cut since the last sync, so what lies before is not sure either.
    var cutTo: Int?
  }

  enum NameChange {
    case link(String, Inode)
    case unlink(String)
  }

  /// What happens at one call.
  enum Fault {
    /// It fails, after so many bytes of a write.
    case error(Int32, written: Int)
    /// The process ends in it, after so many bytes of a write.
    case crash(written: Int)
  }

  let path = "memory"
  var files: [String: Inode] = [:]
  private var durableFiles: [String: Inode] = [:]
  private var changes: [NameChange] = []
  /// Calls that change something.
  private(set) var calls = 0
  private(set) var log: [String] = []
  var faults: [Int: Fault] = [:]
  /// Whether every write fails with this.
  var fullWith: Int32?
  private(set) var isDead = false
  var onCreate: () -> Void = {}
  /// Planted: syncs do nothing.
  var forgetsSyncs = false
  /// Planted: cuts take this many bytes more.
  var cutsMore = 0
  /// Planted: what is to be renamed is removed first, and renames come late.
  var removesBeforeRename = false
  private var lateRename: (String, String)?

  /// Counts a call; gives how many bytes of a write are done before it fails.
  private func call(_ doing: DiskError.Call, _ name: String) throws(DiskError) -> (Int, DiskError)?
  {
    guard !isDead else { throw DiskError(doing: doing, file: name, code: EIO) }
    defer { calls += 1 }
    log.append("\(doing) \(name)")
    switch faults[calls] {
    case .error(let code, let written):
      return (written, DiskError(doing: doing, file: name, code: code))
    case .crash(let written):
      isDead = true
      return (written, DiskError(doing: doing, file: name, code: EIO))
    case nil: return nil
    }
  }

  private func inode(_ name: String) throws(DiskError) -> Inode {
    guard let inode = files[name] else {
      throw DiskError(doing: .read, file: name, code: ENOENT)
    }
    return inode
  }

  func names() -> [String] { Array(files.keys) }
  func size(of name: String) throws(DiskError) -> Int { try inode(name).data.count }

  func read(_ name: String, at offset: Int, count: Int) throws(DiskError) -> [UInt8] {
    let data = try inode(name).data
    guard offset < data.count else { return [] }
    return Array(data[offset..<min(data.count, offset + count)])
  }

  func create(_ name: String) throws(DiskError) -> any LogDiskFile {
    if let (_, error) = try call(.made, name) { throw error }
    guard files[name] == nil else { throw DiskError(doing: .made, file: name, code: EEXIST) }
    onCreate()
    let inode = Inode()
    files[name] = inode
    changes.append(.link(name, inode))
    return File(self, inode, name)
  }

  func rename(_ name: String, to target: String) throws(DiskError) {
    if removesBeforeRename, name.hasPrefix("checkpoint"), lateRename == nil {
      lateRename = (name, target)
      return
    }
    if let (_, error) = try call(.renamed, name) { throw error }
    let inode = try inode(name)
    files[name] = nil
    files[target] = inode
    changes += [.unlink(name), .link(target, inode)]
  }

  func remove(_ name: String) throws(DiskError) {
    guard files[name] != nil else { return }
    if let (_, error) = try call(.removed, name) { throw error }
    files[name] = nil
    changes.append(.unlink(name))
  }

  func truncate(_ name: String, to bytes: Int) throws(DiskError) {
    let file = File(self, try inode(name), name)
    try file.truncate(to: max(0, bytes - cutsMore))
    try file.synchronize()
  }

  func synchronize() throws(DiskError) {
    if let (_, error) = try call(.synced, "names") { throw error }
    if let (name, target) = lateRename {
      // What came before goes first.
      for old in files.keys
      where old.hasPrefix("log-") && old < files.keys.filter({ $0.hasPrefix("log-") }).max()! {
        try remove(old)
      }
      changes = []
      durableFiles = files
      try rename(name, to: target)
      lateRename = nil
    }
    if forgetsSyncs { return }
    changes = []
    durableFiles = files
  }

  private final class File: LogDiskFile, @unchecked Sendable {
    private let disk: MemoryDisk
    private let inode: Inode
    private let name: String

    init(_ disk: MemoryDisk, _ inode: Inode, _ name: String) {
      (self.disk, self.inode, self.name) = (disk, inode, name)
    }

    func append(_ bytes: UnsafeRawBufferPointer) throws(DiskError) {
      if let code = disk.fullWith {
        inode.data += bytes.prefix(bytes.count / 2)
        throw DiskError(doing: .written, file: name, code: code)
      }
      if let (written, error) = try disk.call(.written, name) {
        inode.data += bytes.prefix(min(written, bytes.count))
        throw error
      }
      inode.data += bytes
    }

    func truncate(to bytes: Int) throws(DiskError) {
      if let (_, error) = try disk.call(.cut, name) { throw error }
      inode.data.removeLast(inode.data.count - bytes)
      inode.cutTo = min(inode.cutTo ?? bytes, bytes)
    }

    func synchronize() throws(DiskError) {
      if let (_, error) = try disk.call(.synced, name) {
        if inode.data.count > inode.durable.count {
          inode.lost.append(inode.durable.count..<inode.data.count)
        }
        throw error
      }
      if disk.forgetsSyncs { return }
      inode.durable = inode.data
      inode.cutTo = nil
      for range in inode.lost {
        for byte in range where byte < inode.durable.count { inode.durable[byte] = 0 }
      }
    }
  }

  /// The directory that the next process finds.
  /// - Parameter random: nil if the machine goes on; else what was not synced is there in part.
  func afterCrash(powerLoss random: inout SeededGenerator, _ isPowerLoss: Bool) -> MemoryDisk {
    let disk = MemoryDisk()
    guard isPowerLoss else {
      for (name, inode) in files { disk.put(name, inode.data) }
      return disk
    }
    var names = durableFiles
    for change in changes.prefix(random.below(changes.count + 1)) {
      switch change {
      case .link(let name, let inode): names[name] = inode
      case .unlink(let name): names[name] = nil
      }
    }
    for (name, inode) in names.sorted(by: { $0.key < $1.key }) {
      var data = inode.durable
      if let cut = inode.cutTo, cut < data.count { data.removeLast(data.count - cut) }
      let rest = inode.data.count > data.count ? inode.data[data.count...] : []
      data += rest.prefix(random.below(rest.count + 1))
      disk.put(name, data)
    }
    return disk
  }

  func put(_ name: String, _ data: [UInt8]) {
    let inode = Inode()
    (inode.data, inode.durable) = (data, data)
    files[name] = inode
    durableFiles[name] = inode
  }

  func copy() -> MemoryDisk {
    let disk = MemoryDisk()
    for (name, inode) in files { disk.put(name, inode.data) }
    return disk
  }
}

/// A worker whose work waits until a test does it.
final class DelayedWorker: LogWorker {
  private var waiting: [(work: @Sendable () -> DiskError?, done: (DiskError?) -> Void)] = []

  func run(
    _ work: @escaping @Sendable () -> DiskError?, done: @escaping (DiskError?) -> Void
  ) { waiting.append((work, done)) }

  func doOne() {
    guard !waiting.isEmpty else { return }
    let (work, done) = waiting.removeFirst()
    done(work())
  }

  func doAll() { while !waiting.isEmpty { doOne() } }
}

/// A core with a log, and what it was after each batch.
final class LoggedStore {
  static let identity = StoreIdentity(
    store: Hash256(words: (1, 2, 3, 4)), replica: ReplicaID(7))
  static let now: UInt64 = 1_000_000

  let log: DurableLog
  let worker: DelayedWorker?
  var core: KeyValueCore
  private var session = ClientSession(
    id: 1, address: "a", localAddress: "b", at: now, isAuthenticated: true)
  private var replies = ReplyBuffer()
  /// The entries after each batch; the first before all.
  private(set) var states: [[KeyValueEffect]]
  /// The last frame of each batch.
  private(set) var frames: [UInt64]
  /// Batches that were acknowledged: all up to this one.
  private(set) var acknowledged = 0
  private(set) var failures: [String] = []

  /// - Parameter isDelayed: whether syncs wait for `worker`.
  init(
    _ disk: any LogDisk, _ mode: FsyncMode, keepsTombstones: Bool = true, isDelayed: Bool = false,
    segmentBytes: Int = 600
  ) throws(LogError) {
    let recovered = try Self.recover(disk, keepsTombstones: keepsTombstones, isReadOnly: false)
    worker = isDelayed ? DelayedWorker() : nil
    log = try DurableLog(
      disk, Self.identity, mode: mode, worker: worker ?? InlineLogWorker(),
      last: recovered.report.lastFrame, logBytes: recovered.report.logBytes,
      segmentBytes: segmentBytes)
    core = recovered.core
    states = [Self.entries(core)]
    frames = [recovered.report.lastFrame]
    log.committed = { [unowned self] in acknowledged = max(acknowledged, Int($0)) }
    log.failed = { [unowned self] in failures.append($0) }
  }

  struct Recovered: ~Copyable {
    var core: KeyValueCore
    let report: RecoveryReport
  }

  static func recover(
    _ disk: any LogDisk, keepsTombstones: Bool = true, repair: Bool = false, isReadOnly: Bool = true
  ) throws(LogError) -> Recovered {
    let settings = KeyValueSettings(
      replica: identity.replica, tableKey: SipKey(low: 3, high: 7), seed: 1,
      keepsTombstones: keepsTombstones)
    var core = KeyValueCore(settings, at: now)
    var recovery = KeyValueRecovery(disk, repair: repair, isReadOnly: isReadOnly)
    try recovery.run(into: &core, at: now)
    return Recovered(core: core, report: recovery.report)
  }

  static func entries(_ core: borrowing KeyValueCore) -> [KeyValueEffect] {
    var all: [KeyValueEffect] = []
    core.forEachEntry { all.append($0.effect) }
    return all.sorted { $0.key.lexicographicallyPrecedes($1.key) }
  }

  static func entries(
    of disk: any LogDisk, keepsTombstones: Bool = true, repair: Bool = false
  ) throws(LogError) -> [KeyValueEffect] {
    let recovered = try recover(disk, keepsTombstones: keepsTombstones, repair: repair)
    return entries(recovered.core)
  }

  var wantsCheckpoint: Bool { log.wantsCheckpoint(core) }
  var lastTicks: UInt64 { core.lastTicks }
  func startCheckpoint() throws(LogError) { try log.startCheckpoint(core) }

  /// Executes requests of words as one batch.
  @discardableResult
  func batch(_ requests: String...) -> CommitOutcome { batch(requests) }

  @discardableResult
  func batch(_ requests: [String], isKept: Bool = true) -> CommitOutcome {
    core.beginBatch(at: Self.now)
    for request in requests {
      replies.clear(keeping: 0)
      var bytes: [UInt8] = []
      RequestWriter.append(request.split(separator: " ").map { Array($0.utf8) }, to: &bytes)
      var parser = RequestParser()
      bytes.withUnsafeBytes { window in
        guard case .request = parser.next(in: window) else { return }
        parser.withArguments(in: window) {
          _ = core.execute($0, for: &session, into: &replies)
        }
      }
    }
    core.finishBatch()
    guard core.hasEffects else {
      core.endBatch()
      return .done
    }
    let outcome = log.commit(core, batch: UInt64(states.count))
    core.endBatch()
    guard isKept else { return outcome }
    states.append(Self.entries(core))
    // What failed may be written later, or never.
    let hasFailed = if case .failed = outcome { true } else { false }
    frames.append(hasFailed ? .max : log.written)
    if outcome == .done { acknowledged = states.count - 1 }
    if case .failed(let reason) = outcome { core.writeRefusal = reason }
    return outcome
  }

  /// The same without keeping what the store was then.
  func quietly(_ requests: [String]) {
    let outcome = batch(requests, isKept: false)
    #expect(outcome == .done)
  }

  /// Takes a write of another replica as one batch.
  func apply(_ effect: KeyValueEffect) {
    core.beginBatch(at: Self.now)
    do { _ = try core.apply(effect) } catch { Issue.record("\(error)") }
    core.finishBatch()
    _ = log.commit(core, batch: UInt64(states.count))
    core.endBatch()
  }

  /// Some random requests.
  static func requests(_ random: inout SeededGenerator) -> [String] {
    (0...random.below(3)).map { _ in
      let key = "k\(random.below(8))"
      switch random.below(12) {
      case 0: return "DEL \(key)"
      case 1: return "INCR n\(random.below(3))"
      case 2: return "APPEND \(key) \(random.below(100))"
      case 3: return "PEXPIRE \(key) \(1 + random.below(100_000))"
      case 4: return "MSET a\(random.below(4)) 1 b\(random.below(4)) 2 c 3"
      case 5: return random.chance(20) ? "FLUSHALL" : "PERSIST \(key)"
      case 6: return "SET \(key) \(String(repeating: "x", count: random.below(300)))"
      default: return "SET \(key) \(random.below(1_000))"
      }
    }
  }
}
