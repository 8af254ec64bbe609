import Daemon
import EventLog
import Foundation
import Ledger
import Locking
import Primitives
import Production
import Runtime
import Storage
import Streams
import Transport

/// The processes of `livesync devnet`.
final class DevNetwork: Sendable {
  /// A process and where it answers.
  final class Member: Sendable {
    let name: String
    let folder: String
    let process: ChildProcess
    /// `KEY@ADDR` for other nodes, once it listens.
    let peer = Lock<String?>(nil)
    let http = Lock<SocketAddress?>(nil)

    init(name: String, folder: String, process: ChildProcess) {
      self.name = name
      self.folder = folder
      self.process = process
    }

    /// The end of what the process wrote to standard error, to go on in a sentence.
    var lastWords: String {
      guard var file = try? InputFile(path: folder + "/errors.log"),
        let bytes = try? file.all(limit: 1 << 20),
        let line = bytes.split(separator: UInt8(ascii: "\n")).last
      else { return "" }
      return ": " + String(decoding: line, as: UTF8.self)
    }
  }

  let plan: DevnetCommand.Plan
  let members = Lock<[Member]>([])
  private let place: Workplace
  private var genesisPath: String { plan.folder + "/genesis.json" }
  private var keysPath: String { plan.folder + "/validators.key" }

  /// - Parameter place: the plan's folder.
  init(_ plan: DevnetCommand.Plan, _ place: Workplace) {
    self.plan = plan
    self.place = place
  }

  /// Starts the network, lets a fresh node join, stops all and compares their states.
  func play() throws -> NetworkVerdict {
    let genesis = try makeGenesis()
    try start(name: "n0", isFresh: false, produces: true)
    let oracle = try place.make {
      try Blocking.result { try await DevnetOracle(self.oracleSettings, genesis: genesis) }
    }
    let following = Task.detached { await oracle.run() }
    defer { oracle.stop() }
    for index in 1..<max(1, plan.nodes) {
      try start(name: "n\(index)", isFresh: false, produces: false)
    }
    let lying = beginLying()
    try wait("blocks before the fresh node") { reports in
      reports.count == self.plan.nodes && reports.allSatisfy { $0.head >= self.plan.before }
        && (self.plan.source == .chunks || self.areSnapshotsThere(at: reports.map(\.head)))
    }
    let joined = ContinuousClock.now
    try start(name: "fresh", isFresh: true, produces: false)
    var completed: (seconds: Double, head: UInt32)?
    let isDone = try wait("fresh node", atMost: plan.seconds) { reports in
      guard let fresh = reports.first(where: { $0.name == "fresh" }), fresh.isComplete else {
        return false
      }
      if completed == nil {
        completed = (Double(joined.duration(to: .now).milliseconds) / 1_000, fresh.head)
      }
      return fresh.head >= (completed?.head ?? 0) + self.plan.after
    }
    if plan.stays {
      Console.log("the network runs until Ctrl-C; the fresh node answers at \(freshAddress)")
      try wait("Ctrl-C") { _ in false }
    }
    try settle(oracle)
    stopAll()
    lying.open()
    oracle.stop()
    let outcome = Blocking.result {
      await following.value
      return await oracle.outcome
    }
    var verdict = NetworkVerdict(
      isComplete: isDone, seconds: completed?.seconds, oracle: outcome)
    if plan.source == .snapshot { verdict.joining = try joining() }
    return try compare(genesis, verdict)
  }

  private var oracleSettings: NodeSettings {
    var settings = NodeSettings()
    settings.data = plan.folder + "/oracle"
    settings.genesis = genesisPath
    settings.name = "oracle"
    settings.state = .genesis
    settings.logLevel = .error
    settings.outboundMax = 0
    settings.peers = members.withLock { $0 }.compactMap { member in
      member.peer.withLock { $0 }.flatMap { KeptPeer(text: $0) }
    }
    return settings
  }

  private var freshAddress: String {
    members.withLock { $0.last }?.http.withLock { $0 }.map { "http://\($0)/" } ?? "-"
  }

  private func makeGenesis() throws -> Genesis {
    let pairs = try place.make { try KeyFile.generate(.validator, count: 4, at: keysPath) }
    var configuration = ChainConfiguration(
      slotCount: 4, blockIntervalMilliseconds: plan.blockTime)
    if plan.source == .snapshot { configuration.blocksPerBatch = Self.batch }
    guard
      let validators = ValidatorSet(
        pairs.map { Validator(publicKey: $0.publicKey, slots: 1) })
    else { throw UsageError("no validators") }
    let file = try GenesisFile(
      configuration: configuration,
      timestamp: UInt64(Date().timeIntervalSince1970 * 1_000), validators: validators,
      accounts: [],
      generated: GeneratedAccounts(
        count: plan.accounts, seed: 1, keyed: min(plan.accounts, 64), balance: 1_000_000,
        dataBytes: plan.dataBytes))
    try place.make { try OutputFile(path: genesisPath).write(Array(file.json.utf8)) }
    return file.genesis
  }

  private func start(name: String, isFresh: Bool, produces: Bool) throws {
    let folder = plan.folder + "/" + name
    var words = [
      "node", "--data", folder, "--genesis", genesisPath, "--name", name, "--listen",
      "127.0.0.1:0", "--http", "127.0.0.1:0", "--private-addresses", "--log-level", "warn",
      "--state", isFresh ? "sync" : "genesis",
    ]
    words += snapshotWords(isFresh: isFresh)
    if produces {
      words += ["--produce", keysPath, "--transactions-per-block", "\(plan.transactions)"]
    }
    for member in members.withLock({ $0 }) {
      if let peer = member.peer.withLock({ $0 }) { words += ["--peer", peer] }
    }
    let process = Process()
    process.executableURL = URL(fileURLWithPath: "/proc/self/exe").resolvingSymlinksInPath()
    process.arguments = words
    process.standardInput = FileHandle.nullDevice
    process.standardOutput = FileHandle.nullDevice
    process.standardError = try place.make {
      try Folder.make(folder, mode: 0o700)
      let errors = folder + "/errors.log"
      try OutputFile(path: errors).write([])
      return try FileHandle(forWritingTo: URL(fileURLWithPath: errors))
    }
    let member = Member(name: name, folder: folder, process: try place.start(process))
    members.withLock { $0.append(member) }
    try findAddresses(of: member)
  }

  /// Reads from the event log of a process where it listens and answers.
  private func findAddresses(of member: Member) throws {
    let end = ContinuousClock.now.advanced(by: .seconds(30))
    while ContinuousClock.now < end {
      guard member.process.isRunning else { break }
      var file = try? InputFile(path: member.folder + "/events.jsonl")
      let bytes = (try? file?.next(64 << 10)) ?? []
      let addresses = Self.addresses(in: bytes)
      if let key = addresses.identity, let peer = addresses.listening,
        let http = addresses.answering
      {
        member.peer.withLock { $0 = "\(key)@\(peer)" }
        member.http.withLock { $0 = SocketAddress(http) }
        return
      }
      Thread.sleep(forTimeInterval: 0.05)
    }
    throw DevnetError("node \(member.name) did not start\(member.lastWords)")
  }

  private static func addresses(
    in log: [UInt8]
  ) -> (identity: String?, listening: String?, answering: String?) {
    var found: (identity: String?, listening: String?, answering: String?)
    for line in log.split(separator: UInt8(ascii: "\n")).prefix(64) {
      guard let record = try? JSONDocument(parsing: Array(line)) else { continue }
      switch record["event"]?.text {
      case "run.start":
        let words = record["parameters"]?.text?.split(separator: " ") ?? []
        found.identity = words.first { $0.hasPrefix("identity=") }.map { String($0.dropFirst(9)) }
      case "transport.listening": found.listening = record["address"]?.text
      case "transport.answering": found.answering = record["address"]?.text
      default: break
      }
    }
    return found
  }

  /// Waits until `condition` holds of what the nodes say, and shows a table on a terminal; false
  /// after `atMost` seconds.
  @discardableResult
  private func wait(
    _ what: String, atMost seconds: Int = .max, until condition: ([NodeReport]) -> Bool
  ) throws -> Bool {
    let start = ContinuousClock.now
    var shown = 0
    while true {
      let list = members.withLock { $0 }
      if let dead = list.first(where: { !$0.process.isRunning }) {
        throw DevnetError("node \(dead.name) has ended\(dead.lastWords)")
      }
      let reports = list.compactMap { member in
        member.http.withLock { $0 }.flatMap { try? NodeReport(of: $0) }
      }
      Console.table([NodeTable.title] + reports.map(NodeTable.row), replacing: shown)
      shown = reports.count + 1
      if condition(reports) { return true }
      guard start.duration(to: .now) < .seconds(min(seconds, 1 << 30)) else { return false }
      Thread.sleep(forTimeInterval: 0.5)
    }
  }

  /// Stops the producer, and gives the others time to come to its head.
  private func settle(_ oracle: DevnetOracle) throws {
    guard let producer = members.withLock({ $0.first }) else { return }
    // Some time after a block and before the next one: what is made as the producer ends would be
    // announced, and nobody could get it any more.
    let last = oracle.head
    for _ in 0..<1_000 where oracle.head == last { Thread.sleep(forTimeInterval: 0.005) }
    Thread.sleep(forTimeInterval: min(1, Double(plan.blockTime) / 3_000))
    producer.process.terminate()
    producer.process.wait()
    let others = members.withLock { $0.dropFirst() }
    for _ in 0..<20 {
      let reports = others.compactMap { member in
        member.http.withLock { $0 }.flatMap { try? NodeReport(of: $0) }
      }
      if Set(reports.map(\.headHash)).count == 1, reports.count == others.count { return }
      Thread.sleep(forTimeInterval: 0.25)
    }
  }

  private func stopAll() {
    let list = members.withLock { $0 }
    for member in list { member.process.terminate() }
    for member in list { member.process.wait() }
  }

  private func compare(
    _ genesis: Genesis, _ verdict: NetworkVerdict
  ) throws -> NetworkVerdict {
    var verdict = verdict
    for member in members.withLock({ $0 }) {
      let store = try LMDBStore(path: member.folder + "/store", owner: .chain(genesis.hash))
      defer { try? store.close() }
      let chain = try Blockchain(genesis: genesis, state: .missing, store: store)
      verdict.nodes.append(NetworkVerdict.Node(name: member.name, chain: chain))
    }
    return verdict
  }
}

/// Why a network of processes came to nothing.
struct DevnetError: Error, CustomStringConvertible {
  let description: String

  init(_ description: String) { self.description = description }
}
