import CRDT
import KeyValue
import Primitives
import TestSupport
import Testing

extension ReplicaNetwork {
  // MARK: Sessions

  /// All that differs between two nodes, exchanged at once.
  func compare(_ a: ReplicaNode, _ b: ReplicaNode) {
    let clocks = (a.core.clock(at: milliseconds(a)), b.core.clock(at: milliseconds(b)))
    let (ours, theirs) = (a.entries, b.entries)
    let toB = take(Array(Set(ours).subtracting(theirs)), by: b, from: a)
    let toA = take(Array(Set(theirs).subtracting(ours)), by: a, from: b)
    let outcome = SessionOutcome(
      ownClock: clocks.0, peerClock: clocks.1, isComplete: toA.isWhole && toB.isWhole,
      keysCompared: UInt64(ours.count), keysReceived: UInt64(toA.count),
      keysSent: UInt64(toB.count))
    perform(
      a.replication.sessionEnded(with: b.identity, outcome, &a.core, at: time(a)), of: a)
  }

  private func take(
    _ effects: [KeyValueEffect], by node: ReplicaNode, from peer: ReplicaNode
  ) -> (count: Int, isWhole: Bool) {
    var outcomes: [(key: [UInt8], outcome: ApplyOutcome)] = []
    var dead: [DeadRecord] = []
    var isWhole = true
    _ = node.batch(at: milliseconds(node)) { core in
      for effect in effects.sorted(by: { $0.key.lexicographicallyPrecedes($1.key) }) {
        do throws(KeyValueCore.Refusal) {
          let outcome = try core.apply(effect)
          outcomes.append((effect.key, outcome))
          if outcome == .dead, let version = effect.version {
            dead.append(DeadRecord(key: effect.key, version: version))
          }
        } catch { isWhole = false }
      }
    }
    perform(
      node.replication.took(
        outcomes, dead: dead, from: peer.identity, &node.core, at: time(node)), of: node)
    return (outcomes.count { $0.outcome.isNews }, isWhole)
  }

  // MARK: Wire

  static func copy(_ request: ReplicationRequest) -> ReplicationRequest {
    func read<Value: WireCodable & Equatable>(_ value: Value) -> Value {
      let copy = try? Value(wireBytes: value.wireBytes)
      #expect(copy == value)
      return copy ?? value
    }
    return switch request {
    case .hello(let value): .hello(read(value))
    case .push(let value): .push(read(value))
    case .round(let value): .round(read(value))
    case .value(let value): .value(read(value))
    }
  }

  static func copy(_ answer: ReplicationAnswer) -> ReplicationAnswer {
    func read<Value: WireCodable & Equatable>(_ value: Value) -> Value {
      let copy = try? Value(wireBytes: value.wireBytes)
      #expect(copy == value)
      return copy ?? value
    }
    return switch answer {
    case .hello(let value): .hello(read(value))
    case .push(let value): .push(read(value))
    case .round(let value): .round(read(value))
    case .value(let value): .value(read(value))
    }
  }

  // MARK: What must be true

  var isEqual: Bool { Set(nodes.filter(\.isUp).map(\.root)).count == 1 }

  /// Whether every node shows the clients what the model has.
  func checkModel(_ what: String) {
    for node in nodes where node.isUp {
      let shown = Dictionary(uniqueKeysWithValues: node.live.map { ($0.key, $0) })
      let expected = model.filter { if case .set = $0.value { true } else { false } }
      let missing = expected.filter { shown[$0.key] != $0.value }
      let revived = shown.filter { expected[$0.key] == nil }
      #expect(missing.isEmpty, "\(what): node \(node.number) lacks \(missing.prefix(3))")
      #expect(revived.isEmpty, "\(what): node \(node.number) revived \(revived.prefix(3))")
    }
  }

  /// Whether the newest write of a key up to these ticks left nothing.
  private func newestIsOver(_ key: [UInt8], at ticks: UInt64) -> Bool {
    let all = writes.filter { $0.key == key && $0.version?.ticks ?? .max <= ticks }
    guard let last = all.compactMap(\.version).max() else { return false }
    return all.contains { $0.version == last && $0.isOver(at: ticks >> 16) }
  }

  /// Whether every node has what the floor says that all have.
  func checkFloor(_ ticks: UInt64, _ what: String) {
    var newest: [[UInt8]: KeyValueEffect] = [:]
    for write in writes {
      guard let version = write.version, version.ticks <= ticks else { continue }
      if let held = newest[write.key]?.version, held > version { continue }
      newest[write.key] = write
    }
    for node in nodes where !node.replication.isRemoved {
      for (key, write) in newest {
        guard let version = write.version else { continue }
        let held = node.core.version(of: key)
        if let held, held >= version { continue }
        // What is deleted or over and not there at all cannot come back; it may have been purged
        // with a later write.
        if held == nil, write.isOver(at: ticks >> 16) { continue }
        if held == nil, newestIsOver(key, at: node.floor) { continue }
        Issue.record("\(what): node \(node.number) lacks \(write) below the floor \(ticks)")
      }
    }
  }
}

extension KeyValueEffect {
  /// Whether nothing is left of it for clients at this time.
  func isOver(at milliseconds: UInt64) -> Bool {
    guard case .set(_, _, _, _, let expiry) = self else { return true }
    return expiry != 0 && expiry <= milliseconds
  }
}
