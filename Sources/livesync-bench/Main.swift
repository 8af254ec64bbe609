import Foundation

/// Benchmarks of the rooms, in units of one hash measured in the same process.
@main
struct Main {
  static let usage = """
    usage: livesync-bench trie [--accounts N] [--json]
           livesync-bench disk --help

    Measures the account trie on one core: insert and root, 1,000 updates and root, making,
    checking and applying chunks, applying and reverting diffs, proofs. Every time is given in
    nanoseconds and in h: one libb2 BLAKE2b-256 of 64 bytes, measured in the same run.

      --accounts N  accounts of 20-byte keys and 40-byte values, 2000…20000000 (default 100000)
      --json        print one JSON object instead of a table
      --help        print this text

    Exit codes: 0 done, 2 unusable arguments.
    """

  static func main() {
    var arguments = Array(CommandLine.arguments.dropFirst())
    if arguments.contains("--help") || arguments.isEmpty {
      print(usage)
      exit(arguments.isEmpty ? 2 : 0)
    }
    if arguments.first == "disk" {
      DiskCommand.run(Array(arguments.dropFirst()))
      return
    }
    guard arguments.removeFirst() == "trie" else { fail("the only benchmark is 'trie'") }
    var accounts = 100_000
    var asJSON = false
    while !arguments.isEmpty {
      let option = arguments.removeFirst()
      switch option {
      case "--json": asJSON = true
      case "--accounts":
        guard let text = arguments.first, let value = Int(text),
          (2_000...20_000_000).contains(value)
        else { fail("--accounts needs a number from 2000 to 20000000") }
        accounts = value
        arguments.removeFirst()
      default: fail("unknown option '\(option)'")
      }
    }
    let report = TrieBenchmark(accounts: accounts).run()
    print(asJSON ? report.json : report.table)
  }

  static func fail(_ message: String) -> Never {
    FileHandle.standardError.write(Data("livesync-bench: \(message); see --help\n".utf8))
    exit(2)
  }
}
