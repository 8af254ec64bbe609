import EventLog
import Ledger
import LiveSync
import Networking
import Node
import Runtime
import Storage

/// Joins a chain over `network` and fills its state into the store at `path`; returns the store's
/// chain once it holds all of the state of its head. `log` takes the lines of the event log.
func embedFullNode(
  genesis: Genesis, path: String, network: any Network,
  log: @escaping @Sendable ([UInt8]) -> Void
) async throws -> Blockchain {
  let runtime = SystemRuntime()
  let store = try LMDBStore(path: path, owner: .chain(genesis.hash))
  let chain = try Blockchain(genesis: genesis, state: .missing, store: store)
  let writer = JSONLinesWriter(now: { runtime.now.nanoseconds }, output: log)
  let node = FullNode(
    chain: chain, network: network, runtime: runtime, sink: writer,
    configuration: NodeConfiguration(name: "n0"))
  let events = node.events()
  let work = runtime.spawn("node") { await node.run() }
  for await _ in events where chain.stateComplete { break }
  // From here on the node would go on following and serving; this one has done its work.
  work.cancel()
  await work.value
  writer.flush()
  return chain
}
