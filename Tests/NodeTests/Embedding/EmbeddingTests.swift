import EventLog
import Ledger
import Locking
import Networking
import Node
import Peers
import Primitives
import Runtime
import TestSupport
import Testing
import WorldSupport

/// The program that Docs/Embedding.md shows is the one that is compiled and run here.
@Suite struct EmbeddingTests {
  @Test(arguments: ["EmbeddedNode.swift", "HubNetwork.swift"])
  func page_shouldShowTheProgram_thatRunsHere(file: String) throws {
    let page = try PackageFiles.text("Docs/Embedding.md")
    let program = try PackageFiles.text("Tests/NodeTests/Embedding/\(file)")
    #expect(page.contains("```swift\n" + program + "```\n"), "\(file)")
  }

  @Test(.timeLimit(.minutes(1)))
  func embeddedNode_shouldHoldTheState_andWriteALogThatReadsBack() async throws {
    let world = try TestWorld(seed: 141, accounts: 200)
    try await world.grow(20)
    let hub = Hub()
    func network(_ tag: UInt8) throws -> HubNetwork {
      let pair = KeyPair(seed: Blake2b256.hash([tag]))
      return try #require(hub.network(for: NodeIdentity(key: pair.publicKey)))
    }
    for tag in 1...3 as ClosedRange<UInt8> {
      let network = try network(tag)
      let context = SyncContext(
        chain: world.source, network: network, runtime: SystemRuntime(), recorder: .none)
      RequestServer(context: context).start()
    }
    let folder = TemporaryFolder()
    let lines = Lock<[UInt8]>([])
    let chain = try await embedFullNode(
      genesis: world.genesis, path: folder.path + "/store",
      network: network(0)
    ) { bytes in lines.withLock { $0 += bytes } }
    #expect(chain.stateComplete && chain.headNumber > 0)
    #expect(chain.stateRoot == chain.head.header.stateRoot)
    if chain.headHash == world.source.headHash { #expect(chain.items() == world.source.items()) }
    #expect(lines.withLock { !$0.isEmpty })
  }
}
