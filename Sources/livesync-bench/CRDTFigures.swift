import CRDT
import Compression
import Primitives
import Runtime

/// What sets and deltas of replicated types cost.
struct CRDTFigures {
  private static let elements = 1_000_000
  private static let changes = 1_000
  private static let replicas = 8
  private static let live = 10_000

  let seed: UInt64
  let progress: Progress

  func run() throws -> [Bound] {
    progress.show("sets of \(Self.elements)")
    let merges = try merges()
    progress.show("deltas")
    return merges + [
      Bound(
        name: "a delta of an ORSet, bytes over those of its operations, after zstd",
        value: try setDelta(), unit: "", limit: 1.2, isLeast: false),
      Bound(
        name: "a delta of an ORMap, bytes over those of its operations, after zstd",
        value: try mapDelta(), unit: "", limit: 1.2, isLeast: false),
      Bound(
        name: "a delta of an RGAText, bytes over those of its operations, after zstd",
        value: try textDelta(), unit: "", limit: 1.2, isLeast: false),
      Bound(
        name: "an ORSet after 100,000 changes, metadata over replicas x live elements",
        value: try metadata(), unit: "bytes", limit: 1, isLeast: false),
    ]
  }

  private func stamp(_ dot: Dot) -> Stamp {
    Stamp(dot: dot, time: HybridTime(ticks: dot.counter << 16, replica: dot.replica))
  }

  /// Element number `index`, 16 bytes.
  private func element(_ index: Int) -> [UInt8] {
    var random = RandomStream(seed: seed &+ UInt64(index) &* 0x9e37_79b9)
    return random.bytes(16)
  }

  private func set(_ indices: some Sequence<Int>, by replica: UInt64, in base: ORSet = ORSet())
    throws -> ORSet
  {
    var set = base
    for index in indices {
      _ = try set.apply(.add(element(index)), at: stamp(set.nextDot(of: ReplicaID(replica))))
    }
    return set
  }

  // MARK: Merging

  private func merges() throws -> [Bound] {
    let count = Self.elements
    let first = try set(0..<count / 2, by: 1)
    let second = try set(count / 2..<count, by: 2)
    let all = try ORSet.join(first, second)
    // As it comes over the wire: of its own memory, in the order of the elements.
    let read = try ORSet(wireBytes: all.wireBytes)
    let third = try set(count / 4..<count / 2, by: 3)
    let (left, right) = try (ORSet.join(first, third), ORSet.join(second, third))
    func speed(_ name: String, _ mine: ORSet, _ other: ORSet) throws -> Bound {
      var mine = mine
      // A copy is made at the first change; here it is made before.
      _ = try mine.apply(.add([0]), at: stamp(mine.nextDot(of: ReplicaID(9))))
      _ = try mine.apply(.remove([0]), at: stamp(mine.nextDot(of: ReplicaID(9))))
      let start = BenchClock.nanoseconds
      try mine.merge(other)
      let time = BenchClock.nanoseconds - start
      precondition(mine.count >= all.count - count / 4, "a merge has lost elements")
      return Bound(
        name: "ORSet, 1 M elements merged, \(name)",
        value: Double(mine.count) * 1e3 / Double(max(1, time)), unit: "M/s", limit: 1,
        isLeast: true)
    }
    return [
      try speed("disjoint halves", first, second), try speed("half in common", left, right),
      try speed("equal, in another order", all, read), try speed("equal", read, read),
      try deltaInto(all),
    ]
  }

  /// How many times longer a small delta takes in a large set than in a small one.
  private func deltaInto(_ large: ORSet) throws -> Bound {
    let count = Self.elements
    var source = ORSet()
    let deltas = try (0..<Self.changes).map { number in
      try source.apply(
        .add(element(count + number)), at: stamp(source.nextDot(of: ReplicaID(4))))
    }
    func time(_ base: ORSet) throws -> Int {
      var set = base
      try set.merge(deltas[0])
      let start = BenchClock.nanoseconds
      for delta in deltas { try set.merge(delta) }
      return BenchClock.nanoseconds - start
    }
    let small = try time(try set(0..<1_000, by: 1))
    return Bound(
      name: "ORSet, a delta into 1 M elements, over one into 1,000",
      value: Double(try time(large)) / Double(max(1, small)), unit: "", limit: 4, isLeast: false)
  }

  // MARK: Sizes

  private func ratio(_ delta: some WireCodable, _ operations: WireEncoder) -> Double {
    let zstd = ZstdCompressor(level: 3)
    return Double(zstd.frame(of: delta.wireBytes).count)
      / Double(zstd.frame(of: operations.bytes).count)
  }

  /// An operation as a log has it: its dot's counter (the replica is that of the log), what it
  /// does, and to what.
  private func append(_ kind: UInt8, _ dot: Dot, _ bytes: [UInt8]..., to log: inout WireEncoder) {
    log.append(byte: kind)
    log.append(dot.counter)
    for bytes in bytes { log.append(bytes) }
  }

  private func setDelta() throws -> Double {
    var (set, joined, log) = (ORSet(), ORSet(), WireEncoder())
    for number in 0..<Self.changes {
      let dot = set.nextDot(of: ReplicaID(1))
      let isRemoval = number % 10 == 9
      let element = element(isRemoval ? number - 5 : number)
      append(isRemoval ? 1 : 0, dot, element, to: &log)
      let delta = try set.apply(isRemoval ? .remove(element) : .add(element), at: stamp(dot))
      joined = try ORSet.join(joined, delta)
    }
    return ratio(joined, log)
  }

  private func mapDelta() throws -> Double {
    var (map, joined, log) = (ORMap(), ORMap(), WireEncoder())
    for number in 0..<Self.changes {
      let dot = map.nextDot(of: ReplicaID(1))
      let (name, value) = (Array("field-\(number % 400)".utf8), element(number))
      append(0, dot, name, value, to: &log)
      let delta = try map.apply(.update(name, .lastWriter(.write(value))), at: stamp(dot))
      joined = try ORMap.join(joined, delta)
    }
    return ratio(joined, log)
  }

  private func textDelta() throws -> Double {
    var (text, joined, log) = (RGAText(), TextDelta(), WireEncoder())
    var random = RandomStream(seed: seed)
    for _ in 0..<Self.changes {
      let dot = text.nextDot(of: ReplicaID(1))
      let position = random.below(text.count + 1)
      let word = String(decoding: random.bytes(6).map { $0 % 26 + 97 }, as: UTF8.self) + " "
      let delta = try text.insert(word, at: position, as: dot)
      append(0, dot, Array(word.utf8), to: &log)
      // What an operation stands on: elsewhere a position is another one.
      log.append(delta.insertions[0].left?.counter ?? 0)
      log.append(delta.insertions[0].right?.counter ?? 0)
      joined = try RGAText.join(joined, delta)
    }
    return ratio(joined, log)
  }

  /// Bytes that are not elements, over replicas times live elements, after replicas have added and
  /// removed much and heard of all.
  private func metadata() throws -> Double {
    var random = RandomStream(seed: seed &+ 1)
    var sets = [ORSet](repeating: ORSet(), count: Self.replicas)
    let changes = 100_000
    for number in 0..<changes {
      let place = random.below(Self.replicas)
      let dot = sets[place].nextDot(of: ReplicaID(UInt64(1 + place)))
      let element = element(random.below(2 * Self.live))
      let isAddition = random.below(2) == 0
      _ = try sets[place].apply(isAddition ? .add(element) : .remove(element), at: stamp(dot))
      if number % 1_000 == 0 { try sets[place].merge(sets[random.below(Self.replicas)]) }
    }
    var all = sets[0]
    for set in sets { try all.merge(set) }
    let content = all.value.reduce(0) { $0 + $1.count + 1 }
    return Double(all.wireBytes.count - content) / Double(Self.replicas * all.count)
  }
}
