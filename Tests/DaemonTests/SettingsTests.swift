import Daemon
import EventLog
import Foundation
import TestSupport
import Testing
import Transport

@Suite struct SettingsTests {
  private static let key = String(repeating: "0a", count: 31) + "0b"

  /// For each key a value in JSON, the words of its option, and what it must have done.
  private static let values: [(String, String, [String], @Sendable (NodeSettings) -> Bool)] = [
    ("data", "\"/d\"", ["/d"], { $0.data == "/d" }),
    ("genesis", "\"g.json\"", ["g.json"], { $0.genesis == "g.json" }),
    (
      "listen", "[\"127.0.0.1:7400\", \"[::1]:0\"]", ["127.0.0.1:7400", "[::1]:0"],
      { $0.listen.map(\.description) == ["127.0.0.1:7400", "[::1]:0"] }
    ),
    (
      "peers", "[\"\(key)@192.0.2.1:7400\", \"\(key)@seed.example.org:7401\"]",
      ["\(key)@192.0.2.1:7400", "\(key)@seed.example.org:7401"],
      {
        $0.peers.map(\.description) == [
          "\(key)@192.0.2.1:7400", "\(key)@seed.example.org:7401",
        ]
      }
    ),
    ("http", "\"127.0.0.1:7480\"", ["127.0.0.1:7480"], { $0.http?.port == 7_480 }),
    ("name", "\"a-1_b.C\"", ["a-1_b.C"], { $0.name == "a-1_b.C" }),
    ("state", "\"genesis\"", ["genesis"], { $0.state == .genesis }),
    ("produce", "\"k.key\"", ["k.key"], { $0.produce == "k.key" }),
    ("block_time_ms", "250", ["250"], { $0.blockTimeMilliseconds == 250 }),
    ("transactions_per_block", "7", ["7"], { $0.transactionsPerBlock == 7 }),
    ("inbound_max", "0", ["0"], { $0.inboundMax == 0 }),
    ("outbound_max", "64", ["64"], { $0.outboundMax == 64 }),
    ("private_addresses", "true", ["true"], { $0.privateAddresses }),
    ("snapshot_interval", "500", ["500"], { $0.snapshotInterval == 500 }),
    ("snapshot_keep", "0", ["0"], { $0.snapshotKeep == 0 }),
    ("statesync_enable", "false", ["false"], { !$0.stateSync }),
    ("statesync_trust_height", "96", ["96"], { $0.trustHeight == 96 }),
    ("statesync_trust_hash", "\"\(key)\"", [key], { $0.trustHash?.hex == key }),
    ("statesync_trust_period_s", "60", ["60"], { $0.trustPeriodSeconds == 60 }),
    ("statesync_discovery_time_ms", "9", ["9"], { $0.discoveryMilliseconds == 9 }),
    ("statesync_chunk_fetchers", "4", ["4"], { $0.chunkFetchers == 4 }),
    (
      "statesync_chunk_request_timeout_ms", "10000", ["10000"],
      { $0.chunkRequestTimeoutMilliseconds == 10_000 }
    ),
    ("log_level", "\"error\"", ["error"], { $0.logLevel == .error }),
    ("event_log_bytes", "65536", ["65536"], { $0.eventLogBytes == 65_536 }),
    ("event_log_files", "1", ["1"], { $0.eventLogFiles == 1 }),
  ]

  @Test func everyKey_shouldBeRead_byFileAndByOption() throws {
    #expect(Self.values.map(\.0) == Setting.all.map(\.key))
    for (setting, value) in zip(Setting.all, Self.values) {
      #expect(!value.3(NodeSettings()), "\(value.0): the test proves nothing")
      var settings = NodeSettings()
      try settings.read(json: Array("{\"\(value.0)\": \(value.1)}".utf8), file: "f")
      #expect(value.3(settings), "\(value.0)")
      var others = NodeSettings()
      try others.read(setting, value.2)
      #expect(others == settings, "\(value.0)")
    }
    #expect(Setting.all.map(\.option).contains("--event-log-bytes"))
    #expect(Setting.all.map(\.option).contains("--peer"))
    #expect(Set(Setting.all.map(\.option)).count == Setting.all.count)
  }

  /// Values that a key does not take.
  private static let unfit: [(String, String)] = [
    ("data", "7"), ("data", "true"), ("block_time_ms", "\"5\""), ("http", "true"),
    ("inbound_max", "[5]"), ("data", "{}"), ("name", "7"), ("data", "\"a\\u0000b\""),
    ("data", "null"),
    ("genesis", "[]"), ("produce", "\"a\\u0000\""),
    ("listen", "\"127.0.0.1:1\""), ("listen", "[\"localhost:1\"]"), ("listen", "[1]"),
    ("listen", "[\"127.0.0.1:1\",\"127.0.0.1:1\"]"), ("listen", "[\"127.0.0.1\"]"),
    ("listen", "[\"::1:1\"]"), ("listen", "[\"127.0.0.1:65536\"]"),
    ("peers", "[\"\(key)@localhost:0\"]"), ("peers", "[\"\(key)@127.1:1\"]"),
    ("peers", "[\"\(key)@127.0.0.1:0\"]"), ("peers", "[\"127.0.0.1:1\"]"),
    ("peers", "[\"\(key.dropLast())@127.0.0.1:1\"]"), ("peers", "[\"@127.0.0.1:1\"]"),
    ("http", "\"7480\""), ("http", "7480"), ("name", "\"\""), ("name", "\"a b\""),
    ("name", "\"\\u001b[1m\""), ("name", "\"ä\""), ("state", "\"Sync\""), ("state", "true"),
    ("block_time_ms", "-1"), ("block_time_ms", "86400001"), ("block_time_ms", "\"1.0\""),
    ("transactions_per_block", "4097"), ("inbound_max", "1001"), ("outbound_max", "65"),
    ("outbound_max", "99999999999999999999"), ("private_addresses", "\"yes\""),
    ("private_addresses", "1"), ("log_level", "\"trace\""), ("event_log_bytes", "65535"),
    ("event_log_files", "0"), ("event_log_files", "1001"), ("colour", "1"), ("Data", "\"x\""),
  ]

  @Test func unfitValue_shouldBeRefused_withItsPlace_andChangeNothing() {
    for (key, value) in Self.unfit {
      var settings = NodeSettings()
      let text = "{\n  \"event_log_files\": 9,\n  \"\(key)\": \(value)\n}"
      let isAlone = key != "event_log_files"
      let json = isAlone ? text : "{\n\n  \"\(key)\": \(value)\n}"
      let error = #expect(throws: SettingsError.self, "\(key): \(value)") {
        try settings.read(json: Array(json.utf8), file: "my.json")
      }
      #expect(settings == NodeSettings(), "\(key): \(value)")
      let words = error?.description ?? ""
      #expect(words.hasPrefix("my.json: line 3, column "), "\(words)")
      #expect(words.contains(key), "\(words)")
    }
  }

  @Test func unfitOption_shouldBeRefused_byItsName_andChangeNothing() throws {
    let setting = try #require(Setting.all.first { $0.key == "inbound_max" })
    for word in ["", " 1", "+1", "01", "0x1", "1001", "one"] {
      var settings = NodeSettings()
      let error = #expect(throws: SettingsError.self) { try settings.read(setting, [word]) }
      #expect(error?.place == "--inbound-max" && settings == NodeSettings())
    }
  }

  @Test func noConfiguration_shouldBeRefused_whateverItIs() {
    let texts = [
      "", "[]", "7", "{", "{\"data\":\"a\",}", "{\"data\":\"a\",\"data\":\"b\"}", "{} {}",
      "\u{feff}{}", String(repeating: "[", count: 100_000), "{\"data\":\"\\ud800\"}",
    ]
    for text in texts {
      var settings = NodeSettings()
      #expect(throws: SettingsError.self, "\(text.prefix(40))") {
        try settings.read(json: Array(text.utf8), file: "f")
      }
      #expect(settings == NodeSettings())
    }
  }

  @Test func damagedConfiguration_shouldBeReadOrRefused_andNeverHalf() {
    var random = SeededGenerator(seed: 11)
    var whole = NodeSettings()
    (whole.data, whole.genesis, whole.name) = ("/var/lib/n", "g", "n7")
    let text = Array(whole.json.utf8)
    for _ in 0..<2_000 {
      var bytes = text
      for _ in 0...random.below(3) {
        let place = random.below(bytes.count)
        switch random.below(3) {
        case 0: bytes[place] = UInt8(random.below(256))
        case 1: bytes.remove(at: place)
        default: bytes.insert(bytes[random.below(bytes.count)], at: place)
        }
      }
      var settings = NodeSettings()
      do throws(SettingsError) { try settings.read(json: bytes, file: "f") } catch {
        #expect(settings == NodeSettings() && error.description.hasPrefix("f: "))
      }
    }
  }

  @Test func printedSettings_shouldGiveThemAgain() throws {
    var random = SeededGenerator(seed: 5)
    for _ in 0..<200 {
      var settings = NodeSettings()
      for (setting, value) in zip(Setting.all, Self.values) where random.chance(50) {
        try settings.read(setting, value.2)
      }
      if random.chance(30) { settings.data = "/ä \"\\\n\u{1b}\u{202e}/" }
      settings.eventLogBytes = 65_536 + random.below(1 << 39)
      var read = NodeSettings()
      try read.read(json: Array(settings.json.utf8), file: "f")
      #expect(read == settings)
      #expect(read.json == settings.json)
    }
  }

  @Test func lists_shouldHaveSoManyEntriesAtMost() throws {
    func words(_ key: String, _ count: Int) -> [String] {
      (1...count).map { (key == "peers" ? "\(Self.key)@" : "") + "127.0.0.1:\($0)" }
    }
    for (key, most) in [("peers", DaemonLimits.peersMax), ("listen", DaemonLimits.listenMax)] {
      let setting = try #require(Setting.all.first { $0.key == key })
      var settings = NodeSettings()
      try settings.read(setting, words(key, most))
      #expect(settings.peers.count + settings.listen.count == most)
      let error = #expect(throws: SettingsError.self) {
        try settings.read(setting, words(key, most + 1))
      }
      #expect(error?.reason == "has more than \(most) entries")
      #expect(settings.peers.count + settings.listen.count == most)
    }
  }

  @Test func name_shouldBeShort_andOfPlainBytes() throws {
    let setting = try #require(Setting.all.first { $0.key == "name" })
    var settings = NodeSettings()
    try settings.read(setting, [String(repeating: "x", count: DaemonLimits.nameBytesMax)])
    #expect(throws: SettingsError.self) {
      try settings.read(setting, [String(repeating: "x", count: DaemonLimits.nameBytesMax + 1)])
    }
  }

  @Test func configuration_shouldBeRead_upToItsLimit() throws {
    let folder = TemporaryFolder()
    let path = folder.path + "/node.json"
    let most = DaemonLimits.configurationBytesMax
    for (bytes, fits) in [(most, true), (most + 1, false)] {
      let text = "{\"name\":\"x\"" + String(repeating: " ", count: bytes - 12) + "}"
      try Data(text.utf8).write(to: URL(fileURLWithPath: path))
      var settings = NodeSettings()
      do throws(SettingsError) {
        try settings.read(path: path)
        #expect(fits && settings.name == "x")
      } catch {
        #expect(!fits && error.place == path && settings == NodeSettings())
      }
    }
    var settings = NodeSettings()
    for path in [folder.path, folder.path + "/none", "/dev/null"] {
      #expect(throws: SettingsError.self) { try settings.read(path: path) }
    }
  }
}
