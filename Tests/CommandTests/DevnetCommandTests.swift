import Foundation
import Glibc
import TestSupport
import Testing

/// `livesync devnet` and `livesync status`.
@Suite(.serialized) struct DevnetCommandTests {
  private static let small = [
    "devnet", "--nodes", "2", "--accounts", "2000", "--block-time", "100", "--before", "3",
    "--after", "3",
  ]

  /// Processes that have a word in their command line.
  private static func processes(with word: String) throws -> [Int32] {
    try FileManager.default.contentsOfDirectory(atPath: "/proc").compactMap { name in
      guard let number = Int32(name),
        let line = FileManager.default.contents(atPath: "/proc/\(name)/cmdline"),
        String(decoding: line, as: UTF8.self).contains(word)
      else { return nil }
      return number
    }
  }

  private static func wait(_ seconds: Int = 30, until condition: () throws -> Bool) rethrows -> Bool
  {
    for _ in 0..<seconds * 20 {
      if try condition() { return true }
      usleep(50_000)
    }
    return false
  }

  @Test func network_shouldComeToTheOraclesState_andLeaveNothing() throws {
    let folder = TemporaryFolder()
    let place = folder.path + "/net"
    let result = try Program.run(Self.small + ["--json", "--dir", place])
    #expect(result.code == 0, "\(result.output)\(result.errors)")
    let facts = try JSONValue(parsing: Data(result.output.split(separator: "\n")[0].utf8))
    #expect(result.output.hasPrefix("{\"pass\":true,\"exit\":0,"))
    #expect(facts["nodes"][2]["name"].text == "fresh")
    #expect(facts["nodes"][2]["state_root"].text == facts["oracle"]["state_root"].text)
    #expect(try Self.processes(with: place).isEmpty)
    // The folder was asked for by its name, so it stays, and what is in it is sound.
    for name in ["n0", "n1", "fresh", "oracle"] {
      #expect(try Program.run("db", "check", "\(place)/\(name)/store").code == 0, "\(name)")
    }
    let again = try Program.run(Self.small + ["--dir", place])
    #expect(again.code == 2 && again.errors.contains("is there already"))
  }

  @Test func freshNode_shouldJoinFromASnapshot_andBanTheHostsWhoseCopiesAreWrong() throws {
    let result = try Program.run([
      "devnet", "--join", "snapshot", "--liar", "--nodes", "3", "--accounts", "3000",
      "--block-time", "100", "--after", "3", "--json",
    ])
    #expect(result.code == 0, "\(result.output)\(result.errors)")
    let facts = try JSONValue(parsing: Data(result.output.split(separator: "\n")[0].utf8))
    #expect(facts["snapshot"]["liar_banned"] == .bool(true), "\(result.output)")
    // One of them gave a piece that is well-formed, and its proof tells.
    #expect(facts["snapshot"]["liar_evidence"] == .bool(true), "\(result.output)")
    #expect(facts["snapshot"]["proven_twice"] == .integer(0), "\(result.output)")
    guard case .integer(let block) = facts["snapshot"]["block"],
      case .integer(let proven) = facts["snapshot"]["proven"]
    else {
      Issue.record("no snapshot: \(result.output)")
      return
    }
    #expect(block > 0 && block % 16 == 0 && proven > 0)
  }

  @Test(arguments: [SIGINT, SIGTERM, SIGHUP])
  func interruption_shouldLeaveNoProcess_andNoFolder(number: Int32) throws {
    let folder = TemporaryFolder()
    // Before, while and after the first folders are made, and with all nodes.
    for pause in [0, 50_000, 100_000, 200_000, 300_000, 500_000, 1_500_000] as [UInt32] {
      let program = try BackgroundProgram(
        Self.small + ["--stay"], errors: folder.path + "/errors")
      let name = "livesync-devnet-\(program.identifier)"
      let place = FileManager.default.temporaryDirectory.path + "/" + name
      #expect(Self.wait { FileManager.default.fileExists(atPath: place) })
      usleep(pause)
      program.signal(number)
      #expect(program.wait() == 128 + number)
      #expect(try Self.wait(5) { try Self.processes(with: name).isEmpty })
      #expect(!FileManager.default.fileExists(atPath: place), "after \(pause) µs")
    }
  }

  @Test func nodeThatEnds_shouldBeTold() throws {
    let folder = TemporaryFolder()
    let (place, errors) = (folder.path + "/net", folder.path + "/errors")
    let program = try BackgroundProgram(Self.small + ["--stay", "--dir", place], errors: errors)
    var victim: Int32?
    #expect(
      try Self.wait {
        victim = try Self.processes(with: place + "/n1").first { $0 != program.identifier }
        return victim != nil
      })
    if let victim { kill(victim, SIGKILL) }
    #expect(program.wait() == 11)
    let text = String(
      decoding: FileManager.default.contents(atPath: errors) ?? Data(), as: UTF8.self)
    #expect(text.contains("node n1 "), "\(text)")
    #expect(try Self.wait(5) { try Self.processes(with: place).isEmpty })
  }

  @Test func unusableArguments_shouldBeRefused() throws {
    for words in [
      ["--nodes", "0"], ["--nodes", "17"], ["--block-time", "1"], ["x"], ["--join", "x"],
      ["--liar"],
      ["--liar", "--join", "snapshot", "--nodes", "1"],
    ] {
      #expect(try Program.run(["devnet"] + words).code == 2, "\(words)")
    }
    let result = try Program.run("devnet", "--dir", "/proc/none")
    #expect(result.code == 2 && result.errors.contains("/proc/none"))
  }

  @Test func status_shouldTellWhereANodeStands() throws {
    let folder = TemporaryFolder()
    let path = folder.path
    let made = try Program.run(
      "genesis", "--out", path + "/g.json", "--keys", path, "--validators", "1", "--accounts",
      "50", "--block-time", "100")
    #expect(made.code == 0)
    func node(_ name: String, _ more: [String]) throws -> (BackgroundProgram, String) {
      let program = try BackgroundProgram(
        [
          "node", "--data", path + "/" + name, "--genesis", path + "/g.json", "--http",
          "127.0.0.1:0",
        ] + more, errors: path + "/errors")
      var address: String?
      _ = Self.wait {
        let log = FileManager.default.contents(atPath: "\(path)/\(name)/events.jsonl") ?? Data()
        address = String(decoding: log, as: UTF8.self)
          .firstMatch(of: /"transport.answering".*"address":"([^"]*)"/).map { String($0.1) }
        return address != nil
      }
      return (program, try #require(address))
    }
    let (maker, ready) = try node(
      "a", ["--state", "genesis", "--produce", path + "/validators.key"])
    let (lonely, unready) = try node("b", [])
    #expect(try Self.wait { try Program.run("status", "--http", ready).code == 0 })
    let text = try Program.run("status", "--http", ready)
    #expect(text.output.contains("ready") && text.output.contains("state      complete"))
    let json = try Program.run("status", "--http", ready, "--json")
    #expect(try JSONValue(parsing: Data(json.output.utf8))["name"].text == "n0")
    let port = ready.split(separator: ":")[1]
    let named = try Program.run("status", "--http", "localhost:\(port)")
    #expect(named.code == 0, "\(named.errors)")
    let nowhere = try Program.run("status", "--http", "none.invalid:\(port)")
    #expect(nowhere.code == 11)
    #expect(nowhere.errors.contains("the name 'none.invalid' cannot be resolved: "))
    let not = try Program.run("status", "--http", unready)
    #expect(not.code == 11 && not.output.contains("not ready"), "\(not.output)")
    lonely.signal(SIGTERM)
    #expect(lonely.wait() == 0)
    let gone = try Program.run("status", "--http", unready)
    #expect(gone.code == 11 && gone.errors.contains("no node answers at"))
    for word in ["localhost", "127.1:1", "-:1"] {
      #expect(try Program.run("status", "--http", word).code == 2)
    }
    maker.signal(SIGTERM)
    #expect(maker.wait() == 0)
  }
}
