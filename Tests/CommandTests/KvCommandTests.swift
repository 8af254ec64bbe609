import Foundation
import TestSupport
import Testing

/// `livesync kv` with what cannot be used, and `livesync kv key`.
@Suite struct KvCommandTests {
  @Test(arguments: [
    ("--replicate nowhere", "'--replicate' needs ADDRESS:PORT"),
    ("--replicate 0.0.0.0:0", "it needs '--cluster-key'"),
    ("--peer 192.0.2.1:4000", "it needs '--cluster-key'"),
    ("--peer seed.example.org:4000", "it needs '--cluster-key'"),
    ("--peer 127.0.0.1", "needs [KEY@]HOST:PORT"),
    ("--peer 127.0.0.1:0", "needs [KEY@]HOST:PORT"),
    ("--peer abc@127.0.0.1:4000", "64 hexadecimal digits"),
    ("--replicate 127.0.0.1:0 --anti-entropy some", "needs full, merkle or auto"),
    ("--replicate 127.0.0.1:0 --anti-entropy-interval 9", "from 10 to"),
    ("--replicate 127.0.0.1:0 --tombstone-age 10", "a time from 1s to 3650d"),
    ("--replicate 127.0.0.1:0 --tombstone-age 999ms", "a time from 1s to 3650d"),
    ("--replicate 127.0.0.1:0 --tombstone-age 9223372036854775807d", "a time from 1s to 3650d"),
    ("--replicate 127.0.0.1:0 --clock-ahead-max -1", "'--clock-ahead-max'"),
    ("--replicate 127.0.0.1:0 --name 'a b'", "printable ASCII"),
    ("--replicate 127.0.0.1:0 --cluster-key missing", "missing"),
    ("--replicate 127.0.0.1:0 --metrics nowhere", "'--metrics' needs ADDRESS:PORT"),
    ("--replicate 127.0.0.1:0 --advertise 0.0.0.0:4000", "nobody can connect to"),
    ("--replicate 127.0.0.1:0 --advertise [::]:4000", "nobody can connect to"),
    ("--replicate 127.0.0.1:0 --advertise host", "needs HOST:PORT"),
    ("--replicate 127.0.0.1:0 --advertise host:0", "needs HOST:PORT"),
    ("--peer 127.0.0.1:4000 --advertise host:1", "'--advertise' needs '--replicate'"),
    ("--advertise host:1", "needs '--replicate' or '--peer'"),
    ("--anti-entropy full", "needs '--replicate' or '--peer'"),
    ("--tombstone-age 5d", "needs '--replicate' or '--peer'"),
  ])
  func unusableArguments_shouldBeNamed(words: String, reason: String) throws {
    let result = try Program.shell("livesync kv --listen 127.0.0.1:0 \(words)")
    #expect(result.code == 2 && result.output.isEmpty)
    #expect(result.errors.contains(reason), "\(result.errors)")
  }

  @Test func clusterKey_shouldBeTheOwnersAlone_andOneLineOfDigits() throws {
    let folder = try Program.scratchFolder()
    defer { try? FileManager.default.removeItem(at: folder) }
    let made = try Program.shell(
      "livesync kv key key && stat -c %a key && wc -c < key && livesync kv key other --json",
      in: folder)
    #expect(made.code == 0, "\(made.errors)")
    #expect(made.output == "written to key\n600\n65\n{\"file\":\"other\"}\n")
    let keys = try ["key", "other"].map {
      try String(contentsOf: folder.appending(path: $0), encoding: .utf8)
    }
    #expect(keys[0] != keys[1])
    let again = try Program.shell("livesync kv key key", in: folder)
    #expect(again.code == 2 && again.errors.contains("key"))
    for (change, reason) in [
      ("chmod 644 key", "chmod 600"), ("chmod 600 key; echo x >> key", "larger than 66 bytes"),
      ("printf '%064d\\n' 0 > key", "64 hexadecimal digits"),
    ] {
      let script =
        "\(change); livesync kv --listen 127.0.0.1:0 --peer 127.0.0.1:1 --cluster-key key"
      let refused = try Program.shell(script, in: folder)
      #expect(refused.code == 2 && refused.errors.contains(reason), "\(refused.errors)")
    }
  }
}
