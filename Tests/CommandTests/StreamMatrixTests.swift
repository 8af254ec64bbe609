import Foundation
import TestSupport
import Testing

/// Every command with every odd standard stream: none ends by a signal, and each gives the exit
/// code that the manual says.
@Suite struct StreamMatrixTests {
  /// What is done to the streams, as a piece of bash before the command and its redirections.
  private struct Oddity: CustomStringConvertible {
    let description: String
    var before = ""
    let redirections: String
    /// What becomes of output that a person would have seen.
    let effect: Effect

    enum Effect { case none, lost, broken }
  }

  /// File descriptor 4 becomes the end of a pipe that nobody reads.
  private static let broken = "mkfifo p; exec 3<>p 4>p 3<&-; "
  private static let ignored = "trap '' PIPE; "
  private static let oddities: [Oddity] = [
    .init(description: "full output", redirections: ">/dev/full", effect: .lost),
    .init(description: "closed output", redirections: ">&-", effect: .lost),
    .init(
      description: "broken output", before: broken, redirections: ">&4 4>&-", effect: .broken),
    .init(
      description: "broken output, SIGPIPE ignored", before: ignored + broken,
      redirections: ">&4 4>&-", effect: .broken),
    .init(description: "full errors", redirections: "2>/dev/full", effect: .none),
    .init(description: "closed errors", redirections: "2>&-", effect: .none),
    .init(description: "broken errors", before: broken, redirections: "2>&4 4>&-", effect: .none),
    .init(
      description: "broken errors, SIGPIPE ignored", before: ignored + broken,
      redirections: "2>&4 4>&-", effect: .none),
    .init(description: "closed input", redirections: "<&-", effect: .none),
    .init(description: "everything closed", redirections: "<&- >&- 2>&-", effect: .lost),
    .init(description: "everything full", redirections: ">/dev/full 2>&1", effect: .lost),
    .init(
      description: "everything broken", before: broken, redirections: ">&4 2>&4 4>&-",
      effect: .broken),
  ]

  private static let small =
    "livesync simulate --scenario plain --accounts 200 --blocks 30 "
    + "--set follow_blocks=10,join_at_block=12"
  private static let fixture = "Fixtures/Chains/plain.jsonl"

  /// Run in a folder of their own, in which `root` is the package.
  static let commands = [
    "livesync", "livesync --help", "livesync nope", "livesync db", "livesync events --help",
    "livesync simulate --help", "livesync simulate --nodes 1", "livesync simulate --show",
    small + " --out o", small + " --out o --json", small + " --seeds 1...2",
    small + " --seeds 1...2 --json", small + " --out o --set time_limit_s=12",
    "livesync figures --help", "livesync figures --write no/file",
    "livesync fixture record a.jsonl --blocks 30 --accounts 60",
    "livesync fixture record a.jsonl --blocks 30 --accounts 60 --json",
    "livesync replay root/\(fixture)", "livesync replay root/\(fixture) --json",
    "livesync replay root/\(fixture) --store s",
    "livesync replay root/\(fixture) --store s >/dev/null && livesync db check s",
    "livesync replay root/\(fixture) --store s >/dev/null && livesync db check s --json",
    "livesync replay root/\(fixture) --store s >/dev/null && livesync db stat s",
    "livesync replay root/\(fixture) --store s >/dev/null && livesync db stat s --json",
    "livesync db check root", "livesync events summary -",
    small + " --out o >/dev/null && livesync events summary o/events.jsonl",
    small + " --out o >/dev/null && livesync events summary o/events.jsonl --json",
    small + " --out o >/dev/null && livesync events picture o/events.jsonl a.svg",
    small + " --out o >/dev/null && livesync events picture o/events.jsonl a.svg --json",
    small + " --out o >/dev/null && livesync evidence check o/events.jsonl",
    "livesync events schema", "livesync events schema --json",
    "livesync kv --help", "livesync kv --listen nowhere", "livesync kv --listen 0.0.0.0:0",
    "livesync reconcile --help",
    "echo '{\"key\":\"k\",\"value\":1}' > r; livesync reconcile r r",
    "echo '{\"key\":\"k\",\"value\":1}' > r; livesync reconcile r r --json",
    "livesync-bench", "livesync-bench --help", "livesync-bench nope", "livesync-bench disk --help",
    "livesync-bench trie --accounts 2000", "livesync-bench trie --accounts 2000 --json",
    "livesync-bench workload insert", "livesync-bench counts no-file",
  ]

  @Test(arguments: commands)
  func everyCommand_shouldEndByItself_withTheDocumentedCode(command: String) throws {
    let plain = try run(command, nil)
    #expect([0, 1, 2, 3, 11].contains(plain.code), "\(plain.code) \(plain.errors)")
    for oddity in Self.oddities {
      let odd = try run(command, oddity)
      #expect(!odd.isKilled && odd.code < 160, "\(oddity): \(odd.code)")
      let prints = !plain.output.isEmpty
      let isUnread = command.hasSuffix(" -") && oddity.redirections.contains("<&-")
      let expected: Int32 =
        switch oddity.effect {
        case _ where isUnread: 2
        case .lost where prints && plain.code == 0: 5
        case .broken where prints: 141
        default: plain.code
        }
      #expect(odd.code == expected, "\(oddity): \(odd.errors)")
      if oddity.description.hasSuffix("output"), oddity.effect == .lost, expected == 5 {
        #expect(odd.errors.contains("standard output cannot be written: "))
        #expect(odd.errors.split(separator: "\n").count == 1, "\(odd.errors)")
      }
      if oddity.effect == .broken { #expect(!odd.errors.contains("Broken pipe")) }
    }
  }

  private func run(_ command: String, _ oddity: Oddity?) throws -> Program.Result {
    let folder = try Program.scratchFolder()
    defer { try? FileManager.default.removeItem(at: folder) }
    try FileManager.default.createSymbolicLink(
      at: folder.appending(path: "root"), withDestinationURL: PackageFiles.root)
    var steps = command.components(separatedBy: " && ")
    let last = steps.removeLast()
    let before = steps.map { $0 + "\n" }.joined()
    // As a shell starts it: without the test's own handling of SIGPIPE, unless that is the case.
    let isIgnored = oddity?.before.hasPrefix(Self.ignored) == true
    let reset = isIgnored ? "" : "env --default-signal=PIPE "
    return try Program.shell(
      before + (oddity?.before ?? "") + "exec " + reset + last + " "
        + (oddity?.redirections ?? ""),
      in: folder)
  }
}
