import EventLog
import Primitives
import Transport

/// One setting: its key in a file, its option, and how it is read and printed.
public struct Setting: Sendable {
  /// A value that does not fit; the reason.
  struct Unfit: Error {
    let reason: String

    init(_ reason: String) { self.reason = reason }
  }

  /// The key in a configuration file, such as `event_log_bytes`.
  public let key: String
  /// Placeholder of the option's value; nil for a flag.
  public let placeholder: String?
  /// One line for the help text.
  public let help: String
  /// What stands for it in a file.
  enum Form: Sendable {
    case text
    case number
    case bool
    /// Of texts; the option may be given several times.
    case list
  }

  /// Whether the option may be given several times, and the file has a list.
  public var isList: Bool { form == .list }
  let form: Form
  let read: @Sendable (inout NodeSettings, [String]) throws(Unfit) -> Void
  /// The value as it stands in a file.
  let show: @Sendable (NodeSettings) -> String

  /// The option, such as `--event-log-bytes`; one of a list is in the singular.
  public var option: String {
    let name = isList && key.hasSuffix("s") ? String(key.dropLast()) : key
    return "--" + name.map { $0 == "_" ? "-" : String($0) }.joined()
  }

  /// All of them, in the order of the help text.
  public static let all: [Setting] = [
    text("data", "DIR", "folder of the store, the key and the event log", \.data),
    text("genesis", "FILE", "genesis file of the chain (livesync genesis makes one)", \.genesis),
    list(
      "listen", "ADDR", "where nodes may connect, such as 0.0.0.0:7400 or [::]:7400", \.listen,
      max: DaemonLimits.listenMax, parse: { SocketAddress($0) }, show: { $0.description }),
    list(
      "peers", "KEY@ADDR", "a node to keep a connection to; ADDR may have a name for its host",
      \.peers, max: DaemonLimits.peersMax, parse: { KeptPeer(text: $0) },
      show: { $0.description }),
    Setting(
      "http", "ADDR", "where to ask about the node; has no passwords, so keep it local",
      read: { (settings, words) throws(Unfit) in
        settings.http = words[0].isEmpty ? nil : try address(words[0])
      }, show: { JSONText.quoted($0.http?.description ?? "") }),
    Setting(
      "name", "NAME", "what the node is called in its log: letters, digits, '.', '_' and '-'",
      read: { (settings, words) throws(Unfit) in
        guard (1...DaemonLimits.nameBytesMax).contains(words[0].utf8.count),
          words[0].utf8.allSatisfy({ isNameByte($0) })
        else {
          throw Unfit("is not 1 to \(DaemonLimits.nameBytesMax) letters, digits, '.', '_' or '-'")
        }
        settings.name = words[0]
      }, show: { JSONText.quoted($0.name) }),
    choice("state", "sync|genesis", "where a new node's state comes from", \.state),
    Setting(
      "produce", "KEYFILE", "make blocks with the keys of these validators",
      read: { (settings, words) throws(Unfit) in
        settings.produce = words[0].isEmpty ? nil : try Self.path(words[0])
      }, show: { JSONText.quoted($0.produce ?? "") }),
    number(
      "block_time_ms", "MS", "time between blocks that are made; 0: that of the chain",
      \.blockTimeMilliseconds, in: 0...86_400_000),
    number(
      "transactions_per_block", "N", "transfers made up for each block", \.transactionsPerBlock,
      in: 0...4_096),
    number("inbound_max", "N", "connections of other nodes", \.inboundMax, in: 0...1_000),
    number(
      "outbound_max", "N", "connections to nodes that were heard of", \.outboundMax, in: 0...64),
    Setting(
      "private_addresses", nil, "learn and tell addresses of private networks", .bool,
      read: { (settings, words) throws(Unfit) in
        settings.privateAddresses = try bool(words[0])
      }, show: { "\($0.privateAddresses)" }),
    number(
      "snapshot_interval", "BLOCKS", "take a snapshot of the state every so many blocks; 0: none",
      \.snapshotInterval, in: 0...1_000_000_000),
    number(
      "snapshot_keep", "N", "snapshots that are kept; 0: all", \.snapshotKeep, in: 0...1_000),
    Setting(
      "statesync_enable", "BOOL", "false: join by chunks alone, not from snapshots of others",
      .bool,
      read: { (settings, words) throws(Unfit) in settings.stateSync = try bool(words[0]) },
      show: { "\($0.stateSync)" }),
    number(
      "statesync_trust_height", "N", "an election block known to be of the chain; 0: the genesis",
      \.trustHeight, in: 0...Int(UInt32.max)),
    Setting(
      "statesync_trust_hash", "HASH", "its hash, 64 hexadecimal digits",
      read: { (settings, words) throws(Unfit) in
        guard words[0].isEmpty || Hash256(hex: words[0]) != nil else {
          throw Unfit("is no hash of 64 hexadecimal digits")
        }
        settings.trustHash = Hash256(hex: words[0])
      }, show: { JSONText.quoted($0.trustHash.map { "\($0)" } ?? "") }),
    number(
      "statesync_trust_period_s", "S", "how long after it was made it is trusted",
      \.trustPeriodSeconds, in: 1...1_000_000_000),
    number(
      "statesync_discovery_time_ms", "MS", "longest time in which snapshots are looked for",
      \.discoveryMilliseconds, in: 1...3_600_000),
    number(
      "statesync_chunk_fetchers", "N", "most pieces on their way at a time; 0: as many as pay",
      \.chunkFetchers, in: 0...1_000),
    number(
      "statesync_chunk_request_timeout_ms", "MS",
      "longest time for one piece; 0: what the measured rate of its host says",
      \.chunkRequestTimeoutMilliseconds, in: 0...3_600_000),
    choice("log_level", "LEVEL", "debug, info, warn or error: what people are shown", \.logLevel),
    number(
      "event_log_bytes", "N", "bytes of one file of the event log", \.eventLogBytes,
      in: 1 << 16...1 << 40),
    number("event_log_files", "N", "files of the event log", \.eventLogFiles, in: 1...1_000),
  ]

  private init(
    _ key: String, _ placeholder: String?, _ help: String, _ form: Form = .text,
    read: @escaping @Sendable (inout NodeSettings, [String]) throws(Unfit) -> Void,
    show: @escaping @Sendable (NodeSettings) -> String
  ) {
    self.key = key
    self.placeholder = placeholder
    self.help = help
    self.form = form
    self.read = read
    self.show = show
  }

  private typealias Path<Value> = any WritableKeyPath<NodeSettings, Value> & Sendable

  private static func text(
    _ key: String, _ placeholder: String, _ help: String, _ path: Path<String>
  ) -> Setting {
    Setting(
      key, placeholder, help,
      read: { (settings, words) throws(Unfit) in
        settings[keyPath: path] = try Self.path(words[0])
      }, show: { JSONText.quoted($0[keyPath: path]) })
  }

  private static func number(
    _ key: String, _ placeholder: String, _ help: String, _ path: Path<Int>,
    in range: ClosedRange<Int>
  ) -> Setting {
    Setting(
      key, placeholder, help, .number,
      read: { (settings, words) throws(Unfit) in
        guard let value = Int(words[0]), range.contains(value), "\(value)" == words[0] else {
          throw Unfit("is no whole number from \(range.lowerBound) to \(range.upperBound)")
        }
        settings[keyPath: path] = value
      }, show: { "\($0[keyPath: path])" })
  }

  private static func choice<Value: RawRepresentable & CaseIterable & Sendable>(
    _ key: String, _ placeholder: String, _ help: String, _ path: Path<Value>
  ) -> Setting where Value.RawValue == String {
    Setting(
      key, placeholder, help,
      read: { (settings, words) throws(Unfit) in
        guard let value = Value(rawValue: words[0]) else {
          throw Unfit("is none of \(Value.allCases.map(\.rawValue).joined(separator: ", "))")
        }
        settings[keyPath: path] = value
      }, show: { JSONText.quoted($0[keyPath: path].rawValue) })
  }

  private static func list<Value: Hashable & Sendable>(
    _ key: String, _ placeholder: String, _ help: String, _ path: Path<[Value]>, max: Int,
    parse: @escaping @Sendable (String) -> Value?, show: @escaping @Sendable (Value) -> String
  ) -> Setting {
    Setting(
      key, placeholder, help, .list,
      read: { (settings, words) throws(Unfit) in
        var values: [Value] = []
        for word in words {
          guard let value = parse(word) else { throw Unfit("'\(word)' is no \(placeholder)") }
          guard !values.contains(value) else { throw Unfit("'\(word)' comes twice") }
          values.append(value)
        }
        guard values.count <= max else { throw Unfit("has more than \(max) entries") }
        settings[keyPath: path] = values
      },
      show: { settings in
        let values = settings[keyPath: path].map { JSONText.quoted(show($0)) }
        return "[" + values.joined(separator: ", ") + "]"
      })
  }

  private static func bool(_ word: String) throws(Unfit) -> Bool {
    guard let value = ["true": true, "false": false][word] else {
      throw Unfit("is neither true nor false")
    }
    return value
  }

  /// A text that can be a path; an empty one stands for none.
  private static func path(_ word: String) throws(Unfit) -> String {
    guard !word.utf8.contains(0) else { throw Unfit("has a zero byte") }
    return word
  }

  private static func isNameByte(_ byte: UInt8) -> Bool {
    switch byte {
    case UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
      UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "."), UInt8(ascii: "_"),
      UInt8(ascii: "-"):
      true
    default: false
    }
  }

  private static func address(_ word: String) throws(Unfit) -> SocketAddress {
    guard let address = SocketAddress(word) else { throw Unfit("'\(word)' is no ADDR") }
    return address
  }
}
