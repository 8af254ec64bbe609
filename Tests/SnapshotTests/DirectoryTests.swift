import Foundation
import Primitives
import Snapshot
import Streams
import TestSupport
import Testing

@Suite struct DirectoryTests {
  @Test func name_shouldBeRead_onlyAsItIsWritten() {
    for text in ["0-2", "1000-2", "4294967295-1"] {
      #expect(SnapshotName(text)?.description == text)
    }
    for text in ["", "1", "01-2", "+1-2", "1-2-3", "1-02", "-1-2", "1 -2", "4294967296-2", "a-2"] {
      #expect(SnapshotName(text) == nil, "\(text)")
    }
  }

  @Test func directory_shouldTellWhatLiesThere() throws {
    let world = try SnapshotWorld()
    #expect(try world.directory.content() == SnapshotDirectory.Content())
    try world.grow(to: 4)
    try world.take()
    expect("snapshot_present") { try world.take() }
    try world.grow(to: 8)
    try world.take()
    let path = world.directory.path
    try FileManager.default.createDirectory(
      atPath: path + "/.partial-12-2", withIntermediateDirectories: true)
    try Data([1]).write(to: URL(fileURLWithPath: path + "/.partial-12-2/chunk-000000.zst"))
    try Data([1]).write(to: URL(fileURLWithPath: path + "/16-2"))
    try Data([1]).write(to: URL(fileURLWithPath: path + "/notes"))
    let content = try world.directory.content()
    #expect(content.snapshots == [SnapshotName(height: 4), SnapshotName(height: 8)])
    #expect(content.partial == [path + "/.partial-12-2"])
    #expect(content.foreign == [path + "/16-2", path + "/notes"])
    #expect(try world.directory.removePartial() == content.partial)
    #expect(!FileManager.default.fileExists(atPath: path + "/.partial-12-2"))
    try world.directory.remove(SnapshotName(height: 4))
    #expect(try world.directory.content().snapshots == [SnapshotName(height: 8)])
    expect("snapshot_absent") { try world.directory.open(SnapshotName(height: 4)) }
    #expect(try world.directory.open(SnapshotName(height: 8)).verify())
  }

  @Test func directory_shouldNotBeReadOn_whenItHasTooMuch() throws {
    let folder = TemporaryFolder()
    for number in 0...SnapshotLimits.directoryEntriesMax {
      _ = FileManager.default.createFile(atPath: folder.path + "/\(number)", contents: nil)
    }
    expect("snapshot_file") { try SnapshotDirectory(path: folder.path).content() }
  }

  @Test func damagedFiles_shouldBeNamed() throws {
    let world = try SnapshotWorld(accounts: 6_000)
    try world.grow(to: 4)
    let files = try world.take(SnapshotOptions(chunkBytes: 1))
    let name = SnapshotName(height: 4)
    #expect(files.manifest.chunks.count > 2)
    for file in ["manifest", "index", "chunk-000001.zst"] {
      let path = files.path + "/" + file
      let bytes = try #require(FileManager.default.contents(atPath: path))
      func put(_ data: Data?) throws {
        try? FileManager.default.removeItem(atPath: path)
        try data?.write(to: URL(fileURLWithPath: path))
      }
      func read() throws -> Bool { try world.directory.open(name).verify() }
      try put(nil)
      let absent = expect(file == "chunk-000001.zst" ? "snapshot_file" : "snapshot_partial", read)
      #expect(absent.contains(file == "chunk-000001.zst" ? file : files.path))
      try put(bytes.dropLast())
      #expect(expect("snapshot_damaged", read).contains(file))
      try put(bytes + [0])
      #expect(expect("snapshot_damaged", read).contains(file))
      var random = SeededGenerator(seed: 3)
      for _ in 0..<60 {
        var changed = bytes
        changed[random.below(changed.count)] ^= 1 << UInt8(random.below(8))
        try put(changed)
        do {
          _ = try read()
          // A frame's head has bits without meaning.
          #expect(file == "chunk-000001.zst")
        } catch {
          let error = try #require(error as? SnapshotError)
          #expect(error.isDamage && error.place.contains(files.path), "\(error)")
        }
      }
      // A FIFO is refused and not waited for.
      try put(nil)
      #expect(mkfifo(path, 0o600) == 0)
      expect("snapshot_file", read)
      try put(bytes)
      #expect(try read())
    }
    _ = FileManager.default.createFile(atPath: files.path + "/more", contents: nil)
    #expect(expect("snapshot_foreign") { try world.directory.open(name) }.contains("/more"))
  }

  @Test func verification_shouldFail_whenTheManifestLies() throws {
    let world = try SnapshotWorld(accounts: 6_000)
    try world.grow(to: 4)
    let files = try world.take(SnapshotOptions(chunkBytes: 1))
    func check(_ change: (inout SnapshotManifest) -> Void) throws {
      var manifest = files.manifest
      change(&manifest)
      var check = try SnapshotVerification(manifest, place: "m")
      for piece in 0..<files.pieceCount {
        try check.add(files.frame(ofPiece: piece), place: "p")
      }
      try check.finish(place: "m")
    }
    try check { _ in }
    expect("snapshot_damaged") { try check { $0.items += 1 } }
    expect("snapshot_damaged") { try check { $0.chunks[1].hash = .zero } }
    expect("snapshot_damaged") { try check { $0.chunks[1].pieces[0].start.append(0) } }
    expect("snapshot_damaged") { try check { $0.chunks[0].pieces[0].rawBytes += 1 } }
    expect("snapshot_damaged") { try check { $0.anchor.history.append(leaf: [1]) } }
    expect("snapshot_damaged") { try check { $0.anchor.election = $0.anchor.block } }
  }

  @Test func index_shouldBeRefused_whenAFrameIsEmptyOrTooLarge() throws {
    for bytes in [0, UInt32(SnapshotLimits.frameBytesMax) + 1] {
      let index = SnapshotIndex(manifest: .zero, frames: [[bytes]])
      #expect(throws: WireError.self) { try SnapshotIndex(wireBytes: index.wireBytes) }
    }
    let largest = SnapshotIndex(
      manifest: .zero, frames: [[UInt32(SnapshotLimits.frameBytesMax)]])
    #expect(try SnapshotIndex(wireBytes: largest.wireBytes) == largest)
    #expect(SnapshotLimits.indexBytesMax < 1 << 20)
  }
}
