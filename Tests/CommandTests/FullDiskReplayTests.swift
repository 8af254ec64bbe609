import Foundation
import Storage
import TestSupport
import Testing

/// `livesync replay --store` on a disk that is too small says so, in one line and with a code of
/// its own, whatever size it has; what it leaves is sound, and it goes on when there is room.
@Suite struct FullDiskReplayTests {
  private static let fixture = "Fixtures/Chains/plain.jsonl"

  /// Kilobytes between two sizes that are tried.
  private static let step = Campaign.seeds("LIVESYNC_DISK_STEP", default: 24)

  @Test(.enabled(if: SmallDisk.isAvailable, Comment(rawValue: SmallDisk.reasonIfNone)))
  func replay_shouldSayThatTheDiskIsFull_andGoOnWithRoom_atEverySize() throws {
    var codes: [Int32] = []
    for kilobytes in stride(from: 4, through: 480, by: Int(Self.step)) where codes.last != 0 {
      let disk = try SmallDisk(kilobytes: kilobytes)
      let directory = disk.path + "/db"
      let what = "\(kilobytes) kB"
      let result = try Program.run("replay", Self.fixture, "--store", directory)
      codes.append(result.code)
      let check = try Program.run("db", "check", directory)
      guard result.code != 0 else {
        #expect(check.code == 0, "\(what): \(check.errors)")
        continue
      }
      #expect(result.code == 4, "\(what): \(result.output)\(result.errors)")
      let lines = result.errors.split(separator: "\n")
      #expect(lines.count == 1 && result.output.isEmpty, "\(what): \(result.errors)")
      #expect(result.errors.hasPrefix("livesync: the disk is full: \(directory)/"), "\(what)")
      #expect(result.errors.contains(/needs at least \d+ bytes/), "\(what): \(result.errors)")
      // What is there is sound, or nothing that could be damaged.
      #expect([0, 3].contains(check.code), "\(what): \(check.output)\(check.errors)")
      try disk.resize(kilobytes: 2_000)
      let again = try Program.run("replay", Self.fixture, "--store", directory)
      #expect(again.code == 0, "\(what): \(again.output)\(again.errors)")
      #expect(try Program.run("db", "check", directory).code == 0, "\(what)")
      // From here on it is a chain like any other.
      #expect(try Program.run("replay", Self.fixture, "--store", directory).code == 2, "\(what)")
    }
    #expect(codes.last == 0 && codes.count > 4)
  }

  @Test(arguments: [0, 8, 100, 1_000])
  func replay_shouldSayThatTheFileMayNotBeSoLarge(kilobytes: Int) throws {
    let folder = try Program.scratchFolder()
    defer { try? FileManager.default.removeItem(at: folder) }
    let directory = folder.appending(path: "db").path
    let result = try limited(["replay", Self.fixture, "--store", directory], kilobytes)
    #expect(result.code == 4, "\(result.code) \(result.output)")
    #expect(result.output.contains("the disk is full: \(directory)/"), "\(result.output)")
    #expect(try Program.run("replay", Self.fixture, "--store", directory).code == 0)
  }

  /// Runs the program where no file may be longer. What it prints goes through a pipe, which has no
  /// length.
  private func limited(
    _ arguments: [String], _ kilobytes: Int
  ) throws -> (code: Int32, output: String) {
    let process = Process()
    process.executableURL = URL(filePath: "/bin/bash")
    process.arguments =
      [
        "-c", "set -o pipefail; (ulimit -f \(kilobytes); exec \"$0\" \"$@\" 2>&1) | cat",
        Program.path,
      ] + arguments
    process.currentDirectoryURL = PackageFiles.root
    let pipe = Pipe()
    process.standardOutput = pipe
    try process.run()
    let output = String(decoding: pipe.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
    process.waitUntilExit()
    return (process.terminationStatus, output)
  }
}
