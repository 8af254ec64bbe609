import Compression
import Ledger
import Primitives
import Snapshot
import SnapshotSupport
import StateTrie
import Storage
import TestSupport
import Testing

/// Restoring over the four calls, in memory: honest hosts, liars, and the bug reports of others
/// (Docs/Snapshots.md, "Bug reports").
@Suite struct RestoreTests {
  @Test(arguments: 0..<6)
  func snapshot_shouldBeRestored_inWhateverOrder_andTheNextBlocksFollow(seed: UInt64) throws {
    // A macro block, and an election block.
    let (world, kept) = try RestoreWorld.withSnapshot(to: seed % 2 == 0 ? 12 : 16)
    let receiver = try Receiver(world)
    #expect(receiver.offer(kept) == .accept)
    var random = SeededGenerator(seed: seed)
    for index in kept.chunks.indices.shuffled(using: &random) {
      try receiver.expectNothing()
      #expect(receiver.apply(kept, index) == .accept, "seed \(seed)")
    }
    try receiver.expect(kept)
    try receiver.expectNextBlock(world)
  }

  /// Bug report 1.
  @Test func secondOffer_shouldReplaceTheFirst_andKeepWhatCameOfTheSame() throws {
    let (world, kept) = try RestoreWorld.withSnapshot()
    let receiver = try Receiver(world)
    #expect(receiver.offer(kept) == .accept)
    for index in kept.chunks.indices.dropLast(2) {
      #expect(receiver.apply(kept, index) == .accept)
    }
    #expect(receiver.offer(kept) == .accept)
    // What is there is not looked at again.
    #expect(
      receiver.application.applySnapshotChunk(index: 0, chunk: [], sender: "a") == .accept)
    for index in kept.chunks.indices.suffix(2) {
      #expect(receiver.apply(kept, index) == .accept)
    }
    try receiver.expect(kept)
  }

  /// Bug report 3: nothing is imported into a state that is not empty.
  @Test func snapshot_shouldBeRefused_whereItsBlockIsHeld_andBegunAnewAfterAnotherOne() throws {
    let (world, old) = try RestoreWorld.withSnapshot()
    let receiver = try Receiver(world)
    #expect(receiver.offer(old) == .accept)
    #expect(receiver.apply(old, 0) == .accept)
    try world.grow(to: 20)
    let new = try world.provable()
    receiver.restore(new)
    try receiver.expect(new)
    #expect(try receiver.application.chain().itemCount == world.chain.itemCount)
    #expect(receiver.offer(old) == OfferAnswer(.reject, .notNewer(12, head: 20)))
    #expect(receiver.offer(new) == OfferAnswer(.reject, .notNewer(20, head: 20)))
    try receiver.expect(new)
  }

  /// Bug report 7.
  @Test func offer_shouldBeRefused_whenItsCountIsNotTheManifests() throws {
    let (world, kept) = try RestoreWorld.withSnapshot()
    let receiver = try Receiver(world)
    for count in [0, kept.offer.chunks - 1, kept.offer.chunks + 1, .max] {
      var lie = kept
      lie.offer.chunks = count
      #expect(receiver.offer(lie).verdict == .rejectSender)
      #expect(receiver.offer(lie).fault?.reason == "other_count")
    }
    receiver.restore(kept)
  }

  /// Bug report 8.
  @Test func offer_shouldBeRefused_whenItsMetadataAreTooLong() throws {
    let (world, kept) = try RestoreWorld.withSnapshot()
    let receiver = try Receiver(world)
    var lie = kept
    lie.offer.metadata += [UInt8](repeating: 0, count: SnapshotLimits.metadataBytesMax)
    #expect(receiver.offer(lie).verdict == .rejectSender)
  }

  @Test func offer_shouldBeRefused_whateverFieldLies() throws {
    let (world, kept) = try RestoreWorld.withSnapshot()
    let other = try RestoreWorld(seed: 2)
    try other.grow(to: 12)
    let receiver = try Receiver(world)
    func answer(_ change: (inout KeptSnapshot) -> Void) -> String {
      var copy = kept
      change(&copy)
      let answer = receiver.offer(copy)
      return "\(answer.verdict) \(answer.fault?.reason ?? "")"
    }
    #expect(answer { $0.offer.height += 1 } == "rejectSender other_height")
    #expect(answer { $0.offer.format = 3 } == "rejectFormat unknown_format")
    #expect(answer { $0.offer.hash[0] ^= 1 } == "rejectSender other_hash")
    #expect(answer { $0.offer.hash = [] } == "rejectSender other_hash")
    #expect(answer { $0.offer.metadata = [] } == "rejectSender metadata")
    #expect(answer { $0.offer.metadata.removeLast() } == "rejectSender metadata")
    #expect(answer { $0.appHash[0] ^= 1 } == "rejectSender other_app_hash")
    let foreign = try other.provable()
    #expect(receiver.offer(foreign).fault?.reason == "other_chain")
    try receiver.expectNothing()
  }

  /// Whoever has the right state root can still not pass off a block of its own.
  @Test func offer_shouldBeRefused_whenNoVerifiedChainLeadsToItsBlock() throws {
    let (world, kept) = try RestoreWorld.withSnapshot()
    let receiver = try Receiver(world)
    let unsigned = try kept.changing { metadata in
      metadata.manifest.anchor.block.justification = metadata.manifest.anchor.election.justification
    }
    #expect(receiver.offer(unsigned).fault?.reason == "unproven")
    let unlinked = try kept.changing { $0.elections = [] }
    #expect(receiver.offer(unlinked).fault?.reason == "unproven")
    let short = try kept.changing { $0.manifest.anchor.history = .init() }
    #expect(receiver.offer(short).fault?.reason == "unproven")
    receiver.restore(kept)
  }

  @Test func offer_shouldBeTaken_withoutElectionBlocks_whereTheOwnChainLeads() throws {
    let (world, first) = try RestoreWorld.withSnapshot(to: 8)
    try world.grow(to: 12)
    let kept = try world.provable().changing { $0.elections = [] }
    let receiver = try Receiver(world)
    #expect(receiver.offer(kept).fault?.reason == "unproven")
    try receiver.application.chain().adopt(macro: first.metadata.macroChain)
    receiver.restore(kept)
    try receiver.expect(kept)
  }

  @Test(arguments: 0..<4)
  func badChunk_shouldBeNamed_andOnlyItFetchedAgain(seed: UInt64) throws {
    let (world, kept) = try RestoreWorld.withSnapshot()
    let receiver = try Receiver(world)
    #expect(receiver.offer(kept) == .accept)
    var random = SeededGenerator(seed: seed)
    for index in kept.chunks.indices {
      var lie = kept
      switch random.below(4) {
      case 0: lie.chunks[index][random.below(kept.chunks[index].count)] ^= 1 << UInt8(seed)
      // Bug report 17: a partial file.
      case 1: lie.chunks[index].removeLast(1 + random.below(kept.chunks[index].count))
      case 2: lie.chunks[index] += kept.chunks[index].prefix(1 + random.below(50))
      default: lie.chunks[index] = kept.chunks[(index + 1) % kept.chunks.count]
      }
      let answer = receiver.apply(lie, index, sender: "liar\(index)")
      // A flipped bit of a frame's head may mean nothing.
      if answer == .accept { continue }
      #expect(
        answer.verdict == .retry(refetch: [UInt32(index)], rejectedSenders: ["liar\(index)"]),
        "seed \(seed)")
      #expect(answer.fault?.reason == "corrupt_chunk")
      #expect(receiver.apply(kept, index) == .accept)
    }
    try receiver.expect(kept)
  }

  /// Bug report 16: what is compressed is never larger than the manifest says, which is bounded.
  @Test func bomb_shouldBeRefused_beforeItIsUncompressed() throws {
    let (world, kept) = try RestoreWorld.withSnapshot()
    let receiver = try Receiver(world)
    #expect(receiver.offer(kept) == .accept)
    var bomb = kept
    bomb.chunks[0] = ZstdCompressor(level: 19).frame(
      of: [UInt8](repeating: 0, count: 50_000_000))
    #expect(bomb.chunks[0].count < 100_000)
    #expect(receiver.apply(bomb, 0).fault?.reason == "corrupt_chunk")
    #expect(receiver.apply(kept, 0, sender: "b") == .accept)
    let long = KeptSnapshot.long(kept)
    #expect(
      receiver.application.applySnapshotChunk(index: 1, chunk: long, sender: "c").fault?.reason
        == "corrupt_chunk")
  }

  /// The chunks are those that the manifest names, and still not the state.
  @Test func manifestThatLies_shouldEndItsSnapshot_andTheNextBeTaken() throws {
    let (world, kept) = try RestoreWorld.withSnapshot()
    let other = try RestoreWorld()
    try other.grow(to: 8)
    let older = try other.provable()
    let receiver = try Receiver(world)
    // The pieces of an older state under the newer block.
    var lie = try kept.changing { metadata in
      if let chunks = try? older.metadata.manifest.chunks { metadata.manifest.chunks = chunks }
    }
    lie.chunks = older.chunks
    #expect(receiver.offer(lie) == .accept)
    let answers = lie.chunks.indices.lazy.map { receiver.apply(lie, $0) }
    let first = try #require(answers.first { $0 != .accept })
    #expect(first.verdict == .rejectSnapshot && first.fault?.reason == "false_manifest")
    try receiver.expectNothing()
    receiver.restore(kept)
    try receiver.expect(kept)
    try receiver.expectNextBlock(world)
  }

  /// Bug report 19: what is missing everywhere stays missing, and nothing of the rest is live.
  @Test func missingChunk_shouldKeepTheLiveStateAsItIs_andBeEnoughLater() throws {
    let (world, kept) = try RestoreWorld.withSnapshot()
    let stores = MemoryStores(chain: world.genesis.hash)
    do {
      let receiver = try Receiver(world, stores)
      #expect(receiver.offer(kept) == .accept)
      for index in kept.chunks.indices.dropLast(2) {
        #expect(receiver.apply(kept, index) == .accept)
      }
      receiver.application.close()
    }
    for _ in 0..<3 {
      let receiver = try Receiver(world, stores)
      try receiver.expectNothing()
      receiver.application.close()
    }
    let receiver = try Receiver(world, stores)
    #expect(receiver.offer(kept) == .accept)
    for index in kept.chunks.indices.suffix(2) {
      #expect(receiver.apply(kept, index) == .accept)
    }
    try receiver.expect(kept)
  }

  @Test func otherRecords_shouldStay_whenTheStateIsReplaced() throws {
    let (world, kept) = try RestoreWorld.withSnapshot()
    let stores = MemoryStores(chain: world.genesis.hash)
    let space = Namespace("test/signed")
    do {
      let store = try stores.openLive()
      try store.write { transaction throws(StorageError) in
        try transaction.put(space.key([1]), [2])
      }
      try store.close()
    }
    let receiver = try Receiver(world, stores)
    receiver.restore(kept)
    receiver.application.close()
    let store = try stores.openLive()
    let value = try store.read { snapshot throws(StorageError) in
      try snapshot.value(of: space.key([1]))
    }
    #expect(value == [2])
  }
}

extension KeptSnapshot {
  /// More bytes than a chunk may have.
  fileprivate static func long(_ kept: KeptSnapshot) -> [UInt8] {
    [UInt8](repeating: 0, count: SnapshotLimits.chunkFileBytesMax + 1)
  }
}
