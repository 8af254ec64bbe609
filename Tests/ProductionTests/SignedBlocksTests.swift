import Ledger
import Primitives
import Production
import Storage
import TestSupport
import Testing

@Suite struct SignedBlocksTests {
  private static let keys = (0..<3).map { KeyPair(seed: Blake2b256.hash([5, $0])).publicKey }

  private static func header(
    _ number: UInt32, _ kind: BlockKind, parent: UInt8 = 0, content: UInt8 = 0
  ) -> BlockHeader {
    BlockHeader(
      .init(
        kind: kind, number: number, timestamp: 1, network: 1, version: 1,
        parentHash: Blake2b256.hash([parent]), lastElectionHash: nil,
        stateRoot: Blake2b256.hash([content]), diffRoot: .zero, bodyRoot: .zero,
        historyRoot: .zero, seed: BlockSeed(.zero)))
  }

  /// Against a list of all that was signed, over restarts and crashes of the store.
  @Test func validator_shouldSignOneBlockOfAKindAtAHeight_whateverIsAsked() throws {
    for seed in 0..<UInt64(20) {
      var generator = SeededGenerator(seed: seed)
      let disk = MemoryDisk()
      let owner = StoreOwner(kind: "test", version: 1)
      var store = try MemoryStore(on: disk, owner: owner)
      var signed = SignedBlocks(store: store)
      var given: [[String]: Hash256] = [:]
      var floor: UInt32 = 0
      for _ in 0..<300 {
        if generator.chance(5) {
          store.crash()
          store = try MemoryStore(on: disk, owner: owner)
          signed = SignedBlocks(store: store)
        }
        if generator.chance(3) { floor += UInt32(generator.below(3)) }
        let kind = [BlockKind.micro, .skip, .macro, .election][generator.below(4)]
        let header = Self.header(
          UInt32(1 + generator.below(12)), kind, parent: UInt8(generator.below(2)),
          content: UInt8(generator.below(2)))
        let asked = Self.keys.filter { _ in generator.chance(60) }
        let isBinding = generator.chance(70)
        let free =
          isBinding
          ? try signed.claim(header, keys: asked, final: floor)
          : try signed.free(header, keys: asked, final: floor)
        let expected = asked.filter { key in
          guard header.number > floor else { return false }
          let place = Self.place(header, key)
          return given[place] == nil || given[place] == header.hash
        }
        #expect(free == expected, "seed \(seed)")
        guard isBinding else { continue }
        for key in free { given[Self.place(header, key)] = header.hash }
      }
      let count = try store.read { snapshot throws(StorageError) in
        try snapshot.entries(in: SignedBlocks.notes.all).count
      }
      #expect(count <= 12 * 4 * 3 + 1, "seed \(seed): \(count) notes")
    }
  }

  private static func place(_ header: BlockHeader, _ key: PublicKey) -> [String] {
    let kind = header.kind == .election ? "macro" : "\(header.kind)"
    return ["\(header.number)", kind, "\(key)"]
      + (header.kind == .skip ? [header.parentHash.hex] : [])
  }

  @Test func notes_shouldLeave_whenTheirHeightIsFinal() throws {
    let store = try MemoryStore(owner: StoreOwner(kind: "test", version: 1))
    let signed = SignedBlocks(store: store)
    func count() throws -> Int {
      try store.read { snapshot throws(StorageError) in
        try snapshot.entries(in: SignedBlocks.notes.all).count
      }
    }
    for number in UInt32(1)...10 {
      _ = try signed.claim(Self.header(number, .micro), keys: Self.keys, final: 0)
    }
    #expect(try count() == 30)
    #expect(try signed.claim(Self.header(11, .micro), keys: [Self.keys[0]], final: 8).count == 1)
    #expect(try count() == 2 * 3 + 1 + 1)
    // Below the floor nothing is signed, whatever the caller says is final.
    #expect(try signed.claim(Self.header(8, .macro), keys: Self.keys, final: 0) == [])
    #expect(try signed.claim(Self.header(9, .macro), keys: Self.keys, final: 0).count == 3)
  }

  @Test func failedStore_shouldSignNothing() throws {
    let store = try MemoryStore(owner: StoreOwner(kind: "test", version: 1))
    let signed = SignedBlocks(store: store)
    store.crash()
    #expect(throws: StorageError.self) {
      try signed.claim(Self.header(1, .micro), keys: Self.keys, final: 0)
    }
  }
}
