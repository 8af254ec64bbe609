import CRDT
import Primitives
import TestSupport
import Testing

/// Sets of more elements than are looked through one by one.
@Suite struct LargeSetTests {
  /// An add-wins set as its definition has it: the additions that are known, and those among them
  /// that no known removal has seen.
  private struct PlainSet: Equatable {
    var known: Set<Dot> = []
    var live: [[UInt8]: Set<Dot>] = [:]

    var value: [[UInt8]] {
      live.filter { !$0.value.isEmpty }.keys.sorted { $0.lexicographicallyPrecedes($1) }
    }

    mutating func merge(_ other: PlainSet) {
      for element in Set(live.keys).union(other.live.keys) {
        let (mine, theirs) = (live[element] ?? [], other.live[element] ?? [])
        live[element] = mine.intersection(theirs)
          .union(mine.subtracting(other.known)).union(theirs.subtracting(known))
      }
      known.formUnion(other.known)
    }
  }

  private struct Replica {
    let id: ReplicaID
    var set = ORSet()
    var plain = PlainSet()

    mutating func change(_ operation: ORSet.Operation) throws -> ORSet {
      let dot = set.nextDot(of: id)
      let delta = try set.apply(operation, at: stamp(dot))
      switch operation {
      case .add(let element):
        plain.live[element] = [dot]
        plain.known.insert(dot)
      case .remove(let element): plain.live[element] = []
      case .clear: plain.live = [:]
      }
      return delta
    }
  }

  @Test(arguments: UInt64(0)..<20)
  func merging_shouldDoWhatTheDefinitionSays(seed: UInt64) throws {
    var generator = SeededGenerator(seed: seed)
    let elements = [12, 100, 600][Int(seed % 3)]
    var replicas = (1...3).map { Replica(id: ReplicaID($0)) }
    for step in 0..<2_500 {
      let place = generator.below(3)
      let element = generator.below(elements)
      let bytes = [UInt8(element & 255), UInt8(element >> 8), 7]
      switch generator.below(100) {
      case 0..<60: _ = try replicas[place].change(.add(bytes))
      case 60..<97: _ = try replicas[place].change(.remove(bytes))
      case 97 where step % 10 == 0: _ = try replicas[place].change(.clear)
      default:
        let other = generator.below(3)
        if generator.chance(30) {
          // As it comes over the wire: in the order of the elements.
          try replicas[place].set.merge(ORSet(wireBytes: replicas[other].set.wireBytes))
        } else {
          try replicas[place].set.merge(replicas[other].set)
        }
        replicas[place].plain.merge(replicas[other].plain)
      }
      if step % 50 == 0 {
        #expect(replicas[place].set.value == replicas[place].plain.value)
        #expect(replicas[place].set.count == replicas[place].plain.value.count)
      }
    }
    let sets = replicas.map(\.set)
    let all = try sets.reduce(ORSet()) { try ORSet.join($0, $1) }
    let back = try sets.reversed().reduce(ORSet()) { try ORSet.join($0, $1) }
    var plain = PlainSet()
    for replica in replicas { plain.merge(replica.plain) }
    #expect(all == back && all.value == plain.value)
    #expect(try ORSet(wireBytes: all.wireBytes) == all)
    for element in 0..<elements {
      let bytes = [UInt8(element & 255), UInt8(element >> 8), 7]
      #expect(all.contains(bytes) == !(plain.live[bytes] ?? []).isEmpty)
    }
    let pieces = all.decomposed().shuffled(using: &generator)
    #expect(try pieces.reduce(ORSet()) { try ORSet.join($0, $1) } == all)
  }

  @Test func forgetting_shouldKeepAllOthers_whenThereAreMany() throws {
    var set = RWSet()
    let id = ReplicaID(1)
    for element in UInt8(0)..<200 {
      _ = try set.apply(.add([element]), at: stamp(set.nextDot(of: id)))
    }
    for element in UInt8(0)..<200 where element % 3 != 0 {
      _ = try set.apply(.remove([element]), at: stamp(set.nextDot(of: id)))
    }
    #expect(set.keptCount == 200)
    set.forget(stable: set.context.contiguous)
    #expect(set.keptCount == 67 && set.value.count == 67)
    for element in UInt8(0)..<200 { #expect(set.contains([element]) == (element % 3 == 0)) }
    for element in UInt8(0)..<200 {
      _ = try set.apply(.add([element]), at: stamp(set.nextDot(of: id)))
    }
    #expect(set.value.count == 200)
  }

  @Test func part_shouldBeWholeAllThrough_whenItTakesInAWhole() throws {
    var map = ORMap()
    let id = ReplicaID(1)
    let inner = FieldOperation.map(.update([2], .addWinsSet(.add([3]))))
    var part = try map.apply(.update([1], inner), at: stamp(map.nextDot(of: id)))
    try part.merge(ORMap())
    #expect(part.value == map.value)
    #expect(try ORMap(wireBytes: part.wireBytes) == part)
  }

  @Test func contexts_shouldFindEveryReplica_whenThereAreMany() {
    var generator = SeededGenerator(seed: 4)
    var context = CausalContext()
    let ids = (0..<300).map { UInt64($0 * 7) }.shuffled(using: &generator)
    for id in ids { context.insert(Dot(ReplicaID(id), 1 + id % 5)) }
    #expect(context.replicas.map(\.bits) == ids.sorted())
    for id in UInt64(0)..<2_110 {
      for counter in UInt64(1)...5 {
        let isKnown = id % 7 == 0 && id < 2_100 && counter == 1 + id % 5
        #expect(context.contains(Dot(ReplicaID(id), counter)) == isKnown)
      }
    }
  }
}
