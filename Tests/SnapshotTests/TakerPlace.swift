import EventLog
import Runtime
import Snapshot
import Testing

/// Takers of snapshots in virtual time, and what they tell.
struct TakerPlace: Sendable {
  let runtime = SimulatedRuntime(seed: 1)
  let sink = MemorySink()

  /// - Parameter directory: where it keeps snapshots; the world's if nil.
  func taker(
    _ world: SnapshotWorld, _ options: SnapshotOptions, in directory: SnapshotDirectory? = nil
  ) throws -> SnapshotTaker {
    try SnapshotTaker(
      chain: world.chain, directory: directory ?? world.directory, options: options,
      runtime: runtime,
      log: EventRecorder(sink: sink, context: EventContext(node: "n", actor: "snapshots")))
  }

  /// Lets the taker follow while `body` makes blocks.
  func run(_ taker: SnapshotTaker, _ body: @escaping @Sendable () async throws -> Void) {
    run({ await taker.run() }, body)
  }

  /// Lets `following` work until `body` is done.
  func run(
    _ following: @escaping @Sendable () async -> Void,
    _ body: @escaping @Sendable () async throws -> Void
  ) {
    let task = runtime.spawn("taker", following)
    runtime.spawn("chain") { [runtime] in
      try? await runtime.sleep(for: .seconds(1))
      do { try await body() } catch { Issue.record("\(error)") }
      try? await runtime.sleep(for: .seconds(1))
      task.cancel()
    }
    #expect(runtime.run(virtualTimeMax: .seconds(3_600)) == .done)
  }

  func events(_ name: String) -> [Event] { sink.events.filter { $0.name == name } }

  /// Reasons of the failures that were told, in order.
  var failures: [String] {
    sink.events.compactMap {
      if case Event.Snapshot.failed(_, let reason, _) = $0.group { reason } else { nil }
    }
  }
}
