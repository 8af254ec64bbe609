import CRDT
import KeyValue
import Primitives
import Runtime
import Streams
import Transport

/// `livesync kv`
enum KvCommand: Command {
  static let specification = CommandSpecification(
    name: "kv",
    summary: "Run a key-value node that clients of Redis talk to, alone or as a replica.",
    positionals: [],
    options: [
      .init("--listen", "ADDR", help: "where clients come (127.0.0.1:3000)"),
      .init("--requirepass", "WORD", help: "the password that clients have to give"),
      .init("--maxclients", "N", help: "connections at a time (10000)"),
    ] + KvData.options + KvReplication.options,
    notes: [
      "Speaks RESP2 and RESP3, and lines for nc. Without '--data' its keys are gone when it",
      "ends. Without a password it listens on this machine only. Prints where it listens, and as",
      "KEY@ADDR where other replicas come; SIGTERM, SIGINT and the command SHUTDOWN end it.",
      "",
      "Replicas are equal by themselves: each tells the others of its writes, and they compare",
      "all they hold now and then. One '--peer' is enough to join a cluster. Without a cluster key",
      "('livesync kv key FILE') replicas are of this machine only. With KEY@ only that key is",
      "talked to; without, the first one that is found at the address is kept.",
      "Exit codes: 0 ended in order, 2 unusable arguments or an address that is taken, 3 a data",
      "directory that cannot be opened, 5 ended in order, but the event log is not whole.",
    ])

  static func run(_ arguments: Arguments) throws -> ExitCode {
    let setup = try KvSetup(arguments)
    let durability = try KvData.durability(arguments)
    let identity = try setup.identity()
    return try Blocking.result {
      let runtime = try EventLoopRuntime()
      defer { runtime.shutdown() }
      let node = try KvNode(setup, durability, identity, runtime)
      return try await node.run()
    }
  }
}

/// What the arguments of `livesync kv` say, but for the data directory.
struct KvSetup {
  let address: SocketAddress
  let password: String?
  let clients: Int?
  let wantsJSON: Bool
  let directory: String?
  /// Nil without other replicas.
  let replication: KvReplication?
  let name: String
  let metrics: SocketAddress?
  let events: String?
  let keepsSiblings: Bool

  init(_ arguments: Arguments) throws {
    let word = arguments.text("--listen") ?? "127.0.0.1:3000"
    guard let address = SocketAddress(word) else {
      throw UsageError("option '--listen' needs ADDRESS:PORT, not '\(word)'")
    }
    self.address = address
    password = arguments.text("--requirepass")
    guard password?.isEmpty != true else {
      throw UsageError("option '--requirepass' needs a word that is not empty")
    }
    guard password != nil || address.isLoopback else {
      throw UsageError("'--listen \(word)' is open to other machines: it needs '--requirepass'")
    }
    clients = try arguments.number("--maxclients", in: 1...1_000_000)
    wantsJSON = arguments.wantsJSON
    directory = arguments.text("--data")
    replication = try KvReplication(arguments)
    name = try KvReplication.name(arguments)
    metrics = try arguments.text("--metrics").map { text in
      guard let address = SocketAddress(text) else {
        throw UsageError("option '--metrics' needs ADDRESS:PORT, not '\(text)'")
      }
      return address
    }
    events = arguments.text("--events")
    keepsSiblings = arguments.flag("--siblings")
  }

  /// The keys that other replicas know this one by: those of the data directory, or new ones.
  func identity() throws -> KeyPair {
    guard replication != nil, let directory else {
      let bytes = SystemEntropy.bytes(Hash256.byteCount)
      return KeyPair(seed: bytes.withUnsafeBytes { Hash256(loading: $0) })
    }
    return try KvReplication.identity(in: directory)
  }

  func settings(_ durability: KeyValueDurability?) -> KeyValueSettings {
    let secret = SystemEntropy.bytes(32)
    func word(_ place: Int) -> UInt64 {
      secret[8 * place..<8 * place + 8].reduce(0) { $0 << 8 | UInt64($1) }
    }
    var settings = KeyValueSettings(
      replica: durability?.identity.replica ?? ReplicaID(word(0)),
      tableKey: SipKey(low: word(1), high: word(2)), seed: word(3),
      password: password.map { Array($0.utf8) },
      // Whoever was a replica may be one again, and others may have what is deleted meanwhile.
      keepsTombstones: replication != nil || directory.map(KvReplication.wasReplica) ?? false,
      clientsMax: clients ?? KeyValueLimits.clientsDefault,
      programVersion: BuildIdentity.build.version)
    settings.fsync = durability?.fsync.rawValue
    settings.keepsSiblings = keepsSiblings
    if let replication { settings.clockAheadMax = replication.clockAheadMilliseconds }
    return settings
  }
}
