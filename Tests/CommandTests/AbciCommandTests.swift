import Foundation
import Glibc
import Ledger
import Production
import Storage
import TestSupport
import Testing

/// `livesync abci` as a process of its own.
@Suite struct AbciCommandTests {
  private let folder = TemporaryFolder()
  private var data: String { folder.path + "/data" }
  private var genesis: String { folder.path + "/g.json" }
  private var socket: String { folder.path + "/s" }

  private func makeGenesis() throws {
    let made = try Program.run(
      "genesis", "--out", genesis, "--keys", folder.path, "--validators", "1", "--accounts", "10")
    try #require(made.code == 0, "\(made.errors)")
  }

  private func run(data: String? = nil, genesis: String? = nil, listen: String) throws
    -> Program.Result
  {
    try Program.run(
      "abci", "--data", data ?? self.data, "--genesis", genesis ?? self.genesis, "--listen",
      listen)
  }

  private func start(_ more: [String] = [], listen: String) throws -> BackgroundProgram {
    try BackgroundProgram(
      ["abci", "--data", data, "--genesis", genesis, "--listen", listen] + more,
      errors: folder.path + "/out")
  }

  /// What the program printed, once it says where it listens.
  private func output() -> String {
    let end = ContinuousClock.now.advanced(by: .seconds(30))
    var text = ""
    while ContinuousClock.now < end {
      let bytes = FileManager.default.contents(atPath: folder.path + "/out") ?? Data()
      text = String(decoding: bytes, as: UTF8.self)
      if text.contains("listening"), text.hasSuffix("\n") { return text }
      usleep(20_000)
    }
    return text
  }

  @Test func help_shouldNameTheOptions() throws {
    let result = try Program.run("abci", "--help")
    #expect(result.code == 0)
    for word in ["--data", "--genesis", "--listen", "unix:///PATH", "Exit codes"] {
      #expect(result.output.contains(word), "\(word)")
    }
  }

  @Test func unusableArguments_shouldBeRefused_beforeAnythingIsMade() throws {
    try makeGenesis()
    let needed = [
      "--data": data, "--genesis": genesis, "--listen": "unix://" + socket,
    ]
    for missing in needed.keys.sorted() {
      let rest = needed.filter { $0.key != missing }.flatMap { [$0.key, $0.value] }
      let result = try Program.run(["abci"] + rest)
      #expect(result.code == 2 && result.errors.contains(missing), "\(result.errors)")
    }
    for listen in ["", "127.0.0.1:1", "tcp://", "tcp://host", "unix://", "http://h:1"] {
      let result = try run(listen: listen)
      #expect(result.code == 2 && result.errors.contains("--listen"), "\(listen)")
    }
    #expect(try Program.run("abci", "x").code == 2)
    #expect(try Program.run("abci", "--none", "x").code == 2)
    #expect(try run(genesis: folder.path + "/none", listen: "unix://" + socket).code == 2)
    #expect(!FileManager.default.fileExists(atPath: data))
    #expect(!FileManager.default.fileExists(atPath: socket))
  }

  @Test(arguments: [SIGTERM, SIGINT])
  func signal_shouldEndIt_inOrder(number: Int32) throws {
    try makeGenesis()
    let program = try start(listen: "unix://" + socket)
    #expect(output() == "listening unix://\(socket)\n")
    #expect(FileManager.default.fileExists(atPath: socket))
    program.signal(number)
    #expect(program.wait() == 0)
    // It goes on from there, and says the same for programs.
    let again = try start(["--json"], listen: "tcp://127.0.0.1:0")
    let facts = try JSONValue(parsing: Data(output().utf8))
    #expect(facts["listening"].text.hasPrefix("tcp://127.0.0.1:"))
    #expect(!facts["listening"].text.hasSuffix(":0"))
    again.signal(number)
    #expect(again.wait() == 0)
  }

  @Test func dataDirectoryOfAnother_shouldHaveACodeOfItsOwn() throws {
    try makeGenesis()
    try FileManager.default.createDirectory(atPath: data, withIntermediateDirectories: true)
    let hash = try GenesisFile(path: genesis).genesis.hash
    let store = try LMDBStore(path: data + "/store", owner: .chain(hash))
    let taken = try run(listen: "unix://" + socket)
    #expect(taken.code == 3 && !taken.errors.isEmpty)
    try store.close()
    let other = folder.path + "/other.json"
    let made = try Program.run(
      "genesis", "--out", other, "--keys", folder.path + "/k", "--validators", "1", "--accounts",
      "11")
    try #require(made.code == 0, "\(made.errors)")
    #expect(try run(genesis: other, listen: "unix://" + socket).code == 3)
    // An address that is taken is told as well.
    let program = try start(listen: "unix://" + socket)
    #expect(output().hasPrefix("listening"))
    let second = try run(data: folder.path + "/second", listen: "unix://" + socket)
    #expect(second.code != 0 && second.errors.contains(socket), "\(second.errors)")
    program.signal(SIGTERM)
    #expect(program.wait() == 0)
  }
}
