import Locking
import Messages
import Networking
import Runtime
import SimulatedNetworking
import Simulation
import Testing

/// A runtime with a network, and a place to note what happens.
final class NetworkWorld: Sendable {
  let runtime: SimulatedRuntime
  let network: SimulatedNetwork
  private let notes = Lock<[String]>([])

  init(seed: UInt64 = 1, _ configuration: NetworkConfiguration = NetworkConfiguration()) {
    runtime = SimulatedRuntime(seed: seed)
    network = SimulatedNetwork(runtime: runtime, configuration: configuration)
  }

  func note(_ text: String) { notes.withLock { $0.append("\(runtime.now.nanoseconds): \(text)") } }
  var noted: [String] { notes.withLock { $0 } }

  func nodes(_ count: Int) -> [any Network] {
    (0..<UInt32(count)).map { network.endpoint(for: PeerID($0)) }
  }

  /// Accepts everything on `topic` and notes what comes, until the simulation ends.
  func listen(_ node: any Network, _ topic: Topic = .blockHeader, _ verdict: Acceptance = .accept) {
    let messages = node.subscribe(topic)
    runtime.spawn("listener") {
      for await message in messages {
        self.note("\(node.local) <- \(message.from) \(message.payload)")
        node.report(message.id, verdict)
      }
    }
  }

  /// Runs `main`, and checks that all of it stayed on the simulation's thread.
  func run(_ main: @escaping @Sendable () async -> Void) {
    #expect(runtime.run(main) == .done)
    #expect(runtime.foreignJobs == 0)
  }

  /// Ends the world; nothing may be left.
  func end() {
    network.shutdown()
    #expect(runtime.shutdown() == [])
    for peer in network.peers { #expect(network.pendingRequests(of: peer) == 0) }
  }
}
