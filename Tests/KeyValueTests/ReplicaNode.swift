import CRDT
import KeyValue
import Networking
import Primitives
import RESP
import TestSupport
import Testing

/// A node of a model network: a store whose log is a list, and its replication.
final class ReplicaNode {
  let number: Int
  let identity: NodeIdentity
  let address: String
  /// Milliseconds that its clock is ahead of the network's.
  var skew: Int64 = 0
  var core: KeyValueCore
  var replication: ReplicationCore
  var session: ClientSession
  var isUp = false
  /// What is on its disk.
  var log: [[KeyValueEffect]] = []
  var book = MemberBook()
  var notices: [ReplicationNotice] = []
  var sessions = 0
  var purges = 0
  private var replies = ReplyBuffer()

  static let identities = (0..<70).map { index in
    NodeIdentity(key: PublicKey(raw: Hash256(words: (UInt64(index + 1) << 32, 7, 7, 7))))
  }

  init(_ number: Int, at milliseconds: UInt64, _ settings: ReplicationSettings) {
    self.number = number
    identity = Self.identities[number]
    address = "n\(number)"
    core = KeyValueCore(Self.settings(number, settings), at: milliseconds)
    replication = ReplicationCore(settings)
    session = ClientSession(
      id: 1, address: "a", localAddress: "b", at: milliseconds, isAuthenticated: true)
  }

  private static func settings(_ number: Int, _ settings: ReplicationSettings) -> KeyValueSettings {
    var own = KeyValueSettings(
      replica: ReplicaID(UInt64(number + 1)), tableKey: SipKey(low: UInt64(number), high: 7),
      seed: UInt64(number), keepsTombstones: true)
    own.clockAheadMax = settings.clockAheadMax
    return own
  }

  /// Begins again with what is on its disk.
  func restart(at milliseconds: UInt64, _ settings: ReplicationSettings) {
    core = KeyValueCore(Self.settings(number, settings), at: milliseconds)
    for batch in log {
      core.beginBatch(at: milliseconds)
      for effect in batch {
        do { _ = try core.load(effect) } catch { Issue.record("\(error)") }
      }
      core.finishBatch()
      core.endBatch()
    }
    replication = ReplicationCore(settings, book: book)
  }

  /// A batch; what it wrote is on the disk.
  func batch(at milliseconds: UInt64, _ work: (inout KeyValueCore) -> Void) -> [KeyValueEffect] {
    core.beginBatch(at: milliseconds)
    work(&core)
    core.finishBatch()
    let effects = core.effects
    if !effects.isEmpty { log.append(effects) }
    core.endBatch()
    return effects
  }

  func execute(_ request: [[UInt8]], _ core: inout KeyValueCore) -> RESPReply? {
    replies.clear(keeping: 0)
    var bytes: [UInt8] = []
    RequestWriter.append(request, to: &bytes)
    var parser = RequestParser()
    bytes.withUnsafeBytes { window in
      guard case .request = parser.next(in: window) else { return }
      parser.withArguments(in: window) { _ = core.execute($0, for: &session, into: &replies) }
    }
    return try? ReplyParser.reply(in: replies.bytes)?.reply
  }

  var entries: [KeyValueEffect] { LoggedStore.entries(core) }
  var live: [KeyValueEffect] { entries.filter { if case .set = $0 { true } else { false } } }
  var root: Hash256 { core.root() }
  var floor: UInt64 { core.floor }
}
