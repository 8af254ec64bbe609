import Foundation
import Primitives
import Snapshot
import Streams
import TestSupport
import Testing

@Suite struct ArchiveTests {
  private static func world() throws -> (SnapshotWorld, SnapshotFiles) {
    let world = try SnapshotWorld(accounts: 6_000)
    try world.grow(to: 4)
    return (world, try world.take(SnapshotOptions(chunkBytes: 1)))
  }

  /// Imports bytes into a directory of its own; whatever happens, nothing else may be there.
  private static func imported(_ bytes: some DataProtocol) throws -> SnapshotFiles? {
    let folder = TemporaryFolder()
    let file = folder.path + "/a.tar"
    try Data(bytes).write(to: URL(fileURLWithPath: file))
    let directory = SnapshotDirectory(path: folder.path + "/in/snapshots")
    do {
      let files = try SnapshotArchive.import(file, into: directory)
      #expect(try directory.content().snapshots.count == 1)
      #expect(try directory.content().partial == [])
      return files
    } catch {
      let left = try folder.contents().keys.filter { $0 != "a.tar" && !$0.hasSuffix("in") }
      #expect(left.filter { $0 != "in/snapshots" } == [], "\(error)")
      throw error
    }
  }

  private static func exported(_ files: SnapshotFiles, _ folder: TemporaryFolder) throws -> Data {
    let path = folder.path + "/\(UUID().uuidString).tar"
    try SnapshotArchive.export(files, to: path)
    return try #require(FileManager.default.contents(atPath: path))
  }

  @Test func archive_shouldGiveTheSnapshot() throws {
    let (world, files) = try Self.world()
    let bytes = try Self.exported(files, world.folder)
    #expect(bytes.count % 512 == 0)
    #expect(try Self.exported(files, world.folder) == bytes)
    #expect(try Self.imported(bytes)?.hash == files.hash)
    expect("snapshot_present") {
      try bytes.write(to: URL(fileURLWithPath: world.folder.path + "/b.tar"))
      return try SnapshotArchive.import(world.folder.path + "/b.tar", into: world.directory)
    }
    let taken = world.folder.path + "/b.tar"
    expect("snapshot_file") { try SnapshotArchive.export(files, to: taken) }
    #expect(
      try SnapshotArchive.export(files, to: taken + "2") { done, _ in done > 9_999_999 } == false)
    #expect(!FileManager.default.fileExists(atPath: taken + "2"))
  }

  @Test func archive_shouldBeRefused_whenItIsCutOrLonger() throws {
    let (world, files) = try Self.world()
    let bytes = try Self.exported(files, world.folder)
    for length in stride(from: 0, to: bytes.count, by: 1_009) {
      expect("snapshot_damaged") { try Self.imported(bytes.prefix(length)) }
    }
    expect("snapshot_damaged") { try Self.imported(bytes + [1]) }
    expect("snapshot_damaged") { try Self.imported(bytes + bytes) }
    // GNU tar fills its last record with zeros; a bomb of zeros is another thing.
    #expect(try Self.imported(bytes + Data(count: 5_000)) != nil)
    expect("snapshot_damaged") { try Self.imported(bytes + Data(count: 50_000)) }
  }

  @Test func archive_shouldBeRefused_whenABitIsWrong() throws {
    let (world, files) = try Self.world()
    let bytes = try Self.exported(files, world.folder)
    var random = SeededGenerator(seed: 9)
    for _ in 0..<300 {
      var changed = bytes
      // Half of them in heads, manifest and index.
      let place = random.below(random.chance(50) ? 4_096 : bytes.count)
      changed[place] ^= 1 << UInt8(random.below(8))
      do {
        let read = try Self.imported(changed)
        #expect(read?.hash == files.hash, "byte \(place)")
      } catch {
        let error = try #require(error as? SnapshotError)
        #expect(error.isDamage && error.place.contains("byte"), "\(error)")
      }
    }
  }

  /// A head with a right checksum that says something bad.
  @Test func archive_shouldBeRefused_whenItsHeadsAreHostile() throws {
    let (world, files) = try Self.world()
    let bytes = try Self.exported(files, world.folder)
    func changed(_ change: (inout [UInt8]) -> Void) -> Data {
      var head = [UInt8](bytes[..<512])
      change(&head)
      for index in 148..<156 { head[index] = 0x20 }
      let sum = String(head.reduce(0) { $0 + Int($1) }, radix: 8)
      let digits = Array((String(repeating: "0", count: 6 - sum.count) + sum).utf8)
      head.replaceSubrange(148..<156, with: digits + [0, 0x20])
      return Data(head) + bytes[512...]
    }
    func named(_ name: String) -> Data {
      changed {
        for index in 0..<100 { $0[index] = 0 }
        $0.replaceSubrange(0..<name.utf8.count, with: name.utf8)
      }
    }
    #expect(try Self.imported(changed { _ in }) != nil)
    // Other programs set an owner, a time and permissions.
    #expect(
      try Self.imported(
        changed {
          $0.replaceSubrange(100..<107, with: Array("0000600".utf8))
          $0.replaceSubrange(136..<147, with: Array("14712345670".utf8))
        }) != nil)
    for name in [
      "../4-2/manifest", "/4-2/manifest", "4-2/../manifest", "./4-2/manifest", "4-2/index",
      "04-2/manifest", "4-1/manifest", "8-2/manifest", "4-2/chunk-000000.zst", "manifest", "4-2/",
    ] {
      expect("snapshot_damaged") { try Self.imported(named(name)) }
    }
    for type in "123456789gxLK" {
      expect("snapshot_damaged") {
        try Self.imported(changed { $0[156] = type.asciiValue ?? 0 })
      }
    }
    for size in ["77777777777", "00004000001", "9", "-1", ""] {
      #expect(throws: SnapshotError.self) {
        try Self.imported(
          changed {
            for index in 124..<136 { $0[index] = 0 }
            $0.replaceSubrange(124..<124 + size.utf8.count, with: size.utf8)
          })
      }
    }
    expect("snapshot_damaged") { try Self.imported(changed { $0[345] = 0x61 }) }
    expect("snapshot_damaged") { try Self.imported(changed { $0[157] = 0x61 }) }
  }

  @Test func archive_shouldBeRefused_whenFilesAreTwiceOrInAnotherOrder() throws {
    let (world, files) = try Self.world()
    let bytes = try Self.exported(files, world.folder)
    // The parts of the archive: each file with its head, and the end.
    var parts: [Data] = []
    var offset = 0
    let names =
      ["manifest", "index"] + files.manifest.chunks.indices.map(SnapshotFiles.fileName(ofChunk:))
    for name in names {
      let size = try #require(FileManager.default.contents(atPath: files.path + "/" + name)).count
      let whole = 512 + (size + 511) / 512 * 512
      parts.append(bytes[offset..<offset + whole])
      offset += whole
    }
    let end = bytes[offset...]
    #expect(end.count == 1_024)
    func joined(_ order: [Int]) -> Data { order.reduce(Data()) { $0 + parts[$1] } + end }
    let rest = Array(4..<parts.count)
    #expect(try Self.imported(joined([0, 1, 2, 3] + rest)) != nil)
    let orders: [[Int]] = [
      [0, 1, 3, 2] + rest, [1, 0, 2, 3] + rest, [0, 0, 1, 2, 3] + rest, [0, 1, 2, 2, 3] + rest,
      [0, 1, 3] + rest, [0, 1, 2], [0],
    ]
    for order in orders {
      expect("snapshot_damaged") { try Self.imported(joined(order)) }
    }
  }
}
