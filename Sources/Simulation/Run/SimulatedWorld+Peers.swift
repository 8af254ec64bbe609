import EventLog
import Ledger
import Messages
import Networking
import Node
import Peers
import Runtime
import SimulatedNetworking
import Snapshot
import StateReconciliation
import Storage

/// The nodes that are there from the beginning.
extension SimulatedWorld {
  func intercept(_ peer: PeerID, _ interceptor: @escaping Interceptor) {
    if let faultBoard {
      faultBoard.intercept(peer, interceptor)
    } else {
      network.setInterceptor(interceptor, for: peer)
    }
  }

  /// The chain of a whole peer; in a store if another node is to get a copy of it.
  private func wholeChain(_ peer: PeerID) -> Blockchain {
    let name = RestartDisk.other(peer)
    guard faultPlan?.faults.contains(where: { $0.kind == "other_store" }) == true,
      peer == plan.all.first
    else { return chainAtStart() }
    let disk = MemoryDisk(name: "\(peer)")
    otherDisks[name] = disk
    do {
      return try Blockchain(
        genesis: producer.genesis, state: .complete, verifier: verifier,
        executedBlocks: executedBlocks,
        store: MemoryStore(on: disk, owner: .chain(producer.genesis.hash)))
    } catch { preconditionFailure("a new disk without faults is refused: \(error)") }
  }

  /// A chain in memory at its beginning. Where the maker's chain is there too, the state is copied.
  private func chainAtStart() -> Blockchain {
    guard producer.source.headNumber == 0, let state = producer.source.copyOfState() else {
      return Blockchain(
        genesis: producer.genesis, state: .complete, verifier: verifier,
        executedBlocks: executedBlocks)
    }
    return Blockchain(
      genesis: producer.genesis.withoutAccounts, taking: state, verifier: verifier,
      executedBlocks: executedBlocks)
  }

  func whole(_ peer: PeerID) -> FullPeer {
    let endpoint = network.endpoint(for: peer)
    let node = FullNode(
      chain: wholeChain(peer),
      network: endpoint, runtime: runtime, sink: observer,
      configuration: NodeConfiguration(name: "\(peer)"),
      services: { context in
        host(on: context, as: peer)
        return []
      })
    tasks.append(runtime.spawn("\(peer)") { await node.run() })
    return FullPeer(node, network: endpoint)
  }

  /// A peer that serves the maker's chain. It holds every block, so nobody sends it gossip.
  func sharing(_ peer: PeerID) -> FullPeer {
    let context = sharingContext(peer)
    host(on: context, as: peer)
    return FullPeer(serving: context, network: network.endpoint(for: peer))
  }

  /// The chain's maker as a node of its own. It answers what it is asked about blocks, and says
  /// that it does not hold the state.
  func makerNode(_ peer: PeerID) -> FullPeer {
    let context = sharingContext(peer)
    intercept(peer) { message in
      switch (message.direction, message.kind) {
      case (.outgoing, .response(.chunk)): .replace(ChunkResponse.incompleteState.wireBytes)
      case (.outgoing, .response(.trieDiff)): .replace(TrieDiffResponse.incompleteState.wireBytes)
      default: .pass
      }
    }
    return FullPeer(serving: context, network: network.endpoint(for: peer))
  }

  private func sharingContext(_ peer: PeerID) -> SyncContext {
    let endpoint = network.endpoint(for: peer)
    network.setTakesGossip(false, for: peer)
    let recorder = EventRecorder(
      sink: observer,
      context: EventContext(node: scenario.nodeName(Int(peer.number)), actor: "node"))
    return SyncContext(
      chain: producer.source, network: endpoint, runtime: runtime, recorder: recorder)
  }

  /// Lets a full peer give others its snapshots, if it keeps any.
  private func host(on context: SyncContext, as peer: PeerID) {
    if scenario.isReturning {
      let host = StateHost(context: context)
      tasks.append(runtime.spawn("\(peer) state host") { await host.run() })
    }
    guard let shelf, plan.hosts.contains(peer) else { return }
    SnapshotHost(context: context, provider: ShelfProvider(shelf: shelf, chain: context.chain))
      .start()
  }
}
