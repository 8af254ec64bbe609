import Fixtures
import Foundation
import Ledger
import Primitives
import Simulation
import StateTrie
import Storage
import TestSupport
import Testing

/// `livesync db` on a directory with the chain of a fixture.
@Suite struct DbTests {
  private static let fixture = "Fixtures/Chains/plain.jsonl"

  /// A data directory with a complete chain; the folder above it is the caller's to remove.
  private func directory() throws -> URL {
    let folder = try Program.scratchFolder()
    let fixture = try fixture()
    let store = try LMDBStore(
      path: folder.appending(path: "db").path, owner: .chain(fixture.genesis.hash),
      options: .init(durability: .onRequest))
    let chain = try Blockchain(genesis: fixture.genesis, state: .complete, store: store)
    for step in fixture.steps {
      for made in step.blocks { try chain.push(made.block, diff: made.diff) }
    }
    #expect(chain.headNumber == fixture.end.number && chain.stateComplete)
    try store.close()
    return folder
  }

  private func contents(_ folder: URL) throws -> [String: Data] {
    var found: [String: Data] = [:]
    for name in try FileManager.default.subpathsOfDirectory(atPath: folder.path) {
      found[name] = FileManager.default.contents(atPath: folder.appending(path: name).path)
    }
    return found
  }

  /// Changes one record behind the program's back, as a wrong program would.
  private func change(
    _ folder: URL, _ namespace: String, _ body: (StoreEntry) -> [UInt8]?
  ) throws {
    let genesis = try fixture().genesis.hash
    let store = try LMDBStore(path: folder.appending(path: "db").path, owner: .chain(genesis))
    try store.write { transaction throws(StorageError) in
      guard let namespace = transaction.namespaces.first(where: { $0.name == namespace }),
        let entry = try transaction.entries(in: namespace.all, limit: 1).first
      else { return }
      let key = namespace.key(entry.key)
      if let value = body(entry) {
        try transaction.put(key, value)
      } else {
        try transaction.delete(key)
      }
    }
    try store.close()
  }

  private func fixture() throws -> Fixture {
    let url = PackageFiles.root.appending(path: Self.fixture)
    return try Fixture(bytes: [UInt8](try Data(contentsOf: url)))
  }

  @Test func check_shouldFindASoundDirectory_andChangeNothing() throws {
    let folder = try directory()
    defer { try? FileManager.default.removeItem(at: folder) }
    let path = folder.appending(path: "db").path
    let before = try contents(folder)
    let check = try Program.run("db", "check", path)
    #expect(check.code == 0 && check.output == "sound: \(path)\n" && check.errors.isEmpty)
    let json = try JSONValue(
      parsing: Data(try Program.run("db", "check", path, "--json").output.utf8))
    #expect(json["verdict"].text == "sound")
    let stat = try JSONValue(
      parsing: Data(try Program.run("db", "stat", "--json", path).output.utf8))
    #expect(stat["chain"].text == (try fixture()).genesis.hash.hex)
    #expect(stat["head"]["number"].integer == 40 && stat["macro"]["number"].integer == 40)
    #expect(stat["missing"].array.isEmpty && stat["missing_ppm"].integer == 0)
    #expect(stat["items"].integer == 313 && stat["block_records"].integer == 41)
    #expect(stat["nodes_by_depth"].array.count > 1 && stat["owner"].text == "chain")
    #expect(
      Set(stat["namespaces"].array.map(\.text)).isSubset(
        of: (ChainRecord.namespaces + StateTrie.namespaces).map(\.name)))
    #expect(stat["bytes_in_use"].integer <= stat["file_bytes"].integer)
    let text = try Program.run("db", "stat", path)
    #expect(text.code == 0 && text.output.contains("items      313"))
    #expect(try contents(folder) == before)
    // A chain that is there is not replayed into.
    #expect(try Program.run("replay", Self.fixture, "--store", path).code == 2)
  }

  @Test(
    arguments: [
      "state/leaves", "state/nodes", "chain/block", "chain/body", "chain/main", "chain/diff",
    ], [true, false])
  func check_shouldNameTheFirstDifference(namespace: String, isLost: Bool) throws {
    let folder = try directory()
    defer { try? FileManager.default.removeItem(at: folder) }
    try change(folder, namespace) { entry in
      if isLost { return nil }
      var value = entry.value
      value[value.count / 2] ^= 1
      return value
    }
    let result = try Program.run("db", "check", folder.appending(path: "db").path, "--json")
    // A diff that is not kept is no damage.
    if namespace == "chain/diff", isLost { return #expect(result.code == 0) }
    #expect(result.code == 1, "\(namespace): \(result.output)\(result.errors)")
    let json = try JSONValue(parsing: Data(result.output.utf8))
    #expect(json["verdict"].text == "damaged")
    #expect(!json["difference"].text.isEmpty && !json["reason"].text.isEmpty)
  }

  @Test func db_shouldRefuse_whatIsNoDataDirectory() throws {
    let folder = try directory()
    defer { try? FileManager.default.removeItem(at: folder) }
    let path = folder.appending(path: "db").path
    for command in ["check", "stat"] {
      #expect(try Program.run("db", command).code == 2)
      #expect(try Program.run("db", command, path, "--fast").code == 2)
      let none = try Program.run("db", command, folder.appending(path: "none").path)
      #expect(none.code == 3 && none.errors.contains("none"))
      #expect(!FileManager.default.fileExists(atPath: folder.appending(path: "none").path))
      #expect(try Program.run("db", command, folder.path).code == 3)
    }
    // A node has it open.
    let store = try LMDBStore(path: path, owner: .chain(try fixture().genesis.hash))
    let busy = try Program.run("db", "check", path)
    #expect(busy.code == 3 && busy.errors.contains("open already"))
    try store.close()
    // A store without a chain.
    let empty = folder.appending(path: "empty").path
    try LMDBStore(path: empty, owner: .chain(.zero)).close()
    let chainless = try Program.run("db", "check", empty)
    #expect(chainless.code == 3 && chainless.errors.contains("no chain"))
  }
}
