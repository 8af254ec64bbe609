import CRDT
import Compression
import Delta
import Primitives
import TestSupport
import Testing

@Suite struct DeltaLimitsTests {
  private let a = DeltaSamples.a

  @Test func bytesOfAnOperation_shouldBeLimited() throws {
    var log = OperationLog(author: a)
    let most = [UInt8](repeating: 1, count: DeltaLimits.operationBytesMax)
    try log.append(kind: 1, most)
    #expect(
      throws: DeltaError.tooLarge("bytes of an operation", limit: DeltaLimits.operationBytesMax)
    ) { try log.append(kind: 1, most + [1]) }
    let delta = try log.generateDelta(from: VersionVector())
    #expect(try Delta(wireBytes: delta.wireBytes).operations == delta.operations)
    let large = Delta([LoggedOperation(dot: Dot(a, 1), kind: 1, bytes: most + [1])])
    #expect(throws: WireError.self) { try Delta(wireBytes: large.wireBytes) }
  }

  @Test func causesOfAnOperation_shouldBeLimited() throws {
    var log = OperationLog(author: a)
    let dots = (0...UInt64(DeltaLimits.causesMax)).map { Dot(ReplicaID($0), 1) }
    #expect(
      throws: DeltaError.tooLarge("causes of an operation", limit: DeltaLimits.causesMax)
    ) { try log.append(kind: 1, [], causes: .these(dots)) }
    let strange = Delta([LoggedOperation(dot: Dot(a, 1), kind: 1, causes: dots, bytes: [])])
    #expect(throws: WireError.self) { try Delta(wireBytes: strange.wireBytes) }
    let most = Delta([
      LoggedOperation(dot: Dot(a, 1), kind: 1, causes: Array(dots.dropLast(2)), bytes: [])
    ])
    #expect(try Delta(wireBytes: most.wireBytes).operations == most.operations)
  }

  @Test func deltas_shouldHaveSoManyOperationsAndBytesAtMost() throws {
    var many = OperationLog(author: a)
    for _ in 0...DeltaLimits.deltaOperationsMax { try many.append(kind: 1, []) }
    let first = try many.generateDelta(from: VersionVector(), operationsMax: .max)
    #expect(first.operations.count == DeltaLimits.deltaOperationsMax)
    #expect(try Delta(wireBytes: first.wireBytes).to == first.to)
    var long = OperationLog(author: a)
    let bytes = [UInt8](repeating: 1, count: DeltaLimits.deltaBytesMax / 4)
    for _ in 0..<5 { try long.append(kind: 1, bytes) }
    #expect(
      try long.generateDelta(from: VersionVector(), bytesMax: .max).operations.count == 4)
    let longer = Delta(
      first.operations + [
        LoggedOperation(
          dot: Dot(a, first.to[a] + 1), kind: 1, bytes: [])
      ])
    #expect(throws: WireError.self) { try Delta(wireBytes: longer.wireBytes) }
  }

  @Test func uncompressedDelta_shouldBeLimited_beforeItIsAllocated() throws {
    let zeros = [UInt8](repeating: 0, count: DeltaLimits.bodyBytesMax + 1)
    let codec = DeltaCodec()
    let bomb = ZstdCompressor(level: 1).frame(of: zeros)
    #expect(bomb.count < 2_000)
    let refused = #expect(throws: DeltaError.self) { try codec.decode([1] + bomb) }
    #expect(refused?.reason == "delta_compression")
    #expect(
      throws: DeltaError.tooLarge("bytes of a delta", limit: DeltaLimits.bodyBytesMax)
    ) { try codec.decode([0] + zeros) }
  }

  @Test func peers_shouldBeLimited() throws {
    var log = OperationLog(author: a)
    try log.append(kind: 1, [])
    for number in 0..<UInt64(DeltaLimits.peersMax) {
      try log.acknowledge(VersionVector(), by: ReplicaID(number))
    }
    #expect(throws: DeltaError.tooLarge("peers", limit: DeltaLimits.peersMax)) {
      try log.acknowledge(VersionVector(), by: ReplicaID(9_999))
    }
    // In one plan as one after another.
    var changes = LogChanges()
    try log.acknowledge(DeltaSamples.vector([(a, 1)]), by: ReplicaID(4), to: &changes)
    log.forget(ReplicaID(5), to: &changes)
    try log.acknowledge(VersionVector(), by: ReplicaID(5), to: &changes)
    #expect(throws: DeltaError.tooLarge("peers", limit: DeltaLimits.peersMax)) {
      try log.acknowledge(VersionVector(), by: ReplicaID(9_999), to: &changes)
    }
    log.commit(changes)
    #expect(log.peers.count == DeltaLimits.peersMax && log.acknowledged(by: ReplicaID(4))?[a] == 1)
    log.forget(ReplicaID(3))
    try log.acknowledge(VersionVector(), by: ReplicaID(9_999))
    #expect(log.peers.count == DeltaLimits.peersMax)
  }

  @Test func replicasOfALog_shouldBeLimited() throws {
    var log = OperationLog(author: a)
    let most = CRDTLimits.replicasMax
    let first = (0..<UInt64(most)).map {
      LoggedOperation(dot: Dot(ReplicaID($0), 1), kind: 1, bytes: [])
    }
    try log.take(first)
    let refusal = DeltaError.tooLarge("replicas", limit: most)
    #expect(throws: refusal) { try log.append(kind: 1, []) }
    #expect(throws: refusal) { try log.adopt(DeltaSamples.vector([(a, 1)])) }
    try log.take([LoggedOperation(dot: Dot(ReplicaID(5), 2), kind: 1, bytes: [])])
    #expect(log.version.replicas.count == most)
  }

  @Test func log_shouldGiveTheSame_whereverItsPiecesEnd() throws {
    let count = 3 * DeltaLimits.chunkEntries + 7
    var log = OperationLog(author: a)
    try log.acknowledge(VersionVector(), by: DeltaSamples.b)
    var generator = SeededGenerator(seed: 4)
    var model: [[UInt8]] = []
    var reach = 0
    while model.count < count || reach < count {
      if model.count < count, generator.chance(70) {
        for _ in 0..<generator.below(60) where model.count < count {
          model.append(generator.bytes(generator.below(4)))
          try log.append(kind: 1, model[model.count - 1])
        }
      } else {
        reach = min(model.count, reach + generator.below(90))
        try log.acknowledge(DeltaSamples.vector([(a, UInt64(reach))]), by: DeltaSamples.b)
      }
      let held = try log.generateDelta(from: log.reach).operations
      #expect(held.map(\.bytes) == Array(model[reach...]), "\(reach) of \(model.count)")
      #expect(log.extent.operations == held.count)
      #expect(log.extent.bytes == held.reduce(0) { $0 + $1.bytes.count })
      if reach < model.count {
        let place = reach + generator.below(model.count - reach)
        #expect(log.operation(Dot(a, UInt64(place) + 1))?.bytes == model[place])
        let from = DeltaSamples.vector([(a, UInt64(place))])
        #expect(log.extent(from: from)?.operations == model.count - place)
      }
    }
  }

  @Test func dictionariesOfAPeer_shouldBeLimited_andTheOldestGiveWay() throws {
    var shelf = DictionaryShelf()
    var ids: [DictionaryID] = []
    for seed in 0...UInt64(DeltaLimits.dictionariesMax) {
      var generator = SeededGenerator(seed: seed)
      let samples = (0..<400).map { _ in DeltaSamples.operation(&generator) + [UInt8(seed)] }
      let bytes = try #require(ZstdDictionary.trained(on: samples, bytesMax: 1_024))
      let dictionary = try #require(DeltaDictionary(bytes))
      shelf.add(dictionary)
      shelf.add(dictionary)
      ids.append(dictionary.id)
    }
    #expect(shelf.count == DeltaLimits.dictionariesMax)
    #expect(shelf[ids[0]] == nil && ids.dropFirst().allSatisfy { shelf[$0] != nil })
  }
}
