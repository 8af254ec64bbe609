import Daemon
import EventLog
import Foundation
import Ledger
import Locking
import Primitives
import Production
import Reports
import TestSupport
import Testing
import Transport

/// The files of a small chain, and nodes of it as processes within this one.
final class DaemonWorld: Sendable {
  let folder: String
  let genesis: Genesis
  private let kept: TemporaryFolderBox

  /// `@unchecked Sendable`: only held, so that the folder lives as long as the world.
  private final class TemporaryFolderBox: @unchecked Sendable {
    let folder = TemporaryFolder()
  }

  var genesisPath: String { folder + "/genesis.json" }
  var keysPath: String { folder + "/validators.key" }

  init(accounts: Int = 2_000, blockTime: UInt64 = 100) throws {
    kept = TemporaryFolderBox()
    folder = kept.folder.path
    let pairs = try KeyFile.generate(.validator, count: 4, at: folder + "/validators.key")
    let file = try GenesisFile(
      configuration: ChainConfiguration(slotCount: 4, blockIntervalMilliseconds: blockTime),
      timestamp: UInt64(Date().timeIntervalSince1970 * 1_000),
      validators: try #require(
        ValidatorSet(pairs.map { Validator(publicKey: $0.publicKey, slots: 1) })),
      accounts: [],
      generated: GeneratedAccounts(
        count: accounts, seed: 1, keyed: 16, balance: 1_000_000, dataBytes: 100))
    genesis = file.genesis
    try Data(file.json.utf8).write(to: URL(fileURLWithPath: folder + "/genesis.json"))
  }

  /// The settings of a node that listens at a free port of this host.
  func settings(_ name: String, peers: [PeerAddress] = [], makes: Bool = false) -> NodeSettings {
    var settings = NodeSettings()
    settings.data = folder + "/" + name
    settings.genesis = genesisPath
    settings.name = name
    settings.listen = [SocketAddress("127.0.0.1:0")!]
    settings.peers = peers.map { KeptPeer($0) }
    settings.privateAddresses = true
    settings.logLevel = .error
    if makes {
      settings.state = .genesis
      settings.produce = keysPath
      settings.transactionsPerBlock = 5
    }
    return settings
  }

  /// The records of the newest part of a node's event log.
  func records(_ name: String) throws -> [EventRecord] {
    let data = FileManager.default.contents(atPath: folder + "/\(name)/events.jsonl")
    return try EventLogReader.records(of: Array(try #require(data)), schema: .livesync)
  }
}

/// A node at work.
struct RunningNode: Sendable {
  static let build = ProgramBuild(version: "1", commit: "c", toolchain: "t", mode: "release")

  let process: NodeProcess
  private let work: Task<Bool, Never>

  init(_ settings: NodeSettings) async throws {
    let process = try await NodeProcess.start(settings, build: Self.build)
    self.process = process
    work = Task { await process.run() }
  }

  /// Where others connect.
  var address: PeerAddress {
    let place = process.listening[0]
    return PeerAddress(
      place.host, port: place.port, identity: process.identity.publicKey)
  }

  /// Ends it. Returns whether everything was closed, and how long that took.
  @discardableResult
  func stop() async -> (isClosed: Bool, time: Duration) {
    let start = ContinuousClock.now
    process.stop()
    let isClosed = await work.value
    return (isClosed, start.duration(to: .now))
  }

  /// Waits until `condition` holds of it; false if it does not in time.
  func wait(_ seconds: Int = 30, until condition: (NodeProcess) -> Bool) async -> Bool {
    for _ in 0..<seconds * 50 {
      if condition(process) { return true }
      try? await Task.sleep(for: .milliseconds(20))
    }
    return false
  }
}
