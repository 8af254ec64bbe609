import KeyValue
import Runtime

/// Clusters of key-value stores: what is asked of them, and what must hold.
struct KeyValueSubject: ReplicaSubject {
  typealias Node = KeyValueNode

  let settings: KeyValueNodeSettings
  /// Whether no store is ever replaced by an old one, so that what is held stays held.
  private let isMonotonic: Bool
  /// Whether deletions must be gone in the end.
  private let purges: Bool

  var convergenceMilliseconds: Int64 {
    ReplicaSimulationLimits.keyValueConvergenceMillisecondsMax
  }

  init(_ plan: ReplicaPlan, _ planted: KeyValueFault?) {
    var random = RandomStream(seed: plan.seed, consumer: RandomConsumer(.schedule))
    let modes = AntiEntropyMode.allCases
    let mode = modes[random.below(modes.count)]
    let keepsSiblings = random.chance(perMillion: 250_000)
    let behind = UInt64(random.number(in: 500...6_000))
    // The floor has to be further behind than clocks differ.
    let hasWrongClocks =
      plan.offsets.contains { abs($0) > 200 }
      || plan.strikes.contains { if case .clockJump = $0.kind { true } else { false } }
    purges = !hasWrongClocks
    isMonotonic = !plan.strikes.contains {
      if case .restore = $0.kind { true } else { false }
    }
    settings = KeyValueNodeSettings(
      ledger: KeyValueLedger(), planted: planted, mode: mode, keepsSiblings: keepsSiblings,
      floorBehind: hasWrongClocks ? KeyValueSettings.clockAheadDefault : 400 + behind)
  }

  func command(
    number: Int, for node: KeyValueNode, _ random: inout RandomStream
  ) -> KeyValueCommand? {
    let held = content(of: node).strings.filter { key, effect in
      if case .set = effect { key.hasPrefix("k") || key.hasPrefix("d") } else { false }
    }
    return .random(
      number: number, keepsSiblings: settings.keepsSiblings, held: held.keys.sorted(), &random)
  }

  func known(to node: KeyValueNode) -> EventSet { node.known }

  func failure(after number: Int, at node: KeyValueNode) -> ReplicaFailure? {
    guard !node.isRefusing, !node.known.contains(number) else { return nil }
    return .init(.lostWrite, "command \(number) was done, but is not in the store")
  }

  // MARK: What replicas believe

  func failure(at node: KeyValueNode, among others: [KeyValueNode]) -> ReplicaFailure? {
    guard isMonotonic, !node.isRefusing else { return nil }
    let ledger = settings.ledger
    let status = node.replication.status(
      clock: node.storage.core.lastTicks, floor: node.storage.core.floor)
    var beliefs: [Int: (have: UInt64, held: UInt64)] = [:]
    for peer in status.peers {
      guard let number = KeyValueNode.number(of: peer.identity, of: node.place.count) else {
        continue
      }
      beliefs[number] = (peer.have, peer.held)
    }
    for number in ledger.done.numbers {
      guard let write = ledger.writes[number], write.version != nil else { continue }
      if let belief = beliefs[write.node], write.ticks <= belief.have,
        !node.known.contains(number)
      {
        return .init(
          .falseAcknowledgement,
          "\(node.place.number) takes itself to have what \(write.node) wrote up to "
            + "\(belief.have), but lacks command \(number) (\(write.command)) of \(write.ticks)")
      }
      for other in others where !other.isRefusing && !other.known.contains(number) {
        let isHeld =
          write.node == node.place.number
          && write.ticks <= beliefs[other.place.number]?.held ?? 0
        if isHeld {
          return .init(
            .falseAcknowledgement,
            "\(node.place.number) takes \(other.place.number) to have what it wrote, but that "
              + "lacks command \(number) (\(write.command))")
        }
        if write.ticks <= node.storage.core.floor {
          return .init(
            .falseAcknowledgement,
            "the floor of \(node.place.number) is above command \(number) (\(write.command)), "
              + "which \(other.place.number) lacks")
        }
      }
    }
    return nil
  }

  // MARK: The end

  private func content(of node: KeyValueNode) -> HeldContent {
    node.storage.content(keepsSiblings: settings.keepsSiblings)
  }

  func difference(_ nodes: [KeyValueNode]) -> String? {
    guard let first = nodes.first else { return nil }
    if let node = nodes.first(where: \.isRefusing) { return "\(node.place.number) refuses writes" }
    let held = content(of: first)
    for node in nodes.dropFirst() {
      let other = content(of: node)
      if other.entries != held.entries {
        let differing = Set(held.entries).symmetricDifference(other.entries)
          .map { "\($0)" }.sorted().prefix(2).joined(separator: ", ")
        return "\(first.place.number) and \(node.place.number) differ in \(differing)"
      }
      if node.storage.core.root() != first.storage.core.root() {
        return "\(first.place.number) and \(node.place.number) hold the same under other roots"
      }
    }
    if purges, held.dead > 0 {
      let dead = held.entries.first { if case .set = $0 { false } else { true } }
      let floors = nodes.map { "\($0.storage.core.floor)" }.joined(separator: ", ")
      return "\(held.dead) deletions are kept that all have, such as "
        + "\(dead.map { "\($0)" } ?? ""); the floors are \(floors)"
    }
    return nil
  }

  func failure(of nodes: [KeyValueNode], promised: EventSet) -> ReplicaFailure? {
    let ledger = settings.ledger
    for node in nodes {
      let held = content(of: node)
      if let failure = ledger.failure(in: held, of: node.place.number) { return failure }
      let known = ledger.known(in: held, of: node.place.number)
      if let failure = ledger.loss(in: held, known: known, promised: promised) { return failure }
      for (key, effect) in held.strings.sorted(by: { $0.key < $1.key }) {
        guard case .set(_, _, _, _, let expiry) = effect, expiry != 0,
          expiry + 2_000 < node.storage.milliseconds
        else { continue }
        return .init(.wrongExpiry, "\(node.place.number) still has '\(key)', until \(expiry)")
      }
    }
    return nil
  }
}
