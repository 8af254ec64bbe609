import Networking
import Primitives
import Reconciliation
import Runtime
import SimulatedNetworking
import TestSupport
import Testing

/// Replicas over a simulated network with everything as it is by default.
@Suite struct PatchNetworkTests {
  private static func peer(_ number: UInt32) -> PeerID {
    PeerID(identity: .simulated(number), number: number)
  }

  /// Statistics of the side that fetched ten values of 60 kB with two edits each.
  private static func run(_ configuration: SyncConfiguration) -> SyncStatistics {
    var random = SeededGenerator(seed: 21)
    let runtime = SimulatedRuntime(seed: 5)
    let network = SimulatedNetwork(
      runtime: runtime,
      configuration: NetworkConfiguration(link: LinkConditions(latency: .milliseconds(20))))
    let replicas = (0..<2).map {
      MemoryReplica(salts: runtime.randomStream(RandomConsumer(.test, index: UInt32(100 + $0))))
    }
    for index in 0..<10 {
      let value = random.bytes(60_000)
      replicas[0].write([UInt8(index)], version: 1, value)
      replicas[1].write(
        [UInt8(index)], version: 2, PatchSessionTests.edited(value, 2, &random))
    }
    let reconcilers = replicas.enumerated().map { number, replica in
      Reconciler(
        network: network.endpoint(for: peer(UInt32(number))), runtime: runtime, replica: replica,
        policy: AdaptivePolicy(),
        random: runtime.randomStream(RandomConsumer(.test, index: UInt32(number))),
        onFault: { peer, error in Issue.record("\(peer): \(error)") })
    }
    for reconciler in reconcilers { reconciler.serve() }
    let outcome = runtime.run {
      guard let id = try? reconcilers[0].start(with: peer(1), configuration: configuration) else {
        return
      }
      let session = await reconcilers[0].end(of: id)
      #expect(session?.phase == .complete)
    }
    #expect(outcome == .done)
    for index in 0..<10 {
      #expect(replicas[0].value(of: [UInt8(index)]) == replicas[1].value(of: [UInt8(index)]))
    }
    defer {
      network.shutdown()
      _ = runtime.shutdown()
    }
    return reconcilers[0].statistics
  }

  @Test func values_shouldGoAsPatches_byDefault() {
    let patched = Self.run(SyncConfiguration())
    let whole = Self.run(SyncConfiguration(isBinaryDiffOn: false))
    #expect(whole.bytes > 600_000 && whole.compression.averageRatio == 1)
    // 4.4 % are signatures, 1 % patches, and the rest the comparison.
    #expect(patched.bytes * 12 < whole.bytes, "\(patched.bytes) of \(whole.bytes)")
    #expect(patched.compression.originalBytes == whole.compression.originalBytes)
    #expect(patched.compression.averageRatio < 0.03)
  }
}
