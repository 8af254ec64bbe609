import EventLog
import Ledger
import Node
import Runtime
import Testing

extension TestWorld {
  /// A length of time of this world: so long in virtual time, and shorter in real time.
  package func time(_ duration: Duration) -> Duration {
    backend.isSimulated ? duration : duration / Backend.haste
  }

  /// Lets a length of time of this world pass, in real time no more than `most`.
  package func pause(
    _ duration: Duration, most: Duration = .seconds(60)
  ) async throws(CancellationError) {
    let time = time(duration)
    try await runtime.sleep(for: backend.isSimulated ? time : min(time, most))
  }

  /// Waits until `condition` holds; false after `limit`.
  package func wait(_ limit: Duration, until condition: @Sendable () async -> Bool) async -> Bool {
    let end = runtime.now.advanced(by: limit)
    while runtime.now < end {
      if await condition() { return true }
      let pause: Duration = backend.isSimulated ? .milliseconds(100) : .milliseconds(2)
      guard (try? await runtime.sleep(for: pause)) != nil else { return false }
    }
    return await condition()
  }

  /// Whether `condition` holds: now in virtual time, within ten seconds in real time.
  package func holds(_ condition: @Sendable () async -> Bool) async -> Bool {
    await wait(backend.isSimulated ? .zero : .seconds(10), until: condition)
  }

  /// Gives the node two seconds to get to a block.
  package func waitForHead(of node: FullNode, _ block: Block) async {
    _ = await wait(.seconds(2)) { node.chain.headHash == block.hash }
  }

  /// Does `body` while the chain stands still and, in real time, after the node is at its head.
  package func standingStill<Output: Sendable>(
    _ node: FullNode, _ body: () async throws -> Output
  ) async rethrows -> Output {
    isPaused.withLock { $0 = true }
    defer { isPaused.withLock { $0 = false } }
    if !backend.isSimulated {
      // A block may just be made.
      try? await pause(.seconds(1))
      let isThere = await holds { node.chain.headHash == self.source.headHash }
      let progress = await node.progress()
      #expect(isThere, "seed \(seed): \(progress)")
    }
    return try await body()
  }

  /// Runs `body` in virtual time, then ends everything and checks what must hold after every run.
  package func run(
    _ limit: Duration = .seconds(600), _ body: @escaping @Sendable () async throws -> Void
  ) {
    guard case .simulated(let simulation) = machine else {
      preconditionFailure("a world in real time is awaited")
    }
    let outcome = simulation.run(virtualTimeMax: limit) {
      do { try await body() } catch { Issue.record("seed \(self.seed): \(error)") }
    }
    #expect(outcome == .done, "seed \(seed)")
    network.shutdown()
    #expect(simulation.shutdown() == [], "seed \(seed): tasks leak")
    #expect(simulation.foreignJobs == 0, "seed \(seed)")
    expectRequestsEndOnce()
  }

  /// Runs `body` in virtual or real time, then ends everything and checks what must hold after
  /// every run.
  package func runAnywhere(_ body: @escaping @Sendable () async throws -> Void) async {
    guard case .system(let system) = machine else { return run(.seconds(600), body) }
    let isDone = await system.withTimeout(.seconds(120)) {
      do { try await body() } catch { Issue.record("seed \(self.seed): \(error)") }
      return true
    }
    #expect(isDone == true, "seed \(seed): it takes more than two minutes")
    network.shutdown()
    #expect(await system.shutdown() == [], "seed \(seed): tasks leak")
    expectRequestsEndOnce()
  }

  private func expectRequestsEndOnce() {
    var open: Set<UInt64> = []
    for record in sink.records {
      guard let event = record.event.group as? Event.Request, let number = record.request else {
        continue
      }
      switch event {
      case .sent: #expect(open.insert(number).inserted, "request \(number) was sent twice")
      case .ended: #expect(open.remove(number) != nil, "request \(number) ended twice")
      case .served, .refused: break
      }
    }
    #expect(open.isEmpty, "requests \(open.sorted()) never ended")
  }

  /// Runs a fresh node beside a growing chain until it is complete and follows.
  package func sync(
    limit: Duration = .seconds(300), chunkItems: Int = 20, interval: Duration = .seconds(1)
  ) async throws -> FullNode {
    let node = makeNode(chunkItems: chunkItems)
    runtime.spawn("node") { await node.run() }
    runtime.spawn("chain") { await self.produceForever(every: interval) }
    let isDone = await wait(limit) {
      node.chain.stateComplete && node.chain.headHash == self.source.headHash
    }
    let progress = await node.progress()
    #expect(isDone, "the node did not complete: \(progress)")
    return node
  }

  /// The node's state equals the network's.
  package func expectSameState(_ node: FullNode) async {
    await standingStill(node) {
      #expect(node.chain.stateComplete, "seed \(seed)")
      let block = node.chain.head
      #expect(node.chain.stateRoot == block.header.stateRoot, "seed \(seed)")
      if block.hash == source.headHash {
        #expect(node.chain.items() == source.items(), "seed \(seed)")
      }
    }
  }
}
