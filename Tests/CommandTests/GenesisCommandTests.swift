import Foundation
import Production
import TestSupport
import Testing

@Suite struct GenesisCommandTests {
  private static func run(_ folder: TemporaryFolder, _ options: String...) throws -> Program.Result
  {
    try Program.run(
      ["genesis", "--out", folder.path + "/g.json", "--keys", folder.path + "/k"] + options)
  }

  @Test func genesis_shouldMakeFilesThatCanBeRead() throws {
    let folder = TemporaryFolder()
    let result = try Self.run(
      folder, "--validators", "5", "--key-files", "2", "--slots", "13", "--accounts", "100",
      "--seed", "7", "--account-keys", "3", "--block-time", "250", "--blocks-per-batch", "8",
      "--batches-per-epoch", "3", "--json")
    #expect(result.code == 0, "\(result.errors)")
    let facts = try JSONValue(parsing: Data(result.output.utf8))
    let file = try GenesisFile(path: folder.path + "/g.json")
    #expect(facts["hash"].text == file.genesis.hash.hex && facts["validators"].integer == 5)
    #expect(file.generated == GeneratedAccounts(count: 100, seed: 7, keyed: 3))
    #expect(file.genesis.configuration.blockIntervalMilliseconds == 250)
    #expect(file.genesis.configuration.blocksPerBatch == 8)
    #expect(file.genesis.validators.validators.map(\.slots).sorted() == [2, 2, 3, 3, 3])
    let keys = try (1...2).map {
      try KeyFile.read(.validator, at: folder.path + "/k/validators-\($0).key")
    }
    #expect(keys.map(\.count) == [3, 2])
    #expect(
      Set(keys.joined().map(\.publicKey))
        == Set(file.genesis.validators.validators.map(\.publicKey)))
    let attributes = try FileManager.default.attributesOfItem(atPath: folder.path + "/k")
    #expect(attributes[.posixPermissions] as? Int == 0o700)
    let now = UInt64(Date().timeIntervalSince1970 * 1_000)
    #expect((now - 600_000...now).contains(file.genesis.timestamp))
  }

  @Test func genesis_shouldWriteNothingOver_andLeaveNothingHalfDone() throws {
    let folder = TemporaryFolder()
    #expect(try Self.run(folder, "--accounts", "10").code == 0)
    let before = try folder.contents()
    #expect(before.keys.contains("k/validators.key"))
    let again = try Self.run(folder, "--accounts", "10")
    #expect(again.code == 2 && again.errors.contains("g.json' is there already"))
    try FileManager.default.removeItem(atPath: folder.path + "/g.json")
    let keys = try Self.run(folder, "--accounts", "10")
    #expect(keys.code == 2 && keys.errors.contains("validators.key' is there already"))
    #expect(try folder.contents()["k/validators.key"] == before["k/validators.key"])
    #expect(try folder.contents()["g.json"] == nil)
    // The supply does not fit 64 bits: the keys that were made are of no use.
    let other = TemporaryFolder()
    let failed = try Self.run(other, "--accounts", "10", "--balance", "9223372036854775807")
    #expect(failed.code == 2 && failed.errors.contains("64 bits"))
    #expect(try other.contents().filter { !$0.value.isEmpty }.isEmpty)
  }

  @Test func genesis_shouldSayWhichOptionIsWrong() throws {
    let folder = TemporaryFolder()
    for (option, value) in [
      ("--validators", "0"), ("--validators", "513"), ("--accounts", "0"), ("--slots", "3"),
      ("--key-files", "5"), ("--account-keys", "1001"), ("--block-time", "0"),
      ("--blocks-per-batch", "1"), ("--data-bytes", "1025"), ("--seed", "x"),
    ] {
      let result = try Self.run(folder, option, value)
      #expect(result.code == 2 && result.errors.contains("option '\(option)' needs"), "\(option)")
    }
    #expect(try folder.contents().isEmpty)
  }
}
