import Foundation
import Simulation
import Storage
import TestSupport
import Testing

/// `livesync db check` on a data directory of which anything is damaged, or is not what it should
/// be: it names the damage, or says that it cannot open it, and never ends by a signal or waits.
@Suite struct DamagedStoreTests {
  private static let damages = Campaign.seeds("LIVESYNC_DB_DAMAGES", default: 200)
  private static let seed = Campaign.seeds("LIVESYNC_DB_DAMAGE_SEED", default: 1)

  /// A data directory, and all that is in it.
  private struct Place {
    let folder: URL
    let directory: String
    /// The file up to the end of the last page in use.
    let used: Data
    let records: [StoreRecord]

    var file: URL { URL(filePath: directory + "/data.mdb") }

    init(_ fixture: String) throws {
      folder = try Program.scratchFolder()
      directory = folder.appending(path: "db").path
      let replay = try Program.run(
        "replay", "Fixtures/Chains/\(fixture).jsonl", "--store", directory)
      #expect(replay.code == 0)
      let archive = try LMDBArchive(path: directory)
      records = try archive.read { snapshot throws(StorageError) in try snapshot.records() }
      used = try Data(contentsOf: URL(filePath: directory + "/data.mdb"))
        .prefix(archive.bytesInUse)
    }

    /// What is wrong with the answer to a damaged file; nil if nothing is.
    func fault(of damaged: Data) throws -> String? {
      try damaged.write(to: file)
      let check = try Program.run("db", "check", directory)
      let words = "exit \(check.code), \(check.output)\(check.errors)"
      switch check.code {
      case 0:
        let archive = try LMDBArchive(path: directory)
        let found = try archive.read { snapshot throws(StorageError) in try snapshot.records() }
        return found == records && check.output.hasPrefix("sound:") ? nil : "not sound: \(words)"
      case 1:
        return check.output.hasPrefix("damaged: ") && check.errors.isEmpty ? nil : words
      case 3:
        return check.errors.split(separator: "\n").count == 1 && check.output.isEmpty ? nil : words
      default: return words
      }
    }
  }

  @Test(arguments: ["forks", "plain"])
  func check_shouldNameTheDamageOrRefuse_whateverIsDamaged(fixture: String) throws {
    let place = try Place(fixture)
    defer { try? FileManager.default.removeItem(at: place.folder) }
    var random = SeededGenerator(seed: Self.seed)
    for number in 0..<(Self.damages / 2) {
      let damage = FileDamage(bytes: place.used.count, &random)
      let fault = try place.fault(of: damage.applied(to: place.used))
      #expect(fault == nil, "seed \(Self.seed), damage \(number): \(damage)")
    }
  }

  @Test func otherCommands_shouldRefuseADamagedFile() throws {
    let place = try Place("plain")
    defer { try? FileManager.default.removeItem(at: place.folder) }
    var random = SeededGenerator(seed: Self.seed)
    for _ in 0..<20 {
      let damage = FileDamage(bytes: place.used.count, &random)
      try damage.applied(to: place.used).write(to: place.file)
      let stat = try Program.run("db", "stat", place.directory)
      #expect([0, 3].contains(stat.code), "\(damage): \(stat.errors)")
      let replay = try Program.run(
        "replay", "Fixtures/Chains/plain.jsonl", "--store", place.directory)
      #expect([2, 3].contains(replay.code), "\(damage): \(replay.errors)")
    }
  }

  @Test(.timeLimit(.minutes(1)), arguments: ["fifo", "folder", "device", "loop", "nothing"])
  func commands_shouldRefuse_whatIsNoRegularFile(kind: String) throws {
    let folder = try Program.scratchFolder()
    defer { try? FileManager.default.removeItem(at: folder) }
    let directory = folder.appending(path: "db").path
    try FileManager.default.createDirectory(atPath: directory, withIntermediateDirectories: true)
    let file = directory + "/data.mdb"
    switch kind {
    case "fifo": #expect(mkfifo(file, 0o644) == 0)
    case "folder": #expect(mkdir(file, 0o755) == 0)
    case "device": #expect(symlink("/dev/zero", file) == 0)
    case "loop": #expect(symlink(file, file) == 0)
    default: break
    }
    var commands = [["db", "check", directory], ["db", "stat", directory]]
    if kind != "nothing" {
      commands.append(["replay", "Fixtures/Chains/plain.jsonl", "--store", directory])
    }
    for command in commands {
      let result = try Program.run(command)
      #expect(result.code == 3 && result.errors.contains(file), "\(command): \(result.errors)")
      #expect(result.errors.split(separator: "\n").count == 1 && result.output.isEmpty)
    }
  }
}
