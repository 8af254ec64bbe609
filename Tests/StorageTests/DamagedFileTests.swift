import Foundation
import Primitives
import Storage
import TestSupport
import Testing

/// A file of which anything is damaged is refused, or every record in it is as it was. These tests
/// read damaged files in their own process: a signal would end all tests.
@Suite struct DamagedFileTests {
  private static let damages = Campaign.seeds("LIVESYNC_STORAGE_DAMAGES", default: 200)

  /// What a damaged file may be refused with.
  private static let reasons: Set<String?> = ["corrupted", "truncated", "foreign_file"]

  @Test func file_shouldBeRefusedOrAsItWas_whateverIsDamaged() throws {
    let place = try DamagePlace(seed: 1)
    let bytes = try place.bytesInUse()
    let used = place.sound.prefix(bytes)
    var random = SeededGenerator(seed: Self.damages)
    var refused = 0
    for _ in 0..<Self.damages {
      let damage = FileDamage(bytes: bytes, &random)
      guard let reason = try place.reason(of: damage.applied(to: used)) else { continue }
      refused += 1
      #expect(Self.reasons.contains(reason), "\(damage): \(reason)")
    }
    #expect(refused > Self.damages / 4, "\(refused) of \(Self.damages)")
  }

  /// The places that lead everywhere else: both meta pages, and the header of each page.
  @Test func file_shouldBeRefusedOrAsItWas_whateverBitOfAHeaderIsFlipped() throws {
    let place = try DamagePlace(seed: 2, records: 40)
    let bytes = try place.bytesInUse()
    let used = place.sound.prefix(bytes)
    var places = Array(0..<152) + Array(4_096..<(4_096 + 152))
    for page in 2..<(bytes / 4_096) { places += (page * 4_096)..<(page * 4_096 + 20) }
    for byte in places {
      for bit in 0..<8 where bit == byte % 8 || byte < 2 * 4_096 {
        let damage = FileDamage.bit(byte: byte, bit: bit)
        let found = try place.reason(of: damage.applied(to: used), opensStore: bit == byte % 8)
        guard let reason = found else { continue }
        #expect(Self.reasons.contains(reason), "\(damage): \(reason)")
      }
    }
  }

  /// An older state is whole on the disk, too: nothing but the numbers of transactions tells it
  /// from the newest.
  @Test func file_shouldBeRefused_whenItsMetaPageNamesAnOlderState() throws {
    let place = try DamagePlace(seed: 3)
    let used = place.sound.prefix(try place.bytesInUse())
    func transaction(_ page: Int) -> UInt64 {
      let start = used.startIndex + page * 4_096 + 16 + 128
      return used[start..<(start + 8)].reversed().reduce(0) { $0 << 8 | UInt64($1) }
    }
    let newest = transaction(0) > transaction(1) ? 0 : 1
    var damaged = used
    // The older page, said to be one transaction further than the newest.
    let start = (1 - newest) * 4_096 + 16 + 128
    for index in 0..<8 {
      damaged[damaged.startIndex + start + index] = UInt8(
        truncatingIfNeeded: (transaction(newest) + 1) >> UInt64(8 * index))
    }
    #expect(try place.reason(of: damaged) == "corrupted")
    // The newest page as the older one was, under its own number.
    let older = used[(used.startIndex + (1 - newest) * 4_096)...].prefix(4_096)
    var copied = used
    let target = copied.startIndex + newest * 4_096
    copied.replaceSubrange(
      (target + 16)..<(target + 16 + 128), with: older.dropFirst(16).prefix(128))
    #expect(try place.reason(of: copied) == "corrupted")
  }

  @Test func fault_shouldNameThePage_toWhoeverOpensTheFile() throws {
    let place = try DamagePlace(seed: 4)
    let used = place.sound.prefix(try place.bytesInUse())
    var named = 0
    for page in 2..<(used.count / 4_096) {
      let damaged = FileDamage.zeroed(page: page).applied(to: used)
      try damaged.write(to: URL(filePath: place.folder.file))
      var words: [String] = []
      for open in [
        { _ = try LMDBArchive(path: place.folder.store) },
        { _ = try LMDBStore(path: place.folder.store, owner: StorePlace.owner) },
      ] {
        do { try open() } catch { words.append("\(error)") }
      }
      // Free pages, and all but the first of a long value, say nothing of themselves.
      if words.isEmpty { continue }
      named += 1
      #expect(words.count == 2 && words.allSatisfy { $0.contains("damaged: page \(page): it ") })
    }
    #expect(named > 10)
  }

  /// Whatever is done to a store, what it leaves must pass: each opening looks at all pages.
  @Test(arguments: 0..<Campaign.seeds("LIVESYNC_STORAGE_SEEDS", default: 6))
  func file_shouldBeFoundSound_afterAnyWork(seed: UInt64) throws {
    let folder = TemporaryFolder()
    var random = SeededGenerator(seed: seed)
    let options = LMDBOptions(durability: .onRequest, mapBytes: 64 << 10)
    for _ in 0..<4 {
      let store = try LMDBStore(path: folder.store, owner: StorePlace.owner, options: options)
      for _ in 0..<random.below(30) { try Self.work(on: store, &random) }
      // A snapshot that is open keeps old pages from being used again.
      try store.read { snapshot throws(StorageError) in
        let before = try snapshot.entries()
        for _ in 0..<random.below(8) {
          do throws(StorageError) { try Self.work(on: store, &random) } catch {
            guard error.reason == "map_full" else { throw error }
          }
        }
        #expect(try snapshot.entries() == before)
      }
      let records = try store.all()
      try store.close()
      let archive = try LMDBArchive(path: folder.store, checksRecords: true)
      let found = try archive.read { snapshot throws(StorageError) in try snapshot.entries() }
      #expect(found == records, "seed \(seed)")
    }
  }

  /// Changes that make pages split, merge and become free, or none.
  private static func work(
    on store: LMDBStore, _ random: inout SeededGenerator
  ) throws(StorageError) {
    var draw = random
    _ = random.next()
    try store.write { transaction throws(StorageError) in
      var random = draw
      switch random.below(6) {
      case 0:
        let start = UInt8(random.below(250))
        try transaction.delete(in: StoreRange(from: [start], to: [start + 5]))
      case 1: transaction.discard()
      case 2: try transaction.delete(in: .all)
      default:
        for _ in 0..<random.below(300) {
          let key = random.bytes(random.below(random.chance(5) ? 511 : 20))
          let bytes = random.chance(5) ? random.below(60_000) : random.below(300)
          try transaction.put(key, random.bytes(bytes))
        }
      }
      draw = random
    }
  }
}
