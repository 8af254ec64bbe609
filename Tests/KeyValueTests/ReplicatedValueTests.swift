import CRDT
import KeyValue
import Primitives
import TestSupport
import Testing

/// The laws of values, whatever strangers send.
@Suite struct ReplicatedValueTests {
  /// Values of one key at replicas that write, merge, end and raise their horizons at random.
  private func values(_ draw: inout SeededGenerator, steps: Int) throws -> [ReplicatedValue] {
    var values = (0..<4).map { _ in ReplicatedValue(.init()) }
    var last: UInt64 = 100 << 16
    for _ in 0..<steps {
      let index = draw.below(4)
      last += UInt64(1 + draw.below(5 << 16))
      let time = HybridTime(ticks: last, replica: ReplicaID(UInt64(index + 1)))
      let word = [UInt8(draw.below(3))]
      switch draw.below(12) {
      case 0: values[index].replace(.nothing, at: time, expiry: 0)
      case 1:
        values[index].replace(
          .bytes(word), at: time, expiry: draw.chance(50) ? (last >> 16) + 9 : 0)
      case 2: values[index].setExpiry((last >> 16) + UInt64(draw.below(9)), at: time)
      case 3: if values[index].expiry != 0 { values[index].expire() }
      case 4, 5, 6: try values[index].merge(values[draw.below(4)])
      case 7:
        // What all know of is gone or here.
        let all = try values.reduce(values[index]) { try merged($0, $1) }
        values = [all, all, all, all]
        values[index].raiseHorizon(to: last - 1)
      default:
        values[index].begin(at: HybridTime(ticks: last - 1, replica: time.replica))
        let operation: ORMap.Operation =
          [
            .update([], .addWinsSet(.add(word))), .update([], .addWinsSet(.remove(word))),
            .update([], .counter(.add(Int64(draw.below(9)) - 4))),
            .update([], .multiValue(.write(word))),
            .update([], .map(.update(word, .multiValue(.write([1]))))),
            .update([], .map(.update(word, .counter(.add(1))))),
            .update([], .map(.remove(FieldKey(word, .multiValue)))),
          ][draw.below(7)]
        try values[index].apply(operation, at: time)
      }
    }
    return values
  }

  private func merged(
    _ a: ReplicatedValue, _ b: ReplicatedValue
  ) throws -> ReplicatedValue {
    var both = a
    try both.merge(b)
    return both
  }

  @Test(arguments: 0..<Campaign.seeds("LIVESYNC_KV_CRDT_SEEDS", default: 100))
  func merging_shouldBeAJoin(seed: UInt64) throws {
    var draw = SeededGenerator(seed: seed)
    let values = try values(&draw, steps: 5 + draw.below(60))
    for value in values {
      #expect(try ReplicatedValue(wireBytes: value.wireBytes) == value, "seed \(seed)")
      #expect(try merged(value, value) == value, "seed \(seed)")
    }
    for a in values {
      for b in values {
        let both = try merged(a, b)
        #expect(try merged(b, a) == both, "seed \(seed)")
        #expect(try merged(both, b) == both, "seed \(seed)")
        #expect(try ReplicatedValue(wireBytes: both.wireBytes) == both, "seed \(seed)")
        for c in values {
          #expect(
            try merged(both, c).wireBytes == merged(a, merged(b, c)).wireBytes, "seed \(seed)")
        }
      }
    }
  }

  @Test(arguments: 0..<Campaign.seeds("LIVESYNC_KV_CRDT_SEEDS", default: 60))
  func strangersBytes_shouldBeRefused_orBeInTheOneForm(seed: UInt64) throws {
    var draw = SeededGenerator(seed: seed)
    let values = try values(&draw, steps: 20)
    var read = 0
    for _ in 0..<200 {
      let value = values[draw.below(4)]
      let bytes = draw.mutated(value.wireBytes)
      guard let other = try? ReplicatedValue(wireBytes: bytes) else { continue }
      read += 1
      #expect(other.wireBytes == bytes, "seed \(seed)")
      // Whatever it says, all agree on what comes of it.
      let both = try merged(value, other)
      #expect(try merged(other, value) == both, "seed \(seed)")
      #expect(try ReplicatedValue(wireBytes: both.wireBytes) == both, "seed \(seed)")
      var node = Node(keepsTombstones: true, now: 1 << 40)
      let version = HybridTimeOf.time(1 << 39, 3)
      let effect = KeyValueEffect.set(
        key: [1], kind: other.kind, value: bytes, version: version, expiry: other.expiry)
      do throws(any Error) { try node.load([effect]) } catch {
        #expect(error is KeyValueCore.Refusal, "seed \(seed)")
        continue
      }
      _ = node.bytes(Array("CRDT.HGETALL".utf8), [1])
      _ = node.bytes(Array("DEL".utf8), [1])
    }
    #expect(read > 0, "seed \(seed): all was refused")
  }

  @Test func recordsThatDoNotFitTheirValue_shouldBeRefused() throws {
    var value = ReplicatedValue(.init())
    let time = HybridTimeOf.time(1_000_000, 3)
    try value.apply(.update([], .addWinsSet(.add([1]))), at: time)
    let bytes = value.wireBytes
    var node = Node(keepsTombstones: true)
    func effect(_ kind: ValueKind, _ bytes: [UInt8], expiry: UInt64 = 0) -> KeyValueEffect {
      .set(key: [1], kind: kind, value: bytes, version: time, expiry: expiry)
    }
    let wrong = [
      effect(.emptied, bytes), effect(.replicated, bytes, expiry: 5), effect(.replicated, [1]),
      effect(.replicated, []), effect(.replicated, bytes + [0]), effect(.tombstone, bytes),
    ]
    for effect in wrong {
      #expect(throws: KeyValueCore.Refusal.self) { try node.apply([effect]) }
      #expect(throws: KeyValueCore.Refusal.self) { try node.load([effect]) }
    }
    // An event that is to come hides what is written here.
    var ahead = value
    let far = HybridTimeOf.time(node.now + 10_000_000, 3)
    try ahead.apply(.update([], .addWinsSet(.add([2]))), at: far)
    #expect(throws: KeyValueCore.Refusal.self) {
      try node.apply([effect(.replicated, ahead.wireBytes)])
    }
    #expect(node.entries.isEmpty)
    try node.apply([effect(.replicated, bytes)])
    #expect(node.bytes(Array("CRDT.SCARD".utf8), [1]) == .integer(1))
  }

  /// What a merge gives is told: whoever sent one side lacks the other one.
  @Test func merges_shouldSayWhoLacksSomething() throws {
    var a = Node(1, keepsTombstones: true)
    var b = Node(2, keepsTombstones: true)
    a("CRDT.SADD k x")
    b("CRDT.SADD k y")
    func outcome(_ node: inout Node, _ effect: KeyValueEffect) throws -> ApplyOutcome {
      node.core.beginBatch(at: node.now)
      defer { node.end() }
      return try node.core.apply(effect)
    }
    let (ofA, ofB) = (a.entries[0], b.entries[0])
    #expect(try outcome(&a, ofB) == .merged)
    #expect(try outcome(&a, ofB) == .known && outcome(&a, ofA) == .known)
    #expect(try outcome(&b, a.entries[0]) == .stored)
    #expect(try outcome(&b, a.entries[0]) == .known && a.entries == b.entries)
    // A plain string beside it.
    var c = Node(3, keepsTombstones: true, now: a.now + 5)
    c("SET k z")
    #expect(try outcome(&a, c.entries[0]) == .merged)
    #expect(try outcome(&c, a.entries[0]) == .stored && c.entries == a.entries)
  }
}
