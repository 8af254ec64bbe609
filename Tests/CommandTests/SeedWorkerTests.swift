import Foundation
import Glibc
import Testing

/// The process that runs one seed of a campaign after another.
@Suite struct SeedWorkerTests {
  /// A worker, and what it holds after each seed.
  private final class Worker {
    private let process = Process()
    private let (input, output) = (Pipe(), Pipe())

    init(profile: String) throws {
      process.executableURL = URL(fileURLWithPath: Program.path)
      process.arguments = ["simulate", "--profile", profile, "--worker"]
      process.standardInput = input
      process.standardOutput = output
      try process.run()
    }

    deinit { kill(process.processIdentifier, SIGKILL) }

    func run(_ seed: Int) throws {
      try input.fileHandleForWriting.write(contentsOf: Data("\(seed)\n".utf8))
      var line = Data()
      while line.last != UInt8(ascii: "\n") {
        let piece = output.fileHandleForReading.availableData
        try #require(!piece.isEmpty, "the worker ended in seed \(seed)")
        line += piece
      }
    }

    /// Bytes of memory that the process has.
    func memory() throws -> Int {
      let words = try String(
        contentsOfFile: "/proc/\(process.processIdentifier)/statm", encoding: .utf8
      ).split(separator: " ")
      return try #require(Int(words[1])) * Int(getpagesize())
    }
  }

  /// Each run that stays behind is about 600 kB. There are runs with companions, with killed
  /// processes, and with a store that fails among these seeds.
  @Test(arguments: [("small", [0, 5, 6, 11, 37]), ("kv", [1, 2, 3]), ("crdt", [1, 2, 3])])
  func runs_shouldLeaveNothingBehind(profile: String, seeds: [Int]) throws {
    let worker = try Worker(profile: profile)
    for _ in 0..<3 { for seed in seeds { try worker.run(seed) } }
    let before = try worker.memory()
    for _ in 0..<10 { for seed in seeds { try worker.run(seed) } }
    let growth = try worker.memory() - before
    #expect(growth < 4 << 20, "\(growth) bytes in \(10 * seeds.count) runs")
  }
}
