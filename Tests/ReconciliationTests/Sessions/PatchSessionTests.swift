import BinaryDifference
import Networking
import Primitives
import Reconciliation
import Runtime
import TestSupport
import Testing

/// Whole sessions whose large values go as patches.
@Suite struct PatchSessionTests {
  /// Two replicas of `count` values of `bytes` bytes, of which the second has later versions with
  /// some bytes put in, taken out and changed at `edits` places.
  static func pair(
    seed: UInt64, count: Int, bytes: Int, edits: Int
  ) -> (ModelReplica, ModelReplica) {
    var random = SeededGenerator(seed: seed)
    let (a, b) = (ModelReplica(), ModelReplica())
    for index in 0..<count {
      let value = random.bytes(bytes)
      a.write([UInt8(index)], version: 1, value)
      b.write([UInt8(index)], version: 2, edited(value, edits, &random))
    }
    return (a, b)
  }

  static func edited(
    _ value: [UInt8], _ edits: Int, _ random: inout SeededGenerator
  ) -> [UInt8] {
    var value = value
    for _ in 0..<edits {
      let place = random.below(value.count - 40)
      switch random.below(3) {
      case 0: value.insert(contentsOf: random.bytes(1 + random.below(20)), at: place)
      case 1: value.removeSubrange(place..<place + 1 + random.below(20))
      default: value[place] ^= 1 + UInt8(random.below(255))
      }
    }
    return value
  }

  private static func world(
    _ a: ModelReplica, _ b: ModelReplica, seed: UInt64,
    transfer: any ValueTransfer = PatchTransfer(), isOn: Bool = true
  ) -> SessionWorld {
    SessionWorld(
      a, b, seed: seed, configuration: SyncConfiguration(batchItems: 5, isBinaryDiffOn: isOn),
      transfer: transfer)
  }

  @Test(arguments: 0..<Campaign.seeds("LIVESYNC_PATCH_SEEDS", default: 12))
  func values_shouldCostAFraction_whenALittleOfThemChanged(seed: UInt64) async {
    let bytes = [20_000, 100_000, 500_000][Int(seed % 3)]
    let edits = 1 + Int(seed % 4)
    let (a, b) = Self.pair(seed: seed, count: 6, bytes: bytes, edits: edits)
    var world = Self.world(a, b, seed: seed)
    world.lossPercent = Int(seed % 2) * 5
    await world.run()
    #expect(world.session.phase == .complete, "seed \(seed): \(world.session.phase)")
    #expect(a.entries == b.entries && world.penalties.isEmpty)
    let statistics = world.session.statistics
    let original = b.entries.values.reduce(0) { $0 + $1.value.count }
    #expect(statistics.compression.originalBytes == original)
    // Each edit spoils a block or two, and a block is about the root of the value.
    let share = Double(statistics.compression.compressedBytes) / Double(original)
    let block = Double(BlockSignature.recommendedBlockBytes(baseBytes: bytes))
    #expect(share < (200 + 2 * block * Double(edits)) / Double(bytes), "seed \(seed): \(share)")
    #expect(statistics.compression.averageRatio < 0.15)
    // With the offers and all that is not lost.
    if seed % 2 == 0 {
      #expect(statistics.bytes < original / 5, "seed \(seed): \(statistics.bytes) of \(original)")
    }
  }

  @Test func values_shouldGoWhole_whenPatchesAreOff() async {
    let (a, b) = Self.pair(seed: 1, count: 4, bytes: 20_000, edits: 1)
    var world = Self.world(a, b, seed: 1, isOn: false)
    await world.run()
    #expect(world.session.phase == .complete && a.entries == b.entries)
    #expect(world.session.statistics.compression.averageRatio == 1)
    #expect(world.session.statistics.bytes > 80_000)
  }

  @Test func values_shouldGoWhole_whenNothingIsLeftOfTheOlderOnes() async {
    var random = SeededGenerator(seed: 2)
    let (a, b) = (ModelReplica(), ModelReplica())
    for index in 0..<4 {
      a.write([UInt8(index)], version: 1, random.bytes(20_000))
      b.write([UInt8(index)], version: 2, random.bytes(20_000))
    }
    var world = Self.world(a, b, seed: 2)
    await world.run()
    #expect(world.session.phase == .complete && a.entries == b.entries)
    let statistics = world.session.statistics
    #expect(statistics.compression.averageRatio == 1)
    // The offers were in vain.
    #expect(statistics.bytes < 80_000 * 112 / 100)
  }

  /// Who once held the base makes a frame that refers to it, finer than blocks.
  @Test func values_shouldCostLess_whenTheSenderHeldTheOlderOnes() async {
    let (a, b) = Self.pair(seed: 3, count: 6, bytes: 60_000, edits: 3)
    let past = KeptValues()
    for entry in a.entries.values { past.keep(entry.value, named: entry.record.digest) }
    var costs: [Int] = []
    for transfer in [
      PatchTransfer(), PatchTransfer(past: past), PatchTransfer(offering: .digest, past: past),
    ] {
      let (own, other) = (ModelReplica(), ModelReplica())
      for (replica, held) in [(own, a), (other, b)] {
        for entry in held.entries.values {
          replica.write(entry.record.key, version: entry.record.version, entry.value)
        }
      }
      var world = Self.world(own, other, seed: 3, transfer: transfer)
      await world.run()
      #expect(world.session.phase == .complete && own.entries == other.entries)
      costs.append(world.session.statistics.bytes)
    }
    // 360,000 bytes whole: 6.0 %, 4.7 %, and 0.4 % with no more than a hash in the offer.
    #expect(costs[0] < 23_000 && costs[1] < costs[0] && costs[2] < 2_000, "\(costs)")
  }

  @Test func oldValues_shouldBeKept_whenAReplicaReplacesThem() async throws {
    let past = KeptValues()
    let replica = MemoryReplica(past: past, salts: RandomStream(seed: 1))
    let (old, new) = ([UInt8](repeating: 1, count: 3_000), [UInt8](repeating: 2, count: 3_000))
    let first = try #require(replica.write([1], version: 1, old))
    #expect(past.value(named: first.digest) == nil)
    let second = try #require(replica.write([1], version: 2, new))
    #expect(past.value(named: first.digest) == old)
    _ = try await replica.apply([], dropping: [second.id])
    #expect(past.value(named: second.digest) == new)
  }

  // MARK: Lies

  /// Runs a session whose other side changes its patches.
  private static func lying(
    seed: UInt64 = 4, count: Int = 8, _ lie: @escaping (Patch, ModelReplica) throws -> [UInt8]
  ) async -> (world: SessionWorld, a: ModelReplica, b: ModelReplica) {
    let (a, b) = pair(seed: seed, count: count, bytes: 8_000, edits: 1)
    var world = world(a, b, seed: seed)
    world.lie = { _, answer in
      guard case .values(let answers) = answer else { return answer }
      return .values(
        answers.map { given in
          guard case .patch(let bytes) = given, let patch = try? Patch(wireBytes: bytes),
            let changed = try? lie(patch, b)
          else { return given }
          return .patch(changed)
        })
    }
    await world.run()
    return (world, a, b)
  }

  private static func expectPenalty(
    _ world: SessionWorld, _ kind: ReconciliationError.Kind, _ reason: String
  ) {
    #expect(world.penalties.map(\.kind) == [kind])
    #expect(world.penalties.first?.reason.contains(reason) == true, "\(world.penalties)")
    guard case .failed(.peerFault(let error)) = world.session.phase else {
      Issue.record("\(world.session.phase)")
      return
    }
    #expect(world.penalties == [error])
  }

  /// The wire form of a patch with other fields.
  private static func forged(
    _ patch: Patch, baseHash: Hash256? = nil, targetHash: Hash256? = nil, targetBytes: Int? = nil,
    payload: [UInt8]? = nil
  ) -> [UInt8] {
    var encoder = WireEncoder()
    encoder.append(byte: patch.method.rawValue)
    if let hash = patch.baseHash { encoder.append(baseHash ?? hash) }
    encoder.append(targetHash ?? patch.targetHash)
    encoder.append(count: targetBytes ?? patch.targetBytes)
    encoder.append(payload ?? patch.payload)
    return encoder.bytes
  }

  @Test func peer_shouldBePenalised_whenAPatchIsOfAnotherBase() async {
    let (world, _, _) = await Self.lying { patch, _ in Self.forged(patch, baseHash: .zero) }
    Self.expectPenalty(world, .contradiction, "the difference was made for")
  }

  @Test func peer_shouldBePenalised_whenAPatchHasAnotherSize() async {
    for bytes in [7_000, BinaryDifferenceLimits.targetBytesMax] {
      let (world, _, _) = await Self.lying { patch, _ in
        Self.forged(patch, targetBytes: bytes)
      }
      Self.expectPenalty(world, .contradiction, "a patch to \(bytes) bytes")
    }
    let (world, _, _) = await Self.lying { patch, _ in
      Self.forged(patch, targetBytes: BinaryDifferenceLimits.targetBytesMax + 1)
    }
    Self.expectPenalty(world, .malformed, "a patch")
  }

  @Test func peer_shouldBePenalised_whenAPatchIsDamaged() async {
    let (cut, _, _) = await Self.lying { patch, _ in patch.wireBytes.dropLast() }
    Self.expectPenalty(cut, .malformed, "a patch")
    let (bomb, _, _) = await Self.lying { patch, _ in Self.forged(patch, payload: [1, 2, 3, 4]) }
    Self.expectPenalty(bomb, .contradiction, "a patch")
    let (none, _, _) = await Self.lying { _, _ in [] }
    Self.expectPenalty(none, .malformed, "a patch")
  }

  /// A true patch, but to the value of another record.
  @Test func peer_shouldBePenalised_whenAPatchMakesAnotherRecordsValue() async {
    let other = HashedBytes([UInt8](repeating: 3, count: 8_000))
    let (world, _, _) = await Self.lying { patch, _ in
      let choice = PatchChoice(base: nil, target: HashedBytes(other.bytes))
      let made = choice.map { Self.resized($0.patch, patch.targetBytes) }
      return made ?? []
    }
    Self.expectPenalty(world, .contradiction, "is not that of its record")
  }

  private static func resized(_ patch: Patch, _ bytes: Int) -> [UInt8] {
    let target = HashedBytes([UInt8](repeating: 3, count: bytes))
    return PatchChoice(base: nil, target: target)?.patch.wireBytes ?? []
  }

  /// What blocks with one hash can do to an honest peer: the value is asked for whole, and after
  /// some of these nothing is offered any more.
  @Test func values_shouldBeAskedForWhole_whenPatchesMakeOthers() async {
    let count = 3 * ReconciliationLimits.vainPatchesMax
    let (world, a, b) = await Self.lying(count: count) { patch, _ in
      Self.forged(patch, targetHash: .zero)
    }
    #expect(world.session.phase == .complete && a.entries == b.entries)
    #expect(world.penalties.isEmpty)
    let compression = world.session.statistics.compression
    #expect(compression.compressedBytes == compression.originalBytes)
    // What is in vain is at most the offers under way when the last patch failed.
    #expect(world.session.statistics.bytes < compression.originalBytes * 120 / 100)
  }

  /// Offers that let the other side search much for a small answer end the answer early.
  @Test func answers_shouldEnd_whenManyPatchesAreMade() {
    let replica = ModelReplica()
    let bytes = ReconciliationLimits.valueBytesMax
    let value = [UInt8](repeating: 7, count: bytes)
    replica.write([1], version: 1, value)
    let record = Record(key: [1], version: 1, value: value)!
    let offer = PatchTransfer().offer(of: [UInt8](repeating: 7, count: 9_000), for: bytes)
    #expect(offer != nil)
    let wishes = (0..<100).map { _ in ValueWish(id: record.id, offer: offer) }
    var server = SyncServer(policy: FixedPolicy(order: []))
    let reply = server.answer(
      SyncRequest(session: SyncSessionID(1), body: .values(wishes)), of: SessionWorld.peer,
      view: replica.view(), at: .start)
    guard case .answer(.values(let answers)) = reply else {
      Issue.record("\(reply)")
      return
    }
    #expect(answers.count == ReconciliationLimits.patchedBytesMax / bytes)
  }
}
