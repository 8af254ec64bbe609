import Daemon
import EventLog
import Foundation
import Ledger
import Monitoring
import Primitives
import Production
import Reports
import Storage
import TestSupport
import Testing
import Transport

@Suite(.serialized) struct NodeProcessTests {
  @Test func freshNode_shouldTakeItsStateFromTheProducer_overSockets() async throws {
    let world = try DaemonWorld()
    let producer = try await RunningNode(world.settings("p", makes: true))
    #expect(await producer.wait { $0.chain.headNumber >= 3 })
    let fresh = try await RunningNode(world.settings("f", peers: [producer.address]))
    #expect(await fresh.wait { $0.chain.stateComplete && $0.chain.headNumber >= 5 })
    let status = await fresh.process.status()
    #expect(status.phase == .following || status.phase == .catchingUp)
    #expect(status.identity.name == "f" && status.peerCount == 1)
    await producer.stop()
    // What the producer made last is on its way still.
    #expect(await fresh.wait { $0.chain.headHash == producer.process.chain.headHash })
    #expect(
      fresh.process.chain.head.header.stateRoot == producer.process.chain.head.header.stateRoot)
    await fresh.stop()
    let names = try world.records("f").map(\.event.name)
    #expect(names.first == "run.start" && names.last == "run.end")
    #expect(names.contains("transport.connected") && names.contains("state.complete"))
    #expect(
      try world.records("f").contains {
        $0.event.group as? Event.Node
          == .started(block: 0, hash: fresh.process.chain.genesis.hash, missingRanges: 1)
      })
  }

  @Test func node_shouldGoOn_whereItStopped() async throws {
    let world = try DaemonWorld()
    var settings = world.settings("p", makes: true)
    let producer = try await RunningNode(settings)
    let fresh = try await RunningNode(world.settings("f", peers: [producer.address]))
    #expect(await fresh.wait { $0.chain.stateComplete && $0.chain.headNumber >= 2 })
    let (identity, head) = (fresh.process.identity.publicKey, fresh.process.chain.headNumber)
    await fresh.stop()
    let again = try await RunningNode(world.settings("f", peers: [producer.address]))
    #expect(again.process.chain.stateComplete && again.process.chain.headNumber >= head)
    #expect(again.process.identity.publicKey == identity)
    #expect(await again.wait { $0.chain.headNumber > head })
    await again.stop()
    let reached = producer.process.chain.headNumber
    settings.listen = producer.process.listening
    await producer.stop()
    let back = try await RunningNode(settings)
    #expect(back.process.chain.headNumber >= reached)
    #expect(await back.wait { $0.chain.headNumber > reached })
    await back.stop()
    // Each run has its own file.
    let files = try FileManager.default.contentsOfDirectory(atPath: world.folder + "/f")
    #expect(Set(files).isSuperset(of: ["events.jsonl", "events.1.jsonl", "node.key", "store"]))
  }

  @Test func node_shouldKnowOverARestart_whomItHasHeardOf() async throws {
    let world = try DaemonWorld()
    let producer = try await RunningNode(world.settings("p", makes: true))
    let other = try await RunningNode(world.settings("o", peers: [producer.address]))
    // The producer tells of a node only after it has reached it itself.
    #expect(await producer.wait { $0.network.memory().book.entries.contains { $0.isTried } })
    let settings = world.settings("f", peers: [producer.address])
    let fresh = try await RunningNode(settings)
    #expect(await fresh.wait { $0.network.connectedPeers().count == 2 })
    await fresh.stop()
    // Nobody is named any more.
    let again = try await RunningNode(world.settings("f"))
    #expect(await again.wait { $0.network.connectedPeers().contains(other.process.network.local) })
    for node in [again, other, producer] { await node.stop() }
  }

  @Test func namesOfPeers_shouldBeLookedUp_andToldOfIfTheyLeadNowhere() async throws {
    let world = try DaemonWorld()
    let producer = try await RunningNode(world.settings("p", makes: true))
    let address = producer.address
    var settings = world.settings("f")
    settings.peers = ["none.invalid", "localhost"].compactMap {
      KeptPeer(text: "\(address.identity)@\($0):\(address.port)")
    }
    let node = try await RunningNode(settings)
    #expect(await node.wait { $0.chain.stateComplete && $0.chain.headNumber >= 2 })
    #expect(await node.wait { $0.log.counts["transport.unresolved"] ?? 0 > 0 })
    let end = await node.stop()
    #expect(end.isClosed && end.time < DaemonLimits.stopTimeout)
    // Nobody is named any more, and the node still knows where to go.
    let again = try await RunningNode(world.settings("f"))
    #expect(await again.wait { !$0.network.connectedPeers().isEmpty })
    for node in [again, producer] { await node.stop() }
  }

  @Test func node_shouldStop_inTime() async throws {
    let world = try DaemonWorld(blockTime: 50)
    for name in ["p", "f"] {
      var settings = world.settings(name, makes: name == "p")
      settings.http = SocketAddress("127.0.0.1:0")
      let node = try await RunningNode(settings)
      if name == "p" { _ = await node.wait { $0.chain.headNumber >= 2 } }
      let end = await node.stop()
      #expect(end.isClosed && end.time < DaemonLimits.stopTimeout)
      #expect(try world.records(name).last?.event.name == "run.end")
    }
    // Asked before it runs, it ends too.
    let early = try await NodeProcess.start(world.settings("e"), build: RunningNode.build)
    early.stop()
    #expect(await early.run())
  }

  @Test func folderAndKey_shouldBeForTheOwnerOnly() async throws {
    let world = try DaemonWorld()
    let node = try await RunningNode(world.settings("n"))
    await node.stop()
    let files = FileManager.default
    let folder = world.folder + "/n"
    let modes = try [folder, folder + "/node.key"].map {
      try files.attributesOfItem(atPath: $0)[.posixPermissions] as? Int
    }
    #expect(modes == [0o700, 0o600])
    try files.setAttributes([.posixPermissions: 0o644], ofItemAtPath: folder + "/node.key")
    let error = await Self.refusal(world.settings("n"))
    #expect(error.contains("chmod 600"), "\(error)")
  }

  /// Why a node does not start; it must leave nothing open then.
  private static func refusal(_ settings: NodeSettings) async -> String {
    do {
      let node = try await NodeProcess.start(settings, build: RunningNode.build)
      node.stop()
      _ = await node.run()
      return "it started"
    } catch { return error.description }
  }

  @Test func neededSettings_shouldBeNamed() async throws {
    let world = try DaemonWorld()
    var settings = world.settings("n")
    settings.data = ""
    #expect(await Self.refusal(settings) == "--data: is needed")
    settings = world.settings("n")
    settings.genesis = ""
    #expect(await Self.refusal(settings) == "--genesis: is needed")
    #expect(!FileManager.default.fileExists(atPath: world.folder + "/n"))
    settings.genesis = world.folder + "/none.json"
    #expect(await Self.refusal(settings).contains("none.json"))
  }

  @Test func storeOfAnotherChain_shouldBeRefused_andStayAsItWas() async throws {
    let (world, other) = (try DaemonWorld(), try DaemonWorld())
    await (try await RunningNode(world.settings("n"))).stop()
    var settings = world.settings("n")
    settings.genesis = other.genesisPath
    let error = await Self.refusal(settings)
    #expect(error.contains("belongs to") && error.contains("/n/store"), "\(error)")
    let again = try await RunningNode(world.settings("n"))
    #expect(again.process.chain.genesis.hash == world.genesis.hash)
    await again.stop()
  }

  @Test func dataFolderInUse_shouldBeRefused() async throws {
    let world = try DaemonWorld()
    let node = try await RunningNode(world.settings("n"))
    #expect(await Self.refusal(world.settings("n")).contains("/n/store"))
    await node.stop()
    await (try await RunningNode(world.settings("n"))).stop()
  }

  @Test func portInUse_shouldBeRefused_andEverythingClosed() async throws {
    let world = try DaemonWorld()
    var first = world.settings("a")
    first.http = SocketAddress("127.0.0.1:0")
    let node = try await RunningNode(first)
    let taken = node.process.listening
    var second = world.settings("b")
    second.listen = taken
    let error = await Self.refusal(second)
    #expect(error.contains("\(taken[0])"), "\(error)")
    second = world.settings("b")
    second.http = taken[0]
    #expect(await Self.refusal(second).contains("something else listens there"))
    // What was opened before is closed: the folder can be used.
    await (try await RunningNode(world.settings("b"))).stop()
    await node.stop()
  }

  @Test func keysOfStrangers_shouldBeRefused() async throws {
    let world = try DaemonWorld()
    var settings = world.settings("n", makes: true)
    settings.produce = world.folder + "/strange.key"
    let strange = try KeyFile.generate(.validator, count: 1, at: settings.produce!)[0]
    let error = await Self.refusal(settings)
    #expect(error.hasPrefix("--produce: ") && error.contains("is no validator"), "\(error)")
    #expect(error.contains("\(strange.publicKey)"))
    settings.produce = world.folder + "/none.key"
    #expect(await Self.refusal(settings).contains("none.key"))
  }

  @Test func nodesOfOtherChains_shouldNotMeet() async throws {
    let (world, other) = (try DaemonWorld(), try DaemonWorld())
    let node = try await RunningNode(world.settings("n"))
    var settings = other.settings("o")
    settings.peers = [KeptPeer(node.address)]
    let stranger = try await RunningNode(settings)
    #expect(await stranger.wait(10) { $0.log.counts["transport.failed"] ?? 0 > 0 })
    #expect(stranger.process.network.connectedPeers().isEmpty)
    await stranger.stop()
    await node.stop()
  }

  @Test func damagedMemory_shouldBeForgotten() async throws {
    let world = try DaemonWorld()
    await (try await RunningNode(world.settings("n"))).stop()
    let path = world.folder + "/n/store"
    do {
      let store = try LMDBStore(path: path, owner: .chain(world.genesis.hash))
      try store.write { (transaction) throws(StorageError) in
        try transaction.put(NodeProcess.memoryNamespace.key(), [1, 2, 3, 255])
      }
      try store.close()
    }
    let node = try await RunningNode(world.settings("n"))
    #expect(node.process.network.totals().knownAddresses == 0)
    await node.stop()
  }

  @Test func newPart_shouldBeginOnDemand() async throws {
    let world = try DaemonWorld(blockTime: 50)
    let node = try await RunningNode(world.settings("p", makes: true))
    #expect(await node.wait { $0.chain.headNumber >= 2 })
    node.process.reopenLog()
    let head = node.process.chain.headNumber
    #expect(await node.wait { $0.chain.headNumber >= head + 2 })
    await node.stop()
    let newest = try world.records("p")
    #expect(newest[0].event.name == "run.start" && newest[0].sequence > 0)
    let old = FileManager.default.contents(atPath: world.folder + "/p/events.1.jsonl")
    let records = try EventLogReader.records(of: Array(try #require(old)), schema: .livesync)
    #expect(records.last?.sequence == newest[0].sequence - 1)
  }
}
