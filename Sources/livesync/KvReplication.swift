import EventLog
import KeyValue
import Networking
import Primitives
import Production
import Runtime
import Streams
import Transport

/// What the arguments of `livesync kv` say of other replicas.
struct KvReplication {
  static let options: [CommandSpecification.Option] = [
    .init("--replicate", "ADDR", help: "where other replicas come", isList: true),
    .init("--advertise", "ADDR", help: "where other replicas reach this one", isList: true),
    .init("--peer", "[KEY@]HOST:PORT", help: "a replica to keep a connection to", isList: true),
    .init("--cluster-key", "FILE", help: "what the replicas prove to each other"),
    .init("--anti-entropy", "HOW", help: "full, merkle or auto (auto)"),
    .init("--anti-entropy-interval", "MS", help: "between two rounds with a replica (5000)"),
    .init("--tombstone-age", "TIME", help: "how long a silent replica is waited for (10d)"),
    .init("--clock-ahead-max", "MS", help: "how far another's clock may be ahead (7200000)"),
    .init("--siblings", help: "keep values that were written at the same time side by side"),
    .init("--name", "NAME", help: "what the other replicas call this one"),
    .init("--metrics", "ADDR", help: "serve /metrics there"),
    .init("--events", "FILE", help: "write the event log to this file"),
  ]

  /// Where a replica is, and the key that it must show, if that was said.
  struct Peer: Hashable {
    var key: PublicKey?
    var place: SocketPlace
  }

  var listen: [SocketAddress] = []
  /// Where others are told to come; empty: to `listen`.
  var advertised: [String] = []
  var peers: [Peer] = []
  /// 32 bytes; nil: everybody on this machine belongs to the cluster.
  var clusterKey: Hash256?
  var mode = AntiEntropyMode.auto
  var intervalMilliseconds: UInt64 = 5_000
  var tombstoneAge: Duration = .seconds(10 * 86_400)
  var clockAheadMilliseconds: UInt64 = 7_200_000
  var name = ""

  /// Nil if the arguments name no other replicas.
  init?(_ arguments: Arguments) throws {
    listen = try arguments.texts("--replicate").map { text in
      guard let address = SocketAddress(text) else {
        throw UsageError("option '--replicate' needs ADDRESS:PORT, not '\(text)'")
      }
      return address
    }
    advertised = try arguments.texts("--advertise").map(Self.advertised)
    peers = try arguments.texts("--peer").map(Self.peer)
    if let word = arguments.text("--anti-entropy") {
      guard let mode = AntiEntropyMode(rawValue: word) else {
        throw UsageError("option '--anti-entropy' needs full, merkle or auto, not '\(word)'")
      }
      self.mode = mode
    }
    let interval: UInt64? = try arguments.number("--anti-entropy-interval", in: 10...86_400_000)
    intervalMilliseconds = interval ?? intervalMilliseconds
    let ahead: UInt64? = try arguments.number("--clock-ahead-max", in: 0...86_400_000)
    clockAheadMilliseconds = ahead ?? clockAheadMilliseconds
    if let word = arguments.text("--tombstone-age") { tombstoneAge = try Self.age(word) }
    name = try Self.name(arguments)
    clusterKey = try arguments.text("--cluster-key").map(KvClusterKey.read)
    guard !listen.isEmpty || !peers.isEmpty else {
      try Self.refuseAlone(arguments)
      return nil
    }
    guard advertised.isEmpty || !listen.isEmpty else {
      throw UsageError("option '--advertise' needs '--replicate'")
    }
    guard advertised.count <= KeyValueLimits.memberAddressesMax else {
      throw UsageError(
        "option '--advertise' can be given \(KeyValueLimits.memberAddressesMax) times")
    }
    try checkOpenness()
  }

  /// Options that mean nothing without other replicas.
  private static func refuseAlone(_ arguments: Arguments) throws(UsageError) {
    let others = options.map(\.name).filter {
      !["--replicate", "--peer", "--siblings", "--metrics", "--events", "--name"].contains($0)
    }
    for name in others where arguments.text(name) != nil {
      throw UsageError("option '\(name)' needs '--replicate' or '--peer'")
    }
  }

  /// Without a cluster key whoever connects is a replica, so nobody elsewhere may.
  private func checkOpenness() throws(UsageError) {
    guard clusterKey == nil else { return }
    if let open = listen.first(where: { !$0.isLoopback }) {
      throw UsageError(
        "'--replicate \(open)' is open to other machines: it needs '--cluster-key'")
    }
    let far = peers.first { peer in
      switch peer.place {
      case .address(let address): !address.isLoopback
      case .name(let host, _): "\(host)" != "localhost"
      }
    }
    if let far {
      throw UsageError("'--peer \(far.place)' is another machine: it needs '--cluster-key'")
    }
  }

  private static func advertised(_ text: String) throws(UsageError) -> String {
    guard let place = SocketPlace(text), place.port != 0,
      text.utf8.count <= KeyValueLimits.addressBytesMax
    else { throw UsageError("option '--advertise' needs HOST:PORT, not '\(text)'") }
    if case .address(let address) = place, address.host.isAny {
      throw UsageError("option '--advertise': nobody can connect to '\(text)'")
    }
    return "\(place)"
  }

  private static func peer(_ text: String) throws(UsageError) -> Peer {
    var (key, rest): (PublicKey?, Substring) = (nil, text[...])
    if let at = text.firstIndex(of: "@") {
      guard let hash = Hash256(hex: text[..<at]) else {
        throw UsageError("option '--peer': a key has 64 hexadecimal digits, not '\(text[..<at])'")
      }
      (key, rest) = (PublicKey(raw: hash), text[text.index(after: at)...])
    }
    guard let place = SocketPlace(String(rest)), place.port != 0 else {
      throw UsageError("option '--peer' needs [KEY@]HOST:PORT, not '\(text)'")
    }
    return Peer(key: key, place: place)
  }

  private static func file(_ directory: String, _ name: String) -> String {
    directory + (directory.hasSuffix("/") ? "" : "/") + name
  }

  /// The keys in a data directory, which are made if there are none.
  static func identity(in directory: String) throws(UsageError) -> KeyPair {
    do throws(KeyFileError) { return try KeyFile.nodeKey(at: file(directory, "node.key")) } catch {
      throw UsageError("\(error)")
    }
  }

  /// Whether a data directory was that of a replica.
  static func wasReplica(_ directory: String) -> Bool {
    (try? RegularFile(path: file(directory, "members"))) != nil
  }

  func plan(
    _ identity: KeyPair, directory: String?, recorder: EventRecorder
  ) -> ReplicationPlan {
    var plan = ReplicationPlan(identity: identity)
    plan.name = name
    plan.listen = listen
    plan.advertised = advertised
    plan.peers = peers.map {
      ReplicationPeer(key: $0.key.map { NodeIdentity(key: $0) }, address: "\($0.place)")
    }
    plan.clusterKey = clusterKey.map { ClusterKey($0) } ?? .open
    plan.mode = mode
    plan.roundInterval = .milliseconds(intervalMilliseconds)
    plan.tombstoneAge = tombstoneAge
    plan.clockAheadMax = clockAheadMilliseconds
    plan.membersFile = directory.map { Self.file($0, "members") }
    plan.recorder = recorder
    return plan
  }

  /// A number with a unit: ms, s, m, h or d.
  private static func age(_ text: String) throws(UsageError) -> Duration {
    let digits = text.prefix { $0.isASCII && $0.isNumber }
    let units: [String: Int64] = [
      "ms": 1, "s": 1_000, "m": 60_000, "h": 3_600_000, "d": 86_400_000,
    ]
    guard let number = Int64(digits), let unit = units[String(text.dropFirst(digits.count))],
      (1_000...315_360_000_000).contains(number.multipliedReportingOverflow(by: unit).partialValue),
      !number.multipliedReportingOverflow(by: unit).overflow
    else {
      throw UsageError(
        "option '--tombstone-age' needs a time from 1s to 3650d, such as 36h, not '\(text)'")
    }
    return .milliseconds(number * unit)
  }

  /// What the other replicas call this one, and the event log.
  static func name(_ arguments: Arguments) throws(UsageError) -> String {
    let text = arguments.text("--name") ?? ""
    let isPlain = text.utf8.allSatisfy { (33...126).contains($0) && $0 != UInt8(ascii: "=") }
    guard isPlain, text.utf8.count <= KeyValueLimits.memberNameBytesMax else {
      throw UsageError(
        "option '--name' needs at most \(KeyValueLimits.memberNameBytesMax) "
          + "printable ASCII characters without blank and =")
    }
    return text
  }
}

/// The file that all replicas of a cluster have.
enum KvClusterKey {
  /// 64 digits and a line feed, of which an editor may have made CR and LF.
  private static let bytesMax = 66

  static func read(_ path: String) throws -> Hash256 {
    var bytes: [UInt8]
    do throws(StreamError) { bytes = try SecretFile.read(path: path, limit: bytesMax) } catch {
      throw UsageError("option '--cluster-key': \(error)")
    }
    defer { Secrets.wipe(&bytes) }
    let text = bytes.prefix { $0 != 10 && $0 != 13 }
    guard bytes.dropFirst(text.count).allSatisfy({ $0 == 10 || $0 == 13 }),
      let key = Hash256(hex: String(decoding: text, as: UTF8.self)), key != .zero
    else {
      throw UsageError("option '--cluster-key': '\(path)' is no line of 64 hexadecimal digits")
    }
    return key
  }

  static func create(_ path: String) throws(StreamError) {
    var secret = SystemEntropy.bytes(Hash256.byteCount)
    defer { Secrets.wipe(&secret) }
    var line = Array((Hex.string(secret) + "\n").utf8)
    defer { Secrets.wipe(&line) }
    try SecretFile.create(path: path, line)
  }
}

/// `livesync kv key FILE`
enum KvKeyCommand: Command {
  static let specification = CommandSpecification(
    name: "kv key",
    summary: "Make the key that the replicas of a key-value store prove to each other.",
    positionals: ["FILE"],
    options: [],
    notes: [
      "FILE must not be there; its mode is 600. Copy it to each replica, by a way that nobody else",
      "reads, and name it with '--cluster-key'.",
    ])

  static func run(_ arguments: Arguments) throws -> ExitCode {
    let path = arguments.positionals[0]
    try KvClusterKey.create(path)
    if arguments.wantsJSON {
      Console.printJSON(DbJSON.text(["file": path]))
    } else {
      Console.print("written to \(PrintableText.line(path))")
    }
    return .pass
  }
}
