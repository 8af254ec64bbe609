import EventLog
import Foundation
import TestSupport
import Testing

/// Places that a command is told to write to: nothing but a regular file is replaced.
@Suite struct OutputPathTests {
  private static let simulate =
    "livesync simulate --scenario plain --accounts 200 --blocks 30 "
    + "--set follow_blocks=10,join_at_block=12"

  /// Commands that write the file `PLACE`; a log is `log.jsonl`.
  private static let writers = [
    "livesync events picture log.jsonl PLACE",
    "livesync fixture record PLACE --blocks 30 --accounts 60",
    "livesync-bench trie --accounts 2000 --write PLACE",
  ]

  private func withFolder(_ body: (URL) throws -> Void) throws {
    let folder = try Program.scratchFolder()
    defer { try? FileManager.default.removeItem(at: folder) }
    try body(folder)
  }

  private func shell(_ script: String, in folder: URL) throws -> Program.Result {
    try Program.shell(script, in: folder)
  }

  @Test(arguments: writers)
  func aPlaceThatIsNoFile_shouldStayWhatItIs(command: String) throws {
    try withFolder { folder in
      let log = try shell(Self.simulate + " --out o && mv o/events.jsonl log.jsonl", in: folder)
      #expect(log.code == 0, "\(log.errors)")
      func write(_ place: String) throws -> Program.Result {
        try shell(command.replacing("PLACE", with: place), in: folder)
      }
      func kind(_ place: String) throws -> String {
        try shell("stat -c %F \(place)", in: folder).output
      }
      // A page is read before it is written, which a FIFO and a device without end are not fit for.
      let isPage = command.contains("--write")
      _ = try shell("mkfifo fifo; mkdir dir; ln -s far link; ln -s /dev/full full", in: folder)
      #expect(try write("link").code == 0)
      #expect(try kind("link") == "symbolic link\n" && kind("far") == "regular file\n")
      #expect(try write("far").code == 0)
      #expect(try write("dir").code == 2 && kind("dir") == "directory\n")
      if !isPage {
        let fifo = try write("fifo")
        #expect(fifo.code == 2 && fifo.errors.contains("is a FIFO that nobody reads"))
        #expect(try write("full").code == 5)
        let read = try shell(
          """
          cat fifo > copy & \(command.replacing("PLACE", with: "fifo")) && wait &&
            cmp <(tail -n +2 copy) <(tail -n +2 far)
          """, in: folder)
        #expect(read.code == 0, "\(read.output)\(read.errors)")
        #expect(try write("/dev/null").code == 0)
      }
      #expect(try kind("fifo") == "fifo\n" && kind("full") == "symbolic link\n")
      #expect(try kind("/dev/full") == "character special file\n")
      #expect(try kind("/dev/null") == "character special file\n")
      // Nothing is left beside them.
      let names = try shell("ls -A | grep -v -e '^o$' -e copy -e log.jsonl", in: folder).output
      #expect(names == "dir\nfar\nfifo\nfull\nlink\n")
    }
  }

  @Test(arguments: writers.dropLast())
  func standardOutputByName_shouldHoldTheFileAndNothingElse(command: String) throws {
    try withFolder { folder in
      let line = command.replacing("PLACE", with: "/dev/stdout")
      let result = try shell(
        """
        \(Self.simulate) --out o > /dev/null && mv o/events.jsonl log.jsonl
        \(command.replacing("PLACE", with: "/dev/null"))
        \(line) > a; \(line) | cat > b
        cmp a b && test -s a && ! grep -q -e drew -e recorded: a
        """, in: folder)
      #expect(result.code == 0, "\(result.output)\(result.errors)")
    }
  }

  /// Every size of a file system, as a limit on the size of files: it is the old file or the new.
  @Test(arguments: writers)
  func aFile_shouldStayAsItWas_whenTheNewOneHasNoRoom(command: String) throws {
    try withFolder { folder in
      let result = try shell(
        """
        \(Self.simulate) --out o > /dev/null && mv o/events.jsonl log.jsonl
        echo old > file
        (ulimit -f 1; \(command.replacing("PLACE", with: "file")) > /dev/null)
        echo $?; cat file; ls -A
        """, in: folder)
      #expect(result.output == "5\nold\nfile\nlog.jsonl\no\n", "\(result.output)\(result.errors)")
      #expect(result.errors.contains("'file' cannot be written: File too large"))
    }
  }

  @Test func aLog_shouldBeWrittenThroughWhatIsThere() throws {
    try withFolder { folder in
      let result = try shell(
        """
        mkdir link null pipe; ln -s ../far.jsonl link/events.jsonl
        ln -s /dev/null null/events.jsonl; mkfifo pipe/events.jsonl
        \(Self.simulate) --out o > /dev/null && \(Self.simulate) --out link > /dev/null
        cmp far.jsonl o/events.jsonl && test -L link/events.jsonl || echo link
        \(Self.simulate) --out null > /dev/null && test -c null/events.jsonl || echo null
        \(Self.simulate) --out pipe > /dev/null; test $? = 2 || echo nobody reads
        cat pipe/events.jsonl > copy & \(Self.simulate) --out pipe > /dev/null && wait
        cmp copy o/events.jsonl && test -p pipe/events.jsonl || echo pipe
        """, in: folder)
      #expect(result.output == "", "\(result.output)\(result.errors)")
    }
  }

  /// The run goes on to its verdict, and says where the log ends; the log is read to there.
  @Test(arguments: [0, 1, 7, 40, 120])
  func aLogWithoutRoom_shouldBeCut_andTheVerdictGiven(kilobytes: Int) throws {
    try withFolder { folder in
      let script = { (options: String) in
        // The limit is for the program alone, whose streams are pipes.
        """
        { (ulimit -f \(kilobytes); exec \(Self.simulate) --out o \(options)) 2>&1 >&4 | cat >&2
          exit ${PIPESTATUS[0]}; } 4>&1 | cat
        exit ${PIPESTATUS[0]}
        """
      }
      let result = try shell(script("--json"), in: folder)
      #expect(result.code == 5)
      #expect(result.errors.contains("warning: the log in 'o' is cut off at byte"))
      let facts = try JSONValue(parsing: Data(result.output.utf8))
      #expect(facts["verdict"].text == "pass")
      let bytes = try Data(contentsOf: folder.appending(path: "o/events.jsonl"))
      #expect(facts["log_cut"]["bytes"].integer == bytes.count)
      #expect(facts["log_cut"]["records"].integer == bytes.count { $0 == 10 })
      #expect(facts["log_cut"]["reason"].text == "File too large")
      let text = try shell(script(""), in: folder)
      #expect(text.code == 5 && text.output.contains("\nPASS "))
      let lax = try shell("livesync events summary o/events.jsonl --json", in: folder)
      let strict = try shell("livesync events summary o/events.jsonl --strict", in: folder)
      let isCut = !bytes.isEmpty && bytes.last != 10
      if isCut, bytes.contains(10) {
        #expect(lax.code == 0 && lax.errors.contains("warning: o/events.jsonl: the log is cut off"))
        let run = try JSONValue(parsing: Data(lax.output.utf8))["run"]
        #expect(run["verdict"].text == "cut_off")
        #expect(run["cut_line"].integer == facts["log_cut"]["records"].integer + 1)
        #expect(strict.code == 2 && strict.errors.contains("ends without a line feed"))
      }
    }
  }

  @Test func aFailingRun_shouldKeepItsOwnCode_whenTheLogIsCut() throws {
    try withFolder { folder in
      let result = try shell(
        "mkdir d; ln -s /dev/full d/events.jsonl; "
          + "livesync simulate --scenario forks --blocks 20 --set time_limit_s=50 --out d",
        in: folder)
      #expect(result.code == 11 && result.errors.contains("is cut off at byte 0"))
      #expect(result.output.contains("FAIL liveness"))
    }
  }

  @Test func twoRunsIntoOneFolder_shouldNotLoseALog() throws {
    try withFolder { folder in
      // The first one is stopped after its first line while the second one starts.
      let result = try shell(
        """
        mkfifo out; livesync simulate --out o > out & exec 3< out
        read line <&3; kill -STOP $!
        \(Self.simulate) --out o; echo $?
        kill -CONT $!; cat <&3 > /dev/null; wait $!; echo $?
        livesync events summary o/events.jsonl --strict > /dev/null; echo $?
        \(Self.simulate) --out o > /dev/null; echo $?
        """, in: folder)
      #expect(result.output == "2\n0\n0\n0\n", "\(result.output)")
      #expect(result.errors.contains("'o/events.jsonl' is being written by another run"))
    }
  }
}
