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
  /// A chain of two epochs and a snapshot of it.
  private static func world(to height: UInt32 = 12) throws -> (RestoreWorld, KeptSnapshot) {
    let world = try RestoreWorld()
    try world.grow(to: height)
    return (world, try world.provable())
  }

  private struct Receiver {
    let stores: MemoryStores
    let application: StoredApplication

    init(_ world: RestoreWorld, _ stores: MemoryStores? = nil) throws {
      self.stores = stores ?? MemoryStores(chain: world.genesis.hash)
      application = try StoredApplication(
        genesis: world.genesis, stores: self.stores, shelf: MemoryShelf())
    }

    func offer(_ kept: KeptSnapshot) -> OfferAnswer {
      application.offerSnapshot(kept.offer, appHash: kept.appHash)
    }

    func apply(_ kept: KeptSnapshot, _ index: Int, sender: String = "a") -> ChunkAnswer {
      application.applySnapshotChunk(
        index: UInt32(index), chunk: kept.chunks[index], sender: sender)
    }

    /// All chunks in their order.
    func restore(_ kept: KeptSnapshot) {
      #expect(offer(kept) == .accept)
      for index in kept.chunks.indices { #expect(apply(kept, index) == .accept) }
    }

    /// That the state of the snapshot is live.
    func expect(_ kept: KeptSnapshot) throws {
      let info = try application.info()
      #expect(info.height == kept.offer.height && info.appHash == kept.appHash)
    }

    func expectNothing() throws {
      #expect(try application.info() == ApplicationInfo(height: 0, appHash: []))
    }
  }

  /// Bug report 12: the next block is executed on what was restored.
  private static func expectNextBlock(_ world: RestoreWorld, _ receiver: Receiver) throws {
    let chain = try receiver.application.chain()
    for _ in 0..<6 {
      let made = try world.grow()
      #expect(try chain.push(made.block).result == .extended)
      #expect(chain.stateRoot == made.block.header.stateRoot)
    }
    #expect(chain.items() == world.chain.items())
  }

  @Test(arguments: 0..<6)
  func snapshot_shouldBeRestored_inWhateverOrder_andTheNextBlocksFollow(seed: UInt64) throws {
    // A macro block, and an election block.
    let (world, kept) = try Self.world(to: seed % 2 == 0 ? 12 : 16)
    let receiver = try Receiver(world)
    #expect(receiver.offer(kept) == .accept)
    var random = SeededGenerator(seed: seed)
    for index in kept.chunks.indices.shuffled(using: &random) {
      try receiver.expectNothing()
      #expect(receiver.apply(kept, index) == .accept, "seed \(seed)")
    }
    try receiver.expect(kept)
    try Self.expectNextBlock(world, receiver)
  }

  /// Bug report 1.
  @Test func secondOffer_shouldReplaceTheFirst_andKeepWhatCameOfTheSame() throws {
    let (world, kept) = try Self.world()
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
    let (world, old) = try Self.world()
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
    let (world, kept) = try Self.world()
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
    let (world, kept) = try Self.world()
    let receiver = try Receiver(world)
    var lie = kept
    lie.offer.metadata += [UInt8](repeating: 0, count: SnapshotLimits.metadataBytesMax)
    #expect(receiver.offer(lie).verdict == .rejectSender)
  }

  @Test func offer_shouldBeRefused_whateverFieldLies() throws {
    let (world, kept) = try Self.world()
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
    let (world, kept) = try Self.world()
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
    let (world, first) = try Self.world(to: 8)
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
    let (world, kept) = try Self.world()
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
    let (world, kept) = try Self.world()
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
    let (world, kept) = try Self.world()
    let other = try RestoreWorld(accounts: 300, seed: 1, store: nil)
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
    try Self.expectNextBlock(world, receiver)
  }

  /// Bug report 19: what is missing everywhere stays missing, and nothing of the rest is live.
  @Test func missingChunk_shouldKeepTheLiveStateAsItIs_andBeEnoughLater() throws {
    let (world, kept) = try Self.world()
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
    let (world, kept) = try Self.world()
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

  @Test(arguments: HashOnlyManifest.Compression.allCases)
  func hashOnlySnapshot_shouldBeRestored(_ compression: HashOnlyManifest.Compression) throws {
    let (world, _) = try Self.world()
    let kept = try world.hashOnly(compression)
    #expect(kept.chunks.count > 2)
    let receiver = try Receiver(world)
    #expect(receiver.offer(kept) == .accept)
    for index in kept.chunks.indices {
      var lie = kept
      lie.chunks[index][0] ^= 1
      #expect(
        receiver.apply(lie, index, sender: "liar\(index)").verdict
          == .retry(refetch: [UInt32(index)], rejectedSenders: ["liar\(index)"]))
      #expect(receiver.apply(kept, index) == .accept)
    }
    try receiver.expect(kept)
    try Self.expectNextBlock(world, receiver)
  }

  @Test func hashOnlySnapshot_shouldBeRefusedAtItsEnd_whenItsStateIsAnother() throws {
    let (world, honest) = try Self.world()
    let item = world.chain.items()[7]
    for change: (TrieItem) -> TrieItem? in [
      { $0.key == item.key ? nil : $0 },
      { $0.key == item.key ? TrieItem(key: $0.key, value: $0.value + [1]) : $0 },
    ] {
      let receiver = try Receiver(world)
      let kept = try world.hashOnly(changing: change)
      #expect(receiver.offer(kept) == .accept)
      for index in kept.chunks.indices.dropLast() {
        #expect(receiver.apply(kept, index) == .accept)
      }
      let last = receiver.apply(kept, kept.chunks.count - 1)
      #expect(last.verdict == .rejectSnapshot && last.fault?.reason == "other_state")
      try receiver.expectNothing()
      receiver.restore(honest)
      try receiver.expect(honest)
    }
  }

  @Test func metadata_shouldBeRefused_aboveTheirLimits() throws {
    let (_, kept) = try Self.world()
    let count = SnapshotLimits.electionsMax + 1
    var encoder = WireEncoder()
    try encoder.append(kept.metadata.manifest)
    let place = encoder.bytes.count
    encoder.append(count: count)
    // As many bytes as so many blocks have at least.
    let bytes = encoder.bytes + [UInt8](repeating: 0, count: count * 224)
    #expect(
      throws: WireError.lengthTooLarge(
        UInt64(count), limit: SnapshotLimits.electionsMax, at: place)
    ) { try SnapshotMetadata<SnapshotManifest>(wireBytes: bytes) }
  }

  @Test func hashOnlyStream_shouldBeRefused_aboveItsLimits() throws {
    let (world, _) = try Self.world()
    let receiver = try Receiver(world)
    let value = [UInt8](repeating: 0, count: SnapshotLimits.itemBytesMax)
    let key = world.chain.items()[0].key
    let long = try world.hashOnly { $0.key == key ? TrieItem(key: key, value: value) : $0 }
    #expect(receiver.offer(long) == .accept)
    let chunk = [UInt8](repeating: 0, count: SnapshotLimits.hashOnlyChunkBytes + 1)
    #expect(
      receiver.application.applySnapshotChunk(index: 0, chunk: chunk, sender: "b").fault?.reason
        == "corrupt_chunk")
    let answers = long.chunks.indices.lazy.map { receiver.apply(long, $0) }
    let first = try #require(answers.first { $0 != .accept })
    #expect(first.verdict == .rejectSnapshot && first.fault?.reason == "false_manifest")
  }

  /// Bug report 16, in format 1.
  @Test func hashOnlyBomb_shouldBeRefused_atTheBytesItsManifestNames() throws {
    let (world, _) = try Self.world()
    let receiver = try Receiver(world)
    var kept = try world.hashOnly()
    var metadata = try SnapshotMetadata<HashOnlyManifest>(wireBytes: kept.offer.metadata)
    metadata.manifest.rawBytes -= 1
    kept.offer = metadata.offer
    #expect(receiver.offer(kept) == .accept)
    let answers = kept.chunks.indices.lazy.map { receiver.apply(kept, $0) }
    let first = try #require(answers.first { $0 != .accept })
    #expect(first.verdict == .rejectSnapshot && first.fault?.reason == "false_manifest")
    metadata.manifest.rawBytes = UInt64(SnapshotLimits.hashOnlyBytesMax) + 1
    kept.offer = metadata.offer
    #expect(receiver.offer(kept).fault?.reason == "metadata")
  }
}

extension KeptSnapshot {
  /// More bytes than a chunk may have.
  fileprivate static func long(_ kept: KeptSnapshot) -> [UInt8] {
    [UInt8](repeating: 0, count: SnapshotLimits.chunkFileBytesMax + 1)
  }
}
