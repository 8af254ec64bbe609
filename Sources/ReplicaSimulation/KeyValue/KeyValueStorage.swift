import CRDT
import KeyValue
import Primitives
import RESP
import Runtime
import Storage

/// The store of one process of a world: core and log on the simulated disk, with every write synced
/// before it counts.
///
/// `@unchecked Sendable`: a world uses it on one thread.
final class KeyValueStorage: KeyValueHost, @unchecked Sendable {
  let files: StoredFiles
  private let log: DurableLog
  var core: KeyValueCore
  /// The time by the wall clock, in milliseconds since 1970.
  var milliseconds: UInt64
  /// Whether the log can only go on after a restart.
  private(set) var isBroken = false
  private var hasResumed = false
  private var batches: UInt64 = 0
  private var session: ClientSession
  private var replies = ReplyBuffer()

  init(
    _ files: StoredFiles, _ settings: KeyValueNodeSettings, _ moment: inout ReplicaMoment
  ) throws(StorageError) {
    self.files = files
    milliseconds = moment.milliseconds
    session = ClientSession(
      id: 1, address: "client", localAddress: "replica", at: milliseconds, isAuthenticated: true)
    let fresh = StoreIdentity(
      store: Hash256(words: (moment.random.next(), 0, 0, 0)),
      replica: ReplicaID(moment.random.next()))
    var own = KeyValueSettings(
      replica: fresh.replica,
      tableKey: SipKey(low: moment.random.next(), high: moment.random.next()),
      seed: moment.random.next(), keepsTombstones: true)
    own.keepsSiblings = settings.keepsSiblings
    var core = KeyValueCore(own, at: milliseconds)
    do throws(LogError) {
      let store = try KeyValueRecovery.identity(of: files)?.store ?? fresh.store
      var recovery = KeyValueRecovery(files, repair: false, isReadOnly: false)
      try recovery.run(into: &core, at: milliseconds)
      log = try DurableLog(
        files, StoreIdentity(store: store, replica: fresh.replica),
        mode: settings.planted == .unsyncedAnswer ? .no : .always, worker: InlineLogWorker(),
        last: recovery.report.lastFrame, logBytes: recovery.report.logBytes, segmentBytes: 2_000)
      if !recovery.report.distrusted.isEmpty { try log.renew(core, at: milliseconds) }
    } catch {
      if files.isClosed { throw .closed }
      throw files.takeRefusal()
        ? .fullDisk("a replica") : .corrupted("a replica", record: "\(error)")
    }
    self.core = core
    log.failed = { [unowned self] _ in isBroken = true }
    log.resumed = { [unowned self] in hasResumed = true }
  }

  // MARK: Batches

  func withCore<Output, Failure: Error>(
    _ body: (inout KeyValueCore) throws(Failure) -> Output
  ) throws(Failure) -> Output { try body(&core) }

  func commit(
    _ body: (inout KeyValueCore) -> Void, then done: @escaping @Sendable (String?) -> Void
  ) { done(core.writeRefusal ?? write(body).refusal) }

  /// Writes in a batch.
  /// - Parameter isLogged: false: planted.
  /// - Returns: why it is not safe, and the keys that were written.
  func write(
    isLogged: Bool = true, _ body: (inout KeyValueCore) -> Void
  ) -> (refusal: String?, keys: [[UInt8]]) {
    core.beginBatch(at: milliseconds)
    body(&core)
    core.finishBatch()
    batches += 1
    let outcome =
      core.hasEffects && isLogged ? log.commit(core, batch: batches) : CommitOutcome.done
    let keys = core.effects.map(\.key).filter { !$0.isEmpty }
    core.endBatch()
    switch outcome {
    case .done: return (nil, keys)
    case .waiting: return ("it waits for a sync", keys)
    case .failed(let reason):
      core.writeRefusal = reason
      return (reason, keys)
    }
  }

  /// Time has passed.
  /// - Returns: whether everything is being written anew now.
  func tick(startsCheckpoint: Bool) -> Bool {
    log.tick()
    if hasResumed { core.writeRefusal = nil }
    hasResumed = false
    var hasBegun = false
    if startsCheckpoint, !log.isRunning, core.writeRefusal == nil {
      do throws(LogError) {
        try log.startCheckpoint(core)
        hasBegun = true
      } catch { return false }
    }
    if log.isRunning { _ = log.stepCheckpoint(core, at: milliseconds) }
    return hasBegun
  }

  func close() { log.close() }

  // MARK: Clients

  /// Executes a request.
  func execute(
    _ words: [String]
  ) -> (reply: RESPReply?, refusal: String?, keys: [[UInt8]]) {
    var bytes: [UInt8] = []
    RequestWriter.append(words.map { Array($0.utf8) }, to: &bytes)
    replies.clear(keeping: 0)
    let (refusal, keys) = write { core in
      var parser = RequestParser()
      bytes.withUnsafeBytes { window in
        guard case .request = parser.next(in: window) else { return }
        parser.withArguments(in: window) {
          _ = core.execute($0, for: &session, into: &replies)
        }
      }
    }
    return (try? ReplyParser.reply(in: replies.bytes)?.reply, refusal, keys)
  }

  func effect(of key: String) -> KeyValueEffect? {
    guard case .effect(let effect)? = core.pushItem(of: Array(key.utf8)) else { return nil }
    return effect
  }

  /// The commands whose values are shown under a key.
  func siblings(_ key: String) -> EventSet {
    guard case .array(let items)? = execute(["SYNC.SIBLINGS", key]).reply else { return EventSet() }
    return EventSet(items.compactMap { $0.text.flatMap { Int($0.dropFirst()) } })
  }

  /// All that is held. Reads by commands, which write nothing: these keys do not expire.
  func content(keepsSiblings: Bool) -> HeldContent {
    var content = HeldContent()
    content.floor = core.floor
    core.forEachEntry { content.entries.append($0.effect) }
    content.entries.sort { $0.key.lexicographicallyPrecedes($1.key) }
    for effect in content.entries {
      let key = String(decoding: effect.key, as: UTF8.self)
      switch key.first {
      case "c":
        if case .integer(let sum)? = execute(["CRDT.COUNT", key]).reply {
          content.counters[key] = sum
        }
      case "m":
        guard case .array(let items)? = execute(["CRDT.HGETALL", key]).reply else { continue }
        for place in stride(from: 0, to: items.count - 1, by: 2) {
          guard let name = items[place].text, let sum = items[place + 1].text.flatMap({ Int64($0) })
          else { continue }
          content.counters["\(key)/\(name)"] = sum
        }
      case "s":
        if case .array(let members)? = execute(["CRDT.SMEMBERS", key]).reply {
          content.members = Set(members.compactMap(\.text))
        }
      case "k" where keepsSiblings: content.siblings[key] = siblings(key)
      default:
        content.strings[key] = effect
        content.versions[key] = effect.version
      }
    }
    return content
  }
}
