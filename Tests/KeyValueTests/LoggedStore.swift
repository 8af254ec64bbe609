import CRDT
import Glibc
import KeyValue
import Primitives
import RESP
import TestSupport
import Testing

/// A worker whose work waits until a test does it.
final class DelayedWorker: LogWorker {
  private var waiting: [(work: @Sendable () -> DiskError?, done: (DiskError?) -> Void)] = []

  func run(
    _ work: @escaping @Sendable () -> DiskError?, done: @escaping (DiskError?) -> Void
  ) { waiting.append((work, done)) }

  /// Whether `gather` waits until a test says so.
  var holdsGathering = false
  private(set) var gathered: [() -> Void] = []

  func gather(_ done: @escaping () -> Void) {
    if holdsGathering { gathered.append(done) } else { done() }
  }

  func endGathering() {
    let all = gathered
    gathered = []
    for done in all { done() }
  }

  var isIdle: Bool { waiting.isEmpty }

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
    if !recovered.report.distrusted.isEmpty { try log.renew(core, at: Self.now) }
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
      case 6:
        // Some so long that changes of them are logged in part.
        let bytes = random.chance(50) ? 4_090 + random.below(20) : random.below(300)
        return "SET \(key) \(String(repeating: "x", count: bytes))"
      default: return "SET \(key) \(random.below(1_000))"
      }
    }
  }
}
