import Fixtures
import Foundation
import Ledger
import Primitives
import Production
import Snapshot
import Storage
import TestSupport
import Testing

/// `livesync snapshot` on a node's data directory, and beside GNU tar and zstd.
@Suite struct SnapshotCommandTests {
  private let folder = TemporaryFolder()
  private var data: String { folder.path + "/data" }
  private var genesisFile: String { folder.path + "/genesis.json" }

  /// A data directory with a chain of ten blocks, in batches of four; its last macro block is 8.
  private func makeChain() throws {
    let key = KeyPair(seed: Blake2b256.hash(Array("v".utf8)))
    var random = SeededGenerator(seed: 4)
    let accounts = (0..<200).compactMap { _ in
      Address(bytes: random.bytes(20)).map {
        GenesisAccount(address: $0, account: Account(balance: 1 + random.next() % 1_000))
      }
    }
    let file = try GenesisFile(
      configuration: ChainConfiguration(blocksPerBatch: 4, batchesPerEpoch: 2, slotCount: 4),
      timestamp: 1_000,
      validators: try #require(ValidatorSet([Validator(publicKey: key.publicKey, slots: 4)])),
      accounts: accounts)
    try Data(file.json.utf8).write(to: URL(fileURLWithPath: genesisFile))
    try FileManager.default.createDirectory(atPath: data, withIntermediateDirectories: true)
    let store = try LMDBStore(path: data + "/store", owner: .chain(file.genesis.hash))
    let chain = try Blockchain(genesis: file.genesis, state: .complete, store: store)
    let producer = BlockProducer(chain: chain, keys: [key])
    for _ in 0..<10 {
      let made = try producer.next()
      try chain.push(made.block, diff: made.diff)
    }
    try store.close()
  }

  private func run(_ words: String...) throws -> Program.Result {
    try Program.run(["snapshot"] + words)
  }

  @Test func snapshot_shouldGoFromNodeToNode() throws {
    try makeChain()
    let made = try run("create", data, "--genesis", genesisFile, "--json")
    #expect(made.code == 0, "\(made.errors)")
    let facts = try JSONSerialization.jsonObject(with: Data(made.output.utf8)) as? [String: Any]
    #expect(facts?["height"] as? Int == 8 && facts?["items"] as? Int ?? 0 >= 200)
    let name = try #require(facts?["snapshot"] as? String)
    #expect(try run("create", data, "--genesis", genesisFile).code == 2)
    // The chain is as before.
    #expect(try Program.run(["db", "check", data + "/store"]).code == 0)

    let list = try run("list", data)
    #expect(list.code == 0 && list.output.contains(name))
    #expect(try run("show", data, "8").output.contains(name))
    let verified = try run("verify", data, "8")
    #expect(verified.code == 0 && verified.output.hasPrefix("sound"))

    let archive = folder.path + "/a.tar"
    #expect(try run("export", data, "8", archive).code == 0)
    #expect(try run("export", data, "8", archive).code == 2)
    let other = folder.path + "/other"
    let imported = try run("import", other, archive, "--json")
    #expect(imported.code == 0 && imported.output.contains(name), "\(imported.errors)")
    #expect(try run("verify", other, "8").code == 0)
    #expect(try run("import", other, archive).code == 2)
    #expect(try run("verify", other, "4").code == 2)
    #expect(try run("verify", other, "x").code == 2)
    let piped = try Program.shell("livesync snapshot import \(folder.path)/third - < \(archive)")
    #expect(piped.code == 0, "\(piped.errors)")
  }

  @Test func archive_shouldBeReadByTarAndZstd_andTheirsByUs() throws {
    try makeChain()
    #expect(try run("create", data, "--genesis", genesisFile).code == 0)
    #expect(try run("export", data, "8", folder.path + "/a.tar").code == 0)
    let result = try Program.shell(
      """
      set -euo pipefail
      cd '\(folder.path)'
      tar tf a.tar
      mkdir x && tar xf a.tar -C x
      diff -r x/8-2 data/snapshots/8-2
      zstd -tq x/8-2/chunk-000000.zst
      zstd -dc x/8-2/chunk-000000.zst | sha256sum
      tar cf b.tar --format=ustar -C x 8-2/manifest 8-2/index 8-2/chunk-000000.zst
      livesync snapshot import theirs b.tar > /dev/null
      livesync snapshot verify theirs 8 > /dev/null
      """)
    #expect(result.code == 0, "\(result.errors)")
    let lines = result.output.split(separator: "\n").map(String.init)
    #expect(lines.prefix(3) == ["8-2/manifest", "8-2/index", "8-2/chunk-000000.zst"])
    let files = try SnapshotDirectory(path: data + "/snapshots").open(SnapshotName(height: 8))
    #expect(lines.last?.hasPrefix(files.manifest.chunks[0].hash.hex) == true)
  }

  @Test func damage_shouldHaveACodeOfItsOwn_andLeaveNothing() throws {
    try makeChain()
    #expect(try run("create", data, "--genesis", genesisFile).code == 0)
    let archive = folder.path + "/a.tar"
    #expect(try run("export", data, "8", archive).code == 0)
    var bytes = try #require(FileManager.default.contents(atPath: archive))
    bytes.removeLast(700)
    try bytes.write(to: URL(fileURLWithPath: archive))
    let cut = try run("import", folder.path + "/other", archive)
    #expect(cut.code == 1 && cut.errors.contains("too early"), "\(cut.errors)")
    #expect(try run("list", folder.path + "/other").output == "no snapshots\n")
    let chunk = data + "/snapshots/8-2/chunk-000000.zst"
    var frame = try #require(FileManager.default.contents(atPath: chunk))
    frame[frame.count / 2] ^= 1
    try frame.write(to: URL(fileURLWithPath: chunk))
    let damaged = try run("verify", data, "8")
    #expect(damaged.code == 1 && damaged.errors.contains("chunk-000000.zst"))
  }

  @Test func create_shouldSayWhatItCannotUse() throws {
    #expect(try run("create", data).code == 2)
    try makeChain()
    #expect(try run("create", folder.path, "--genesis", genesisFile).code == 2)
    #expect(try run("create", data, "--genesis", folder.path + "/none").code == 2)
    #expect(try run("list", folder.path + "/none").output == "no snapshots\n")
    let store = try LMDBStore(
      path: data + "/store", owner: .chain(try GenesisFile(path: genesisFile).genesis.hash))
    #expect(try run("create", data, "--genesis", genesisFile).code == 3)
    try store.close()
  }
}
