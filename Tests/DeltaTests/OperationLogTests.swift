import CRDT
import Delta
import Primitives
import TestSupport
import Testing

@Suite struct OperationLogTests {
  private let a = DeltaSamples.a
  private let b = DeltaSamples.b
  private let c = DeltaSamples.c

  @Test func delta_shouldHaveExactlyTheOperationsBetween_causesFirst() throws {
    for seed in 0..<30 as Range<UInt64> {
      let log = try DeltaSamples.log(200, seed: seed)
      let all = try log.generateDelta(from: VersionVector()).operations
      #expect(all.count == 200 && Set(all.map(\.dot)).count == 200, "seed \(seed)")
      var generator = SeededGenerator(seed: seed)
      for _ in 0..<20 {
        // Any two points of time: what was there is what one of the prefixes has.
        var cuts = [generator.below(201), generator.below(201)]
        cuts.sort()
        let (from, to) = (Delta(Array(all[..<cuts[0]])).to, Delta(Array(all[..<cuts[1]])).to)
        let delta = try log.generateDelta(from: from, to: to)
        #expect(Set(delta.operations) == Set(all[cuts[0]..<cuts[1]]), "seed \(seed)")
        var known = from
        for operation in delta.operations {
          #expect(operation.causes.allSatisfy { known.contains($0) }, "seed \(seed)")
          #expect(known[operation.dot.replica] == operation.dot.counter - 1)
          known.raise(operation.dot.replica, to: operation.dot.counter)
        }
        #expect(known == to)
        let extent = try #require(log.extent(from: from, to: to))
        #expect(extent.operations == delta.operations.count)
      }
    }
  }

  @Test func longDelta_shouldComeInParts_thatFollowEachOther() throws {
    let log = try DeltaSamples.log(500, seed: 3)
    var known = VersionVector()
    var parts = 0
    var operations: [LoggedOperation] = []
    while true {
      let delta = try log.generateDelta(from: known, bytesMax: 400)
      if delta.isEmpty { break }
      #expect(delta.operations.reduce(0) { $0 + $1.bytes.count } <= 400)
      known.merge(delta.to)
      operations += delta.operations
      parts += 1
    }
    #expect(Set(operations) == Set(try log.generateDelta(from: VersionVector()).operations))
    #expect(parts > 20 && known == log.version)
    // One that is larger than allowed comes alone.
    #expect(try log.generateDelta(from: VersionVector(), bytesMax: 1).operations.count == 1)
    #expect(
      try log.generateDelta(from: VersionVector(), operationsMax: 7).operations.count == 7)
  }

  @Test func causes_shouldBeWhatIsNewsSinceTheLastOwnOperation() throws {
    var mine = OperationLog(author: a)
    var theirs = OperationLog(author: b)
    try mine.append(kind: 1, [1])
    try mine.append(kind: 1, [2])
    try theirs.take(mine.generateDelta(from: theirs.version).operations)
    let first = try theirs.append(kind: 1, [3])
    let second = try theirs.append(kind: 1, [4])
    #expect(theirs.operation(first)?.causes == [Dot(a, 2)])
    #expect(theirs.operation(second)?.causes == [])
    try theirs.take([LoggedOperation(dot: Dot(c, 1), kind: 1, bytes: [])])
    let third = try theirs.append(kind: 1, [5], causes: .ownOnly)
    #expect(theirs.operation(third)?.causes == [])
    let fourth = try theirs.append(kind: 1, [6], causes: .these([Dot(c, 1), Dot(a, 1), Dot(b, 2)]))
    #expect(theirs.operation(fourth)?.causes == [Dot(a, 1), Dot(c, 1)])
    let strange = Dot(c, 9)
    #expect(throws: DeltaError.unknownBase(strange, of: Dot(b, 5))) {
      try theirs.append(kind: 1, [7], causes: .these([strange]))
    }
    // A new id speaks of all that the old one has seen.
    theirs.renew(author: ReplicaID(7))
    let renewed = try theirs.append(kind: 1, [8])
    #expect(theirs.operation(renewed)?.causes == [Dot(a, 2), Dot(b, 4), Dot(c, 1)])
    // What the last ones stand on need not be named.
    try mine.take(theirs.generateDelta(from: mine.version).operations)
    let fifth = try mine.append(kind: 1, [9])
    #expect(mine.operation(fifth)?.causes == [renewed])
  }

  @Test func acknowledgements_shouldTrim_whatTheSlowestPeerHas() throws {
    var log = OperationLog(author: a)
    for number in 1...10 as ClosedRange<UInt8> { try log.append(kind: 1, [number]) }
    try log.acknowledge(VersionVector(), by: c)
    try log.acknowledge(DeltaSamples.vector([(a, 8)]), by: b)
    #expect(log.extent.operations == 10 && log.reach.isEmpty)
    try log.acknowledge(DeltaSamples.vector([(a, 3)]), by: c)
    #expect(log.extent.operations == 7 && log.reach[a] == 3)
    // An older acknowledgement takes nothing back.
    try log.acknowledge(DeltaSamples.vector([(a, 2)]), by: c)
    #expect(log.acknowledged(by: c)?[a] == 3 && log.stable?[a] == 3)
    log.forget(c)
    #expect(log.extent.operations == 2 && log.peers == [b] && log.reach[a] == 8)
    #expect(log.version[a] == 10)
    #expect(try log.generateDelta(from: log.reach).operations.map(\.dot.counter) == [9, 10])
  }

  /// A maximum over holes would let go what was never received.
  @Test func acknowledgementsWithAHole_shouldTrimNothingBehindIt() throws {
    var log = OperationLog(author: a)
    for number in 1...10 as ClosedRange<UInt8> { try log.append(kind: 1, [number]) }
    var known = CausalContext()
    for counter in [1, 2, 3, 5, 6, 10] as [UInt64] { known.insert(Dot(a, counter)) }
    var changes = LogChanges()
    try log.acknowledge(known, by: b, to: &changes)
    log.settle(&changes)
    log.commit(changes)
    #expect(log.reach[a] == 3 && log.operation(Dot(a, 4))?.bytes == [4])
    #expect(log.operation(Dot(a, 3)) == nil)
  }

  @Test func tooOldVersion_shouldBeToldFromWhereTheLogReaches() throws {
    var log = try DeltaSamples.log(100, seed: 5)
    let (whole, from) = (log.version, DeltaSamples.vector([(a, 4), (b, 20), (c, 20)]))
    try log.acknowledge(DeltaSamples.vector([(a, 5), (b, 6), (c, 7)]), by: b)
    #expect(log.reach == DeltaSamples.vector([(a, 5), (b, 6), (c, 7)]))
    #expect(throws: DeltaError.tooOld(reach: log.reach)) { try log.generateDelta(from: from) }
    #expect(!log.reaches(back: from) && log.extent(from: from) == nil)
    #expect(log.reaches(back: log.reach))
    // Of a replica that is not asked for it does not matter.
    let to = DeltaSamples.vector([(a, 4), (b, 21)])
    #expect(try log.generateDelta(from: from, to: to).to == DeltaSamples.vector([(b, 21)]))
    let beyond = Dot(b, whole[b] + 1)
    #expect(throws: DeltaError.notHeld(beyond)) {
      try log.generateDelta(from: whole, to: DeltaSamples.vector([(b, beyond.counter)]))
    }
  }

  @Test func log_shouldLetGoTheOldest_aboveItsBounds_whoeverLacksThem() throws {
    for bounds in [LogBounds(operations: 100), LogBounds(bytes: 100 * 120)] {
      var generator = SeededGenerator(seed: 8)
      let source = try DeltaSamples.log(1_000, seed: 8)
      var log = OperationLog(author: DeltaSamples.a, bounds: bounds)
      try log.acknowledge(VersionVector(), by: b)
      var all: [LoggedOperation] = []
      for operation in try source.generateDelta(from: VersionVector()).operations {
        let before = log.extent.operations
        if generator.chance(50) {
          try log.take([operation])
        } else {
          var changes = LogChanges()
          try log.take([operation], to: &changes)
          log.settle(&changes)
          log.commit(changes)
        }
        all.append(operation)
        // When it lets go, it makes room for more than one.
        if log.extent.operations < before {
          let part = before / DeltaLimits.trimPart
          #expect(before - log.extent.operations >= part - 2, "\(before), \(log.extent)")
        }
        #expect(
          log.extent.operations <= bounds.operations && log.extent.heldBytes <= bounds.bytes)
        // What is left are the newest, whoever wrote them.
        let held = try log.generateDelta(from: log.reach).operations
        #expect(Set(held) == Set(all.suffix(held.count)))
      }
      #expect(log.extent.operations > 60, "\(log.extent)")
      #expect(log.version == source.version && log.acknowledged(by: b)?.isEmpty == true)
    }
  }

  @Test func adopted_shouldBeKnown_andNotHeld() throws {
    var log = try DeltaSamples.log(60, seed: 2)
    let before = log.version
    var later = before
    later.raise(b, to: before[b] + 10)
    later.raise(ReplicaID(3), to: 4)
    try log.adopt(later)
    #expect(log.version == later && log.reach[b] == later[b] && log.reach[a] == 0)
    #expect(throws: DeltaError.tooOld(reach: log.reach)) { try log.generateDelta(from: before) }
    var seen = before
    seen.merge(log.reach)
    #expect(try log.generateDelta(from: seen).isEmpty)
    try log.take([LoggedOperation(dot: Dot(b, later[b] + 1), kind: 1, bytes: [1])])
    #expect(try log.generateDelta(from: later).operations.count == 1)
    // What is older than what is here changes nothing.
    try log.adopt(before)
    #expect(log.version[b] == later[b] + 1)
    #expect(log.extent(from: later)?.operations == 1)
  }

  @Test func emptyOperation_shouldHaveANumber_soThatTheNextOneFits() throws {
    var (mine, theirs) = (OperationLog(author: a), OperationLog(author: b))
    try mine.append(kind: 1, [1])
    try mine.append(kind: 1, [])
    try mine.append(kind: 1, [3])
    let codec = DeltaCodec()
    let delta = try codec.decode(codec.encode(mine.generateDelta(from: VersionVector())).bytes)
    try theirs.take(Array(delta.operations[..<2]))
    #expect(theirs.version[a] == 2)
    try theirs.take(Array(delta.operations[2...]))
    #expect(theirs.version[a] == 3)
    #expect(throws: DeltaError.gap(a, expected: 4, found: 5)) {
      try theirs.take([LoggedOperation(dot: Dot(a, 5), kind: 1, bytes: [])])
    }
  }
}
