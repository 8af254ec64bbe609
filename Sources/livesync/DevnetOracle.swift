import Daemon
import Foundation
import Ledger
import Primitives
import Simulation
import Transport

/// The oracle of a network of processes: it takes the blocks of the network as a node of its own,
/// and applies their transactions to a plain dictionary of accounts. A network with one producer
/// has no branches, so it follows none.
actor DevnetOracle {
  private let node: NodeProcess
  private var model: AccountModel
  private var parent: Block
  private var transactions = 0
  private var hasMissed = false

  /// Starts the oracle's node, which must come before the first block.
  init(_ settings: NodeSettings, genesis: Genesis) async throws {
    do {
      node = try await NodeProcess.start(settings, build: BuildIdentity.build)
    } catch { throw error.cause }
    model = AccountModel(genesis)
    parent = genesis.block
  }

  /// Follows the chain until `stop()`.
  func run() async {
    let (node, events) = (node, node.chain.events())
    await withTaskGroup(of: Void.self) { group in
      group.addTask { _ = await node.run() }
      group.addTask { await self.follow(events) }
      await group.next()
      group.cancelAll()
    }
  }

  /// The newest block that it has.
  nonisolated var head: UInt32 { node.chain.headNumber }

  nonisolated func stop() { node.stop() }

  /// What the dictionary has come to.
  var outcome: NetworkVerdict.Oracle {
    NetworkVerdict.Oracle(
      head: parent.number, transactions: transactions, root: hasMissed ? nil : model.stateRoot())
  }

  private func follow(_ events: AsyncStream<ChainEvent>) async {
    for await event in events {
      switch event {
      case .extended(let hash), .finalized(let hash), .epochFinalized(let hash): apply(hash)
      case .rebranched, .historyAdopted: hasMissed = true
      case .stored, .stateGivenUp: break
      }
    }
  }

  private func apply(_ hash: Hash256) {
    guard hash != parent.hash else { return }
    guard let block = node.chain.block(hash, includeBody: true), block.number == parent.number + 1
    else {
      hasMissed = true
      return
    }
    if block.kind == .micro, let body = block.body,
      let validators = node.chain.validators(at: block.number)
    {
      let signer = validators.producer(number: block.number, parentSeed: parent.header.seed)
      model.apply(body.transactions, number: block.number, producer: signer.address)
      transactions += body.transactions.count
    }
    parent = block
  }
}
