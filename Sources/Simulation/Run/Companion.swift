import EventLog
import Ledger
import LiveSync
import Node
import Peers
import Primitives
import Runtime
import StateTrie

/// A fresh node that joins together with the one that a run is about: a whole node that fills its
/// state at the same time, serves what it has, and is held to the same rules.
final class Companion: EventSink, @unchecked Sendable {
  // Unchecked: used on the simulation's thread only.

  let name: String
  let chain: Blockchain
  private let observer: RunObserver
  private let producer: ChainProducer
  private var rules: EventRules
  /// Final blocks at which a part of the state was compared.
  private var turn = 0

  init(
    _ name: String, chain: Blockchain, observer: RunObserver, producer: ChainProducer,
    rules: EventRules
  ) {
    self.name = name
    self.chain = chain
    self.observer = observer
    self.producer = producer
    self.rules = rules
  }

  /// Requests of it that have not ended.
  var openRequestCount: Int { rules.openRequestCount }

  /// L1 and L4: its state is complete, and it stands where the chain is.
  func follows(_ heads: HeadTrack, now: Moment) -> Bool {
    chain.stateComplete && heads.isFollowed(by: chain.headHash, now: now.nanoseconds)
  }

  /// S3, once it is done: its root is that of its header and of the oracle.
  func rootIsRight() -> Bool {
    chain.stateRoot == chain.head.header.stateRoot
      && chain.stateRoot == producer.model(after: chain.headHash)?.stateRoot()
  }

  func record(
    _ event: Event, context: EventContext, cause: UInt64?, request: UInt64?
  ) -> UInt64 {
    let sequence = observer.record(event, context: context, cause: cause, request: request)
    if let broken = rules.take(event, request: request) ?? broken(after: event) {
      observer.violate(
        CheckViolation(
          check: broken.check, detail: "\(name): \(broken.detail)", keyPath: broken.keyPath))
    }
    return sequence
  }

  /// S1 to S3 where its state is complete or on another branch, and for a part of it in turn at
  /// each final block.
  private func broken(after event: Event) -> CheckViolation? {
    let parts = StateCheck.parts
    switch event.group {
    case Event.State.complete(let number, let hash, _):
      return unmade(number, hash) ?? compare(parts)
    case Event.Chain.rebranched:
      return compare(parts)
    case Event.Chain.finalized(let number, let hash),
      Event.Chain.epochFinalized(let number, let hash):
      turn += 1
      return unmade(number, hash) ?? compare([parts[turn % parts.count]])
    default:
      return nil
    }
  }

  private func unmade(_ number: UInt32, _ hash: Hash256) -> CheckViolation? {
    producer.hasMade(hash)
      ? nil : CheckViolation(check: "S3", detail: "block \(number) \(hash.short) was never made")
  }

  private func compare(_ ranges: [KeyRange]) -> CheckViolation? {
    guard let model = producer.model(after: chain.headHash) else { return nil }
    return StateCheck.compare(chain, with: model, in: ranges)
  }
}

/// Other fresh nodes.
extension SimulatedWorld {
  /// Lets them join, with the genesis block and no state. Their chains are in memory.
  func startCompanions() {
    for (index, peer) in plan.companions.enumerated() {
      let companion = Companion(
        "s\(index + 1)",
        chain: Blockchain(genesis: producer.genesis, state: .missing, verifier: verifier),
        observer: observer, producer: producer, rules: observer.freshRules)
      let node = FullNode(
        chain: companion.chain, network: network.endpoint(for: peer), runtime: runtime,
        sink: companion,
        configuration: NodeConfiguration(
          name: companion.name, chunkItems: scenario.chunkItems, strategy: scenario.strategy),
        source: { [unowned self] in snapshots(for: $0) { 0 } })
      companions.append(companion)
      tasks.append(runtime.spawn(companion.name) { await node.run() })
    }
  }

  /// Which of them are not where the chain is, for people.
  var companionsPending: String {
    let late = companions.filter { !$0.follows(heads, now: runtime.now) }
    return late.map { companion in
      let chain = companion.chain
      return "; \(companion.name) is at head \(chain.headNumber) and lacks "
        + "\(chain.missing.ranges.count) ranges"
    }.joined()
  }
}
