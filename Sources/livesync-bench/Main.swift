import Foundation
import Streams

/// Benchmarks of the rooms, in units of one hash measured in the same process.
@main
struct Main {
  static let usage = """
    usage: livesync-bench trie [--accounts N[,N...]] [--json] [--write FILE]
           livesync-bench disk --help
           livesync-bench serving --help
           livesync-bench snapshot --help
           livesync-bench reconcile --help
           livesync-bench crdt --help
           livesync-bench replay --help
           livesync-bench net --help
           livesync-bench line --help
           livesync-bench kv --help
           livesync-bench simulator --help
           livesync-bench workload NAME
           livesync-bench counts FILE [--record]

    trie measures the account trie on one core: insert and root, 1,000 updates and root, making,
    checking and applying chunks, applying and reverting diffs, proofs, memory. Times are processor
    time of the process, so other load on the machine disturbs them little. Every time is given in
    nanoseconds, in h (one libb2 BLAKE2b-256 of 64 bytes, measured in the same run), and as a
    multiple of its pure hashing work (as many hashes of the same sizes in a loop, in the same
    run).

      --accounts N  accounts of 20-byte keys and 40-byte values, 2000...20000000; a list measures
                    each and shows the growth (default 100000,1000000,10000000)
      --json        print one JSON object instead of a table
      --write FILE  also replace the section 'trie' of this Markdown file, or add it
      --help        print this text

    workload runs one fixed workload and prints the state root it ends with. counts runs all of
    them under valgrind and compares their numbers of instructions with those in FILE, which may be
    2 % away, or with --record writes FILE anew.

    A progress line is shown on standard error if that is a terminal.
    Exit codes: 0 done, 1 instruction counts are off, 2 unusable arguments or file, 5 done, but
    the output could not be written, 141 nobody reads the output any more.
    """

  static func main() {
    Console.prepare(program: "livesync-bench")
    let words = Array(CommandLine.arguments.dropFirst())
    if words.isEmpty
      || (words.contains("--help")
        && ![
          "disk", "serving", "snapshot", "reconcile", "crdt", "replay", "net", "line",
          "kv", "simulator",
        ].contains(words[0]))
    {
      Console.print(usage)
      end(words.isEmpty ? 2 : 0)
    }
    switch words[0] {
    case "trie": measureTrie(words)
    case "disk": DiskCommand.run(Array(words.dropFirst()))
    case "serving": end(ServingCommand.run(Array(words.dropFirst())))
    case "net": end(NetCommand.run(Array(words.dropFirst())))
    case "line": end(LineCommand.run(Array(words.dropFirst())))
    case "kv": end(KeyValueCommand.run(Array(words.dropFirst())))
    case "net-peer": end(NetPeer.run(Array(words.dropFirst())))
    case "snapshot": end(SnapshotCommand.run(Array(words.dropFirst())))
    case "reconcile": end(ReconcileCommand.run(Array(words.dropFirst())))
    case "crdt": end(CRDTCommand.run(Array(words.dropFirst())))
    case "replay": end(ReplayCommand.run(Array(words.dropFirst())))
    case "simulator": end(SimulatorCommand.run(Array(words.dropFirst())))
    case "workload": runWorkload(words.dropFirst())
    case "counts": compareCounts(words.dropFirst())
    default:
      fail(
        "the benchmarks are 'trie', 'disk', 'serving', 'snapshot', 'reconcile', 'crdt', 'replay', "
          + "'net', 'line', 'kv', 'simulator', 'workload' and 'counts'")
    }
    end(0)
  }

  /// Ends the program; what is lost counts only if all else is well.
  private static func end(_ code: Int32) -> Never {
    exit(code == 0 && Console.isLost ? 5 : code)
  }

  private static func measureTrie(_ words: [String]) {
    let options: Options
    do { options = try Options(words.dropFirst()) } catch { fail(error.description) }
    let page: PerformancePage?
    do { page = try options.file.map(PerformancePage.init(file:)) } catch { fail(error) }
    let progress = Progress()
    let report = Report(
      machine: Machine(), command: ShellWord.command(["livesync-bench"] + words),
      runs: options.accounts.map { TrieBenchmark(accounts: $0, progress: progress).run() })
    progress.clear()
    if options.asJSON {
      do { Console.printJSON(try report.json()) } catch { fail(error) }
    } else {
      Console.print(report.text)
    }
    do { try page?.replace(section: "trie", with: report.markdown) } catch { fail(error) }
  }

  private static func runWorkload(_ words: ArraySlice<String>) {
    guard words.count == 1, let name = words.first, let workload = Workload(rawValue: name) else {
      fail("workload needs one of \(Workload.names)")
    }
    Console.print("\(workload.rawValue): state root \(workload.run())")
  }

  private static func compareCounts(_ words: ArraySlice<String>) {
    guard let file = words.first, words.count == 1 || words.dropFirst() == ["--record"] else {
      fail("counts needs a file")
    }
    do {
      end(try InstructionCounts.run(file: file, isRecording: words.count == 2) ? 0 : 1)
    } catch { fail(error) }
  }

  static func fail(_ message: String) -> Never {
    Console.error(message + "; see --help")
    exit(2)
  }

  /// Ends with what went wrong, which is no fault of the arguments unless a file is.
  static func fail(_ error: any Error) -> Never {
    Console.error("\(error)")
    exit((error as? StreamError)?.isLoss == true ? 5 : 2)
  }
}

/// What the command line asks for.
struct Options {
  struct Unusable: Error {
    let description: String
  }

  static let accountsRange = 2_000...20_000_000
  var accounts = [100_000, 1_000_000, 10_000_000]
  var asJSON = false
  var file: String?

  init(_ words: ArraySlice<String>) throws(Unusable) {
    var rest = words
    while let option = rest.popFirst() {
      switch option {
      case "--json": asJSON = true
      case "--accounts": accounts = try Self.counts(rest.popFirst())
      case "--write":
        guard let value = rest.popFirst() else {
          throw Unusable(description: "--write needs a file")
        }
        file = value
      default: throw Unusable(description: "unknown option '\(option)'")
      }
    }
  }

  private static func counts(_ text: String?) throws(Unusable) -> [Int] {
    var counts: [Int] = []
    for part in (text ?? "").split(separator: ",", omittingEmptySubsequences: false) {
      guard let count = Int(part), accountsRange.contains(count), count > counts.last ?? 0 else {
        throw Unusable(
          description: "--accounts needs a number from \(accountsRange.lowerBound) to "
            + "\(accountsRange.upperBound), or several, increasing, with commas")
      }
      counts.append(count)
    }
    return counts
  }
}
