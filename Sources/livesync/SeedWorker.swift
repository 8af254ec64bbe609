import Foundation
import Primitives
import Simulation

/// A process of this program that runs one seed after another. A seed that takes it down takes down
/// nothing else.
final class SeedWorker {
  private let process = Process()
  private let input = Pipe()
  private let output = Pipe()
  /// What the process says when it ends in the middle; nobody else sees the file.
  private let errors: FileHandle
  private var rest: [UInt8] = []

  /// Why a process gave no result.
  struct Loss: Error {
    let reason: String
  }

  init(_ words: [String]) throws {
    let path =
      FileManager.default.temporaryDirectory.path
      + "/livesync-\(ProcessInfo.processInfo.processIdentifier)-\(UUID().uuidString)"
    let number = open(path, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0o600)
    guard number >= 0 else {
      throw UsageError("'\(path)' cannot be written: \(String(cString: strerror(errno)))")
    }
    unlink(path)
    errors = FileHandle(fileDescriptor: number, closeOnDealloc: true)
    process.executableURL = URL(fileURLWithPath: "/proc/self/exe").resolvingSymlinksInPath()
    process.arguments = words + ["--worker"]
    process.standardInput = input
    process.standardOutput = output
    process.standardError = errors
    try process.run()
  }

  /// Ends the process, whatever it is doing.
  func end() {
    kill(process.processIdentifier, SIGKILL)
    process.waitUntilExit()
  }

  /// Lets the process run a seed and waits for the result.
  func run(_ seed: UInt64) throws -> SeedResult {
    let line = Array("\(seed)\n".utf8)
    // A process that has gone is found when nothing comes back.
    _ = write(input.fileHandleForWriting.fileDescriptor, line, line.count)
    while true {
      if let end = rest.firstIndex(of: UInt8(ascii: "\n")) {
        let line = Array(rest[..<end])
        rest.removeFirst(end + 1)
        let result = try SeedResult(line: line)
        guard result.seed == seed else {
          throw Loss(reason: "it gave the result of seed \(result.seed)")
        }
        return result
      }
      guard rest.count <= CampaignLimits.lineBytesMax else { throw CampaignLoss.endless }
      let piece = read()
      if piece.isEmpty { throw Loss(reason: lastWords()) }
      rest += piece
    }
  }

  private func read() -> [UInt8] {
    var buffer = [UInt8](repeating: 0, count: 64 << 10)
    while true {
      let count = Foundation.read(
        output.fileHandleForReading.fileDescriptor, &buffer, buffer.count)
      if count < 0, errno == EINTR { continue }
      return Array(buffer.prefix(max(0, count)))
    }
  }

  /// How the process ended, and the last it said.
  private func lastWords() -> String {
    process.waitUntilExit()
    let how =
      process.terminationReason == .uncaughtSignal
      ? "signal \(process.terminationStatus)" : "exit code \(process.terminationStatus)"
    var buffer = [UInt8](repeating: 0, count: CampaignLimits.textBytesMax)
    let count = pread(errors.fileDescriptor, &buffer, buffer.count, 0)
    let lines = buffer.prefix(max(0, count)).split(separator: UInt8(ascii: "\n"))
    let words =
      lines.first { String(decoding: $0, as: UTF8.self).contains("atal error") }
      ?? lines.last
    guard let words else { return "the process ended with \(how)" }
    return "the process ended with \(how): " + String(decoding: words, as: UTF8.self)
  }

  private enum CampaignLoss {
    static let endless = Loss(reason: "it gives a line without an end")
  }
}
