import Primitives
import Snapshot
import SnapshotSupport
import StateTrie
import Testing

/// Restoring snapshots of format 1, and the limits of what is offered.
@Suite struct HashOnlyRestoreTests {
  @Test(arguments: HashOnlyManifest.Compression.allCases)
  func hashOnlySnapshot_shouldBeRestored(_ compression: HashOnlyManifest.Compression) throws {
    let (world, _) = try RestoreWorld.withSnapshot()
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
    try receiver.expectNextBlock(world)
  }

  @Test func hashOnlySnapshot_shouldBeRefusedAtItsEnd_whenItsStateIsAnother() throws {
    let (world, honest) = try RestoreWorld.withSnapshot()
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
    let (_, kept) = try RestoreWorld.withSnapshot()
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
    let (world, _) = try RestoreWorld.withSnapshot()
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
    let (world, _) = try RestoreWorld.withSnapshot()
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
