import Foundation
import Simulation
import TestSupport
import Testing

/// Campaigns in several processes, as a script calls them.
@Suite struct CampaignCommandTests {
  static let world = "--scenario plain --accounts 300 --blocks 50"

  private func withFolder(_ body: (URL) throws -> Void) throws {
    let folder = try Program.scratchFolder()
    defer { try? FileManager.default.removeItem(at: folder) }
    try body(folder)
  }

  /// The lines of a file by seed, without their wall time.
  private func results(_ file: URL) throws -> [Int: String] {
    let text = try String(contentsOf: file, encoding: .utf8)
    #expect(text.hasSuffix("\n"))
    var lines: [Int: String] = [:]
    for line in text.split(separator: "\n") {
      let facts = try JSONValue(parsing: Data(line.utf8))
      let before = lines.updateValue(
        String(line.replacing(/,"wall_ns":\d+/, with: "")), forKey: facts["seed"].integer)
      #expect(before == nil, "seed \(facts["seed"].integer) stands twice")
    }
    return lines
  }

  @Test func results_shouldBeTheSame_inOneProcessOrManyOrShards() throws {
    try withFolder { folder in
      let script = """
        set -e
        livesync simulate \(Self.world) --seeds '0..<12' --jobs 1 --out one.jsonl > a
        livesync simulate \(Self.world) --seeds 0...11 --jobs 4 --out four.jsonl --json > b
        for i in 0 1 2; do
          livesync simulate \(Self.world) --seeds '0..<12' --shard $i/3 --out parts > c
        done
        livesync campaign merge parts/*.jsonl one.jsonl --seeds '0..<12' --out all.jsonl > d
        cat d
        """
      let result = try Program.shell(script, in: folder)
      #expect(result.code == 0, "\(result.output)\(result.errors)")
      // No status line in a pipe.
      #expect(result.errors.isEmpty && result.output.contains("PASS  12 of 12 seeds"))
      let one = try results(folder.appending(path: "one.jsonl"))
      #expect(one.count == 12)
      #expect(try results(folder.appending(path: "four.jsonl")) == one)
      #expect(try results(folder.appending(path: "all.jsonl")) == one)
    }
  }

  @Test func plannedFaults_shouldRunInProcessesLikeAnyProfile() throws {
    try withFolder { folder in
      let script = """
        set -e
        livesync simulate --profile swarm --seeds '0..<3' --jobs 2 --out a.jsonl > a
        livesync simulate --profile swarm --seeds '0..<6' --jobs 2 --out a.jsonl --resume
        livesync simulate --profile swarm --seeds '0..<6' --jobs 1 --out b.jsonl > b
        livesync campaign merge a.jsonl b.jsonl --seeds '0..<6'
        """
      let result = try Program.shell(script, in: folder)
      #expect(result.code == 0, "\(result.output)\(result.errors)")
      for part in ["resumed   3 seeds", "\nfaults    ", "\nreached   ", "\nmissed    fault "] {
        #expect(result.output.contains(part), "\(part) is not in \(result.output)")
      }
      #expect(
        try results(folder.appending(path: "a.jsonl"))
          == results(folder.appending(path: "b.jsonl")))
    }
  }

  @Test func replicas_shouldRunInProcessesLikeAnyProfile_andBeThoseOfTheirOwnCommand() throws {
    try withFolder { folder in
      for (profile, command) in [("kv", "kv simulate"), ("crdt", "crdt simulate")] {
        let script = """
          set -e
          livesync simulate --profile \(profile) --seeds 1...2 --jobs 2 --out a.jsonl > a
          livesync simulate --profile \(profile) --seeds 1...4 --out a.jsonl --resume > b
          livesync simulate --profile \(profile) --seeds 1...4 --shard 0/2 --out parts > c
          livesync campaign merge a.jsonl parts/*.jsonl --seeds 1...4
          livesync campaign report a.jsonl -o page.html > d
          livesync simulate --profile \(profile) --seed 3 | tail -n 1
          livesync \(command) --seed 3 --json > one
          rm -r parts
          """
        let result = try Program.shell(script, in: folder)
        #expect(result.code == 0, "\(result.output)\(result.errors)")
        for part in ["\nfaults    ", "\nreached   ", "\nmissed    ", "\nPASS  4 seeds", "\nPASS\n"]
        {
          #expect(result.output.contains(part), "\(part) is not in \(result.output)")
        }
        #expect(!result.output.contains("chunks"))
        let file = folder.appending(path: "a.jsonl")
        let one = try JSONValue(parsing: Data(contentsOf: folder.appending(path: "one")))
        let third = try #require(try results(file)[3])
        #expect(third.contains(one["sha256"].text))
        try FileManager.default.removeItem(at: file)
      }
      for options in ["--nodes 3", "--transport model", "--show", "--out a", "--jobs 2"] {
        let result = try Program.shell("livesync simulate --profile kv \(options)", in: folder)
        #expect(result.code == 2 && result.errors.contains("option '--"), "\(options)")
      }
    }
  }

  @Test func aKilledCampaign_shouldGoOnWhereItWas() throws {
    try withFolder { folder in
      let script = """
        livesync simulate \(Self.world) --seeds '0..<40' --out whole.jsonl > a || exit 1
        livesync simulate \(Self.world) --seeds '0..<40' --jobs 2 --out cut.jsonl > b & pid=$!
        while [ "$(wc -l < cut.jsonl 2> /dev/null || echo 0)" -lt 5 ]; do sleep 0.05; done
        kill -9 $pid; wait $pid 2> /dev/null
        lines=$(wc -l < cut.jsonl); [ "$lines" -lt 40 ] || exit 2
        printf '{"seed":39,"profile":"pla' >> cut.jsonl
        livesync simulate \(Self.world) --seeds '0..<40' --out cut.jsonl > c 2> err && exit 3
        livesync simulate \(Self.world) --seeds '0..<40' --out cut.jsonl --resume
        """
      let result = try Program.shell(script, in: folder)
      #expect(result.code == 0, "\(result.code): \(result.output)\(result.errors)")
      #expect(result.output.contains("seeds have run before"))
      #expect(
        try results(folder.appending(path: "cut.jsonl"))
          == results(folder.appending(path: "whole.jsonl")))
      let refused = try String(contentsOf: folder.appending(path: "err"), encoding: .utf8)
      #expect(refused.contains("--resume"))
    }
  }

  @Test func aKilledProcess_shouldCostNoSeed() throws {
    try withFolder { folder in
      let script = """
        livesync simulate \(Self.world) --seeds '0..<40' --jobs 2 --out a.jsonl > out & pid=$!
        while [ "$(wc -l < a.jsonl 2> /dev/null || echo 0)" -lt 3 ]; do sleep 0.05; done
        for child in $(cat /proc/$pid/task/*/children); do kill -9 $child; break; done
        wait $pid; code=$?; cat out; exit $code
        """
      let result = try Program.shell(script, in: folder)
      #expect(result.code == 0, "\(result.output)\(result.errors)")
      #expect(try results(folder.appending(path: "a.jsonl")).count == 40)
    }
  }

  @Test func aFullFile_shouldKeepWholeLines() throws {
    try withFolder { folder in
      let script = """
        (ulimit -f 8; livesync simulate \(Self.world) --seeds '0..<20' --out a.jsonl > out; echo $?)
        tail -c 1 a.jsonl | od -An -c; cat out
        livesync simulate \(Self.world) --seeds '0..<20' --out a.jsonl --resume > again; echo $?
        """
      let result = try Program.shell(script, in: folder)
      #expect(result.output.hasPrefix("5\n"), "\(result.output)\(result.errors)")
      #expect(result.output.contains("INTERRUPTED") && result.output.hasSuffix("0\n"))
      #expect(result.errors.contains("'a.jsonl' cannot be written"))
      #expect(try results(folder.appending(path: "a.jsonl")).count == 20)
    }
  }

  @Test func filesThatDoNotBelongTogether_shouldBeRefused() throws {
    try withFolder { folder in
      let script = """
        livesync simulate \(Self.world) --seeds '0..<2' --out a.jsonl > out
        livesync simulate --scenario plain --accounts 301 --blocks 50 --seeds '2..<4' \
          --out b.jsonl > out
        livesync campaign merge a.jsonl b.jsonl; echo $?
        livesync campaign merge a.jsonl --seeds '0..<3' > out; echo $?
        sed 's/"log_sha256":"../"log_sha256":"zz/' a.jsonl > c.jsonl
        livesync campaign merge a.jsonl c.jsonl; echo $?
        livesync simulate --scenario plain --seeds '0..<4' --out a.jsonl --resume; echo $?
        livesync simulate \(Self.world) --seeds '0..<4' --resume; echo $?
        livesync simulate --seed 4 --jobs 2; echo $?
        """
      let result = try Program.shell(script, in: folder)
      #expect(result.output == "2\n1\n12\n2\n2\n2\n", "\(result.output)\(result.errors)")
      #expect(result.errors.contains("b.jsonl: line 1") && result.errors.contains("options is"))
      #expect(result.errors.contains("log_sha256"))
    }
  }

  @Test func jobs_shouldBeRefused_aboveTheirNumber() throws {
    let most = CampaignLimits.jobsMax
    let run = { (jobs: Int) in
      try Program.run(
        [
          "simulate", "--seeds", "0..<1", "--jobs", "\(jobs)", "--json", "--accounts", "300",
          "--blocks", "50",
        ])
    }
    #expect(try run(most).code == 0)
    #expect(try run(most + 1).code == 2)
  }

  @Test func aWorker_shouldAnswerEachSeed() throws {
    let words = ["simulate", "--scenario", "plain", "--accounts", "300", "--worker"]
    let result = try Program.run(words, input: "7\n9\n")
    #expect(result.code == 0, "\(result.errors)")
    let seeds = try result.output.split(separator: "\n").map {
      try SeedResult(line: Array($0.utf8)).seed
    }
    #expect(seeds == [7, 9])
    #expect(try Program.run(words, input: "seven\n").code == 2)
  }

  @Test func scenarios_shouldBeListedAndShown() throws {
    let list = try Program.run("scenario", "list")
    #expect(list.code == 0)
    for scenario in Scenario.builtIn {
      #expect(list.output.contains(scenario.name))
      #expect(scenario.bug.isEmpty || list.output.contains(scenario.bug))
      let shown = try Program.run("scenario", "show", scenario.name, "--json")
      let facts = try JSONValue(parsing: Data(shown.output.utf8))
      #expect(
        facts["bug"].text == scenario.bug && facts["needs"].array.count == scenario.needs.count)
    }
    #expect(try Program.run("scenario", "show", "nothing").code == 2)
  }
}
