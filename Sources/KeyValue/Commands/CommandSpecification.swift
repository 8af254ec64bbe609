/// What is said of a command once: COMMAND, COMMAND DOCS, the check of the number of arguments and
/// the list in Docs/KeyValue.md come from it.
public struct CommandSpecification: Sendable {
  /// What a command does, in Redis' words.
  struct Flags: OptionSet, Sendable {
    let rawValue: UInt16

    static let write = Flags(rawValue: 1)
    static let readonly = Flags(rawValue: 2)
    static let denyoom = Flags(rawValue: 4)
    static let admin = Flags(rawValue: 8)
    static let fast = Flags(rawValue: 16)
    /// It needs no authentication.
    static let noAuth = Flags(rawValue: 32)
    static let loading = Flags(rawValue: 64)
    static let stale = Flags(rawValue: 128)
    static let noscript = Flags(rawValue: 256)

    private static let names = [
      "write", "readonly", "denyoom", "admin", "fast", "no_auth", "loading", "stale", "noscript",
    ]

    var names: [String] {
      Self.names.indices.filter { rawValue & 1 << UInt16($0) != 0 }.map { Self.names[$0] }
    }
  }

  /// In lower case.
  public let name: String
  let id: CommandID
  /// Arguments with the name; negative: at least so many.
  public let arity: Int
  let flags: Flags
  /// The first and the last key among the arguments, and how far apart they are; 0: none. -1 is the
  /// last argument.
  let keys: (first: Int, last: Int, step: Int)
  /// In Redis' words, such as "string".
  public let group: String
  /// What comes after the name.
  public let syntax: String
  public let summary: String
  /// The version of Redis that has had it since.
  let since: String
  /// The second words that it takes, with their arity.
  let subcommands: [Subcommand]

  struct Subcommand: Sendable {
    /// In lower case.
    let name: String
    let arity: Int
    let syntax: String
    let summary: String

    init(_ name: String, _ arity: Int, _ syntax: String, _ summary: String) {
      self.name = name
      self.arity = arity
      self.syntax = syntax
      self.summary = summary
    }
  }

  init(
    _ id: CommandID, _ arity: Int, _ flags: Flags, keys: (Int, Int, Int) = (0, 0, 0),
    _ group: String, _ syntax: String, _ summary: String, since: String,
    subcommands: [Subcommand] = []
  ) {
    name = id.name
    self.id = id
    self.arity = arity
    self.flags = flags
    self.keys = keys
    self.group = group
    self.syntax = syntax
    self.summary = summary
    self.since = since
    self.subcommands = subcommands
  }

  /// Whether so many arguments will do.
  @inline(__always)
  func takes(_ arguments: Int) -> Bool { arity >= 0 ? arguments == arity : arguments >= -arity }
}
