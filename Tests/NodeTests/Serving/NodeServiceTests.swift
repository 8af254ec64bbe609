import LiveSync
import Locking
import Node
import Peers
import Testing
import WorldSupport

/// A node is a list of services, and whoever has one of its own adds it.
@Suite struct NodeServiceTests {
  /// Counts seconds until it is ended.
  private final class Counter: NodeService {
    let seconds = Lock(0)
    let hasEnded = Lock(false)
    private let context: SyncContext

    init(_ context: SyncContext) { self.context = context }

    func run() async {
      while (try? await context.runtime.sleep(for: .seconds(1))) != nil {
        seconds.withLock { $0 += 1 }
      }
      hasEnded.withLock { $0 = true }
    }
  }

  @Test func service_shouldWorkBesideTheNode_andEndWithIt() throws {
    let world = try TestWorld(seed: 131)
    let made = Lock<[Counter]>([])
    world.run {
      let node = world.makeNode { context in
        let counters = [Counter(context), Counter(context)]
        made.withLock { $0 = counters }
        return counters
      }
      world.addHonest(1..<4)
      try await world.grow(9)
      let work = world.runtime.spawn("node") { await node.run() }
      #expect(await world.wait(.seconds(60)) { node.chain.stateComplete })
      try await world.runtime.sleep(for: .seconds(5))
      work.cancel()
      await work.value
    }
    let counters = made.withLock { $0 }
    #expect(counters.count == 2)
    for counter in counters {
      #expect(counter.seconds.withLock { $0 } >= 5 && counter.hasEnded.withLock { $0 })
    }
  }
}
