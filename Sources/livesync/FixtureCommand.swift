import Fixtures
import Foundation
import Simulation
import Streams

/// `livesync fixture record FILE`
enum FixtureRecordCommand: Command {
  static let specification = CommandSpecification(
    name: "fixture record",
    summary: "Record a fixture chain: blocks, diffs, forks, chunks, and what must come of each.",
    positionals: ["FILE"],
    options: [
      .init("--seed", "N", help: "what decides everything that is random (1)"),
      .init(
        "--blocks", "N",
        help: "height of the chain, \(FixtureOptions.blocksMin) to "
          + "\(FixtureLimits.blocksMax) (40)"),
      .init(
        "--accounts", "N",
        help: "accounts at the start, \(FixtureOptions.accountsMin) to "
          + "\(FixtureLimits.accountsMax) (300)"),
      .init("--kind", "KIND", help: kinds + " (plain)"),
    ],
    notes: ["FILE is written anew. Its first line names the command that makes it again."])

  private static var kinds: String {
    FixtureKind.allCases.map(\.rawValue).joined(separator: ", ")
  }

  static func run(_ arguments: Arguments) throws -> ExitCode {
    let options = try options(of: arguments)
    let path = arguments.positionals[0]
    guard FixtureHeader.isPlain(path), ShellWord.isPlain(path) else {
      throw UsageError("'\(path)' has characters that cannot stand in a generator command")
    }
    // Looked at first, so that no one waits for what cannot be written.
    let file = try OutputFile(path: path)
    let name = URL(fileURLWithPath: path).deletingPathExtension().lastPathComponent
    var recorder = try FixtureRecorder(
      options, name: name, generator: generator(options, path: path))
    let meter = ProgressMeter()
    let fixture = try recorder.run { height in
      let done = Int(height) * 1_000_000 / Int(options.blocks)
      meter.show(done, "recording, block \(height) of \(options.blocks)")
    }
    Console.endProgress()
    let bytes = fixture.bytes
    try file.write(bytes)
    if file.isOutput { return .pass }
    let counts = FixtureFacts(fixture).counts
    if arguments.wantsJSON {
      let fields = counts.map { "\"\($0.name)\":\($0.count)" }.joined(separator: ",")
      Console.printJSON("{\"verdict\":\"recorded\",\"bytes\":\(bytes.count),\(fields)}")
    } else {
      Console.print("recorded \(path), \(bytes.count) bytes")
      for (name, count) in counts {
        Console.print("  \(name.replacingOccurrences(of: "_", with: " ")): \(count)")
      }
    }
    return .pass
  }

  private static func options(of arguments: Arguments) throws(UsageError) -> FixtureOptions {
    let word = arguments.text("--kind") ?? FixtureKind.plain.rawValue
    guard let kind = FixtureKind(rawValue: word) else {
      throw UsageError("option '--kind' needs one of \(kinds), not '\(word)'")
    }
    let blocks = FixtureOptions.blocksMin...UInt32(FixtureLimits.blocksMax)
    let accounts = FixtureOptions.accountsMin...FixtureLimits.accountsMax
    return FixtureOptions(
      seed: try arguments.number("--seed", in: 0...UInt64.max) ?? 1,
      blocks: try arguments.number("--blocks", in: blocks) ?? 40,
      accounts: try arguments.number("--accounts", in: accounts) ?? 300, kind: kind)
  }

  /// The command in its one form, whatever the order and the defaults it was given with.
  private static func generator(_ options: FixtureOptions, path: String) -> String {
    "livesync fixture record --seed \(options.seed) --blocks \(options.blocks) "
      + "--accounts \(options.accounts) --kind \(options.kind.rawValue) \(path)"
  }
}
