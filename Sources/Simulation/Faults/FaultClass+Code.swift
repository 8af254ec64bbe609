import LiveSync
import Networking
import Node

/// Paths that the code seldom takes, and that are legal at any time: nodes are told to remember,
/// hold back and ask for little, and a state is given up for no reason.
extension FaultClass {
  static let code: [FaultClass] = [
    .init(
      "state_given_up", .code, .fresh, "it gives its state up, and begins to fill it anew"
    ) { fault, world, fired in
      if world.giveUpState(of: fault.from) { fired() }
      return nil
    },
    .setting(
      "small_buffers", "it holds back at most so many blocks, and looks no further ahead",
      amount: .init("blocks", 1...1_000_000, drawn: 4...30)
    ) { fault, scenario, configuration in
      var queue =
        configuration.queue
        ?? QueueConfiguration(blocksPerBatch: UInt32(scenario.blocksPerBatch), includeBody: true)
      queue.bufferMax = min(queue.bufferMax, fault.amount)
      queue.windowAheadMax = min(queue.windowAheadMax, UInt32(fault.amount))
      configuration.queue = queue
    },
    .setting(
      "small_chunks", "it asks for at most so many items in a chunk",
      // With fewer, some chains make accounts faster than their chunks come.
      amount: .init("items", 1...5_000, drawn: 3...6)
    ) { $2.chunkItems = min($2.chunkItems, $0.amount) },
    .setting(
      "early_stalls", "it says that it is stalled after so little time without progress",
      amount: .init("ms", 1...1_000_000, drawn: 50...3_000)
    ) { $2.stallAfter = min($2.stallAfter, .milliseconds($0.amount)) },
    .shaping(
      "small_cache", .code, "all nodes remember no more than so many checks of signatures",
      amount: .init("checks", 1...65_536, drawn: 1...40)
    ) { $1.signaturesCached = $0.amount },
  ]

  /// A class that changes what a fresh node is told beforehand, in all its lives.
  private static func setting(
    _ name: String, _ meaning: String, amount: FaultAmount,
    _ change: @escaping @Sendable (PlannedFault, Scenario, inout NodeConfiguration) -> Void
  ) -> FaultClass {
    var kind = FaultClass(name, .code, .fresh, meaning, amount: amount) { _, _, fired in
      fired()
      return nil
    }
    kind.setting = change
    return kind
  }

  /// True if it holds from the beginning, whenever it is said to begin.
  var holdsAlways: Bool { shape != nil || setting != nil }
}

extension FaultPlan {
  /// What a fresh node is told beforehand.
  /// - Parameter configuration: what it is told without faults.
  func settings(of peer: PeerID, _ configuration: NodeConfiguration) -> NodeConfiguration {
    var configuration = configuration
    for fault in faults where fault.from == peer {
      FaultClass.named(fault.kind)?.setting?(fault, scenario, &configuration)
    }
    return configuration
  }
}
