import EventLog
import Networking
import Primitives
import Reconciliation
import Runtime
import SimulatedNetworking
import TestSupport
import Testing

/// A replica whose store does not work.
@Suite struct StoreFailureTests {
  private struct DiskFull: Error {}

  private final class Broken: Replica {
    let model = ModelReplica([.full])
    func view() -> any ReplicaView { model.view() }
    func apply(
      _ entries: [SyncEntry], dropping: [RecordID]
    ) async throws -> any ReplicaView { throw DiskFull() }
  }

  private static func peer(_ number: UInt32) -> PeerID {
    PeerID(identity: .simulated(number), number: number)
  }

  @Test func failure_shouldBeInTheLog_whenWhatAPeerSentCannotBeStored() {
    let runtime = SimulatedRuntime(seed: 5)
    let network = SimulatedNetwork(
      runtime: runtime,
      configuration: NetworkConfiguration(link: LinkConditions(latency: .milliseconds(20))))
    let asking = ModelReplica([.full])
    asking.write([1], version: 1, [1])
    let sink = MemorySink()
    let recorder = EventRecorder(sink: sink, context: EventContext(node: "1", actor: "test"))
    let replicas: [any Replica] = [asking, Broken()]
    let reconcilers = replicas.enumerated().map { number, replica in
      Reconciler(
        network: network.endpoint(for: Self.peer(UInt32(number))), runtime: runtime,
        replica: replica, policy: FixedPolicy(order: [.full]),
        random: runtime.randomStream(RandomConsumer(.test, index: UInt32(number))),
        recorder: number == 1 ? recorder : .none)
    }
    for reconciler in reconcilers { reconciler.serve() }
    let outcome = runtime.run {
      guard let id = try? reconcilers[0].start(with: Self.peer(1)) else { return }
      let session = await reconcilers[0].end(of: id)
      #expect(session?.phase == .failed(.refused))
    }
    #expect(outcome == .done)
    let expected = Event.reconciliation(.notStored(peer: 0, reason: "DiskFull()"))
    #expect(sink.records.contains { $0.event == expected })
    network.shutdown()
    _ = runtime.shutdown()
  }
}
