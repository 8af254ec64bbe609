import CRDT
import EventLog
import Glibc
import KeyValue
import Locking
import Networking
import Primitives
import RESP
import Runtime
import TestSupport
import Testing
import Transport

/// A server with replication over sockets of this host, on a loop of its own.
final class ClusterNode: Sendable {
  private final class Lines: Sendable {
    let all = Lock<[String]>([])
  }

  let runtime: EventLoopRuntime
  let server: KeyValueServer
  let shell: ReplicationShell
  let sink = MemorySink()
  private let lines = Lines()
  /// Where clients come.
  let port: UInt16
  /// Where replicas come: KEY@HOST:PORT.
  let place: String

  /// - Parameter peers: places of others, with or without a key.
  init(
    _ index: UInt8, peers: [String] = [], clusterKey: ClusterKey = .open,
    members: String? = nil, listen: String = "127.0.0.1:0", advertised: [String] = []
  ) throws {
    let runtime = try EventLoopRuntime()
    var settings = KeyValueSettings(
      replica: ReplicaID(UInt64(index)), tableKey: SipKey(low: 1, high: UInt64(index)), seed: 3,
      keepsTombstones: true)
    settings.port = 1
    let server = KeyValueServer(runtime: runtime, settings: settings, notice: { _ in })
    var plan = ReplicationPlan(identity: KeyPair(seed: Blake2b256.hash([index])))
    plan.name = "n\(index)"
    plan.listen = [try #require(SocketAddress(listen))]
    plan.advertised = advertised
    plan.peers = peers.map { text in
      let parts = text.split(separator: "@").map(String.init)
      let key = parts.count == 2 ? Hash256(hex: parts[0]).map { PublicKey(raw: $0) } : nil
      return ReplicationPeer(key: key.map { NodeIdentity(key: $0) }, address: parts.last ?? "")
    }
    plan.clusterKey = clusterKey
    plan.membersFile = members
    plan.roundInterval = .milliseconds(200)
    plan.recorder = EventRecorder(sink: sink, context: EventContext(node: "n", actor: "kv"))
    let shell = ReplicationShell(
      plan, of: server, links: SocketMaker(runtime: runtime)
    ) { [lines] line in lines.all.withLock { $0.append(line) } }
    (self.runtime, self.server, self.shell) = (runtime, server, shell)
    let address = try #require(SocketAddress("127.0.0.1:0"))
    (place, port) = try Blocking.result(on: runtime) {
      Result { (try shell.start()[0], try server.listen(at: address).port) }
    }.get()
  }

  /// Ends it, as a process would.
  func stop() {
    let (server, shell) = (server, shell)
    Blocking.result(on: runtime) {
      shell.stop()
      server.stop()
    }
    runtime.shutdown()
  }

  var key: String { String(place.prefix { $0 != "@" }) }
  /// HOST:PORT of `place`.
  var address: String { String(place.drop { $0 != "@" }.dropFirst()) }
  /// What the operator was told.
  var notices: [String] { lines.all.withLock { $0 } }
  var events: [Event] { sink.events }

  func client() throws -> ClusterClient { try ClusterClient(port) }

  /// One request on a connection of its own.
  func ask(_ words: String...) throws -> RESPReply { try client().ask(words) }

  /// A fact of SYNC.STATUS.
  func fact(_ name: String) throws -> String? { try ask("SYNC.STATUS").facts[name] }

  var isDigestKnown: RESPReply? { try? ask("SYNC.DIGEST") }

  /// Waits until something is true that must become so.
  static func wait(
    _ what: String = "", until condition: () throws -> Bool,
    location: SourceLocation = #_sourceLocation
  ) rethrows {
    for _ in 0..<12_000 {
      if try condition() { return }
      usleep(5_000)
    }
    Issue.record("it does not become true: \(what)", sourceLocation: location)
  }

  static func waitUntilEqual(
    _ nodes: ClusterNode..., location: SourceLocation = #_sourceLocation
  ) throws {
    try wait(
      "equal",
      until: {
        let digests = try nodes.map { try $0.ask("SYNC.DIGEST") }
        return digests.allSatisfy { $0 == digests[0] }
      }, location: location)
  }
}

/// A client that reads whole replies.
final class ClusterClient {
  private let raw: RawClient

  init(_ port: UInt16) throws { raw = try RawClient(port: port) }

  func send(_ words: [String]) {
    var bytes: [UInt8] = []
    RequestWriter.append(words.map { Array($0.utf8) }, to: &bytes)
    raw.send(bytes)
  }

  func ask(_ words: [String]) throws -> RESPReply {
    send(words)
    return try reply()
  }

  func ask(_ words: String...) throws -> RESPReply { try ask(words) }

  func reply() throws -> RESPReply {
    var bytes: [UInt8] = []
    while true {
      bytes += try raw.read(count: 1)
      if let (reply, _) = try ReplyParser.reply(in: bytes) { return reply }
    }
  }
}

extension RESPReply {
  /// The pairs of a map of texts and numbers.
  var facts: [String: String] {
    guard case .array(let items) = self else { return [:] }
    var facts: [String: String] = [:]
    for index in stride(from: 0, to: items.count - 1, by: 2) {
      facts[items[index].word] = items[index + 1].word
    }
    return facts
  }

  var word: String {
    if case .integer(let number) = self { return "\(number)" }
    return text ?? ""
  }
}
