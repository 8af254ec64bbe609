import CRDT
import KeyValue
import Primitives
import Runtime
import Streams

/// What the commands on data directories of the key-value store have in common.
enum KvData {
  static let options: [CommandSpecification.Option] = [
    .init("--data", "DIR", help: "keep the keys in this directory"),
    .init("--fsync", "WHEN", help: "always, everysec or no (everysec)"),
    .init("--repair", help: "drop what is damaged in DIR, and what follows it"),
  ]

  /// The data directory that `--data` names, opened and locked; nil without the option.
  static func durability(_ arguments: Arguments) throws -> KeyValueDurability? {
    let word = arguments.text("--fsync") ?? FsyncMode.everysec.rawValue
    guard let mode = FsyncMode(rawValue: word) else {
      throw UsageError("option '--fsync' needs always, everysec or no, not '\(word)'")
    }
    guard let directory = arguments.text("--data") else {
      guard arguments.text("--fsync") == nil, !arguments.flag("--repair") else {
        throw UsageError("options '--fsync' and '--repair' need '--data'")
      }
      return nil
    }
    return try KeyValueDurability(
      directory: directory, fsync: mode, repair: arguments.flag("--repair"), fresh: identity())
  }

  /// Who a store is that is made anew.
  static func identity() -> StoreIdentity {
    let bytes = SystemEntropy.bytes(40)
    let replica = bytes[32...].reduce(0) { $0 << 8 | UInt64($1) }
    return StoreIdentity(
      store: bytes[..<32].withUnsafeBytes { Hash256(loading: $0) }, replica: ReplicaID(replica))
  }

  /// Lines for the operator about what was found.
  static func lines(_ report: RecoveryReport) -> [String] {
    (report.tornTail.map { ["\($0)"] } ?? [])
      + report.dropped.map { "damage dropped: \($0)" }
      + report.distrusted.map {
        "'\($0)' was there when a sync failed: it may not be on the disk, and is written anew"
      }
  }

  /// Whether a directory holds a key-value store.
  static func isStore(_ directory: String) -> Bool {
    guard let disk = try? DirectoryDisk(path: directory, forWriting: false),
      let names = try? disk.names()
    else { return false }
    return names.contains { $0.hasPrefix("log-") || $0.hasPrefix("checkpoint-") }
  }

  static func reader(_ directory: String) throws -> DirectoryDisk {
    try DirectoryDisk(path: directory, forWriting: false)
  }

  static func writer(_ directory: String) throws -> DirectoryDisk {
    try DirectoryDisk(path: directory, forWriting: true)
  }

  static var now: UInt64 { WallClock.system.milliseconds }

  /// Prints facts as rows or as JSON, under a headline.
  static func show(
    _ headline: String, _ facts: [(name: String, value: Any)], _ arguments: Arguments
  ) {
    if arguments.wantsJSON {
      return Console.printJSON(DbJSON.text(facts.reduce(into: [:]) { $0[$1.name] = $1.value }))
    }
    let rows = facts.map { fact in
      fact.name + String(repeating: " ", count: max(1, 16 - fact.name.count)) + "\(fact.value)"
    }
    Console.print(([headline] + rows).joined(separator: "\n"))
  }

  static func facts(_ check: KeyValueCheck) -> [(name: String, value: Any)] {
    let recovery = check.recovery
    var facts: [(name: String, value: Any)] = [
      ("keys", check.keys), ("records", check.records), ("merkle_root", check.root),
      ("checkpoint_entries", Int(recovery.checkpointEntries)),
      ("batches", Int(recovery.batches)), ("frames", Int(recovery.frames)),
      ("log_bytes", recovery.logBytes), ("last_frame", Int(recovery.lastFrame)),
    ]
    if let tail = recovery.tornTail { facts.append(("torn_tail", "\(tail)")) }
    return facts
  }

  /// `livesync db check DIR` of a key-value store.
  static func check(_ arguments: Arguments) throws -> ExitCode {
    let directory = arguments.positionals[0]
    var verdict: [(name: String, value: Any)] = [("directory", directory)]
    do throws(LogError) {
      let check = try KeyValueCheck(
        DirectoryDisk(path: directory, forWriting: false), at: now)
      guard check.isIndexEqual else {
        verdict += [
          ("verdict", "damaged"), ("difference", "the Merkle tree is not that of the data"),
        ]
        show("damaged: \(directory)", verdict, arguments)
        return .refuted
      }
      show("sound: \(directory)", verdict + [("verdict", "sound")] + facts(check), arguments)
      return .pass
    } catch {
      guard error.kind == .damaged || error.kind == .missing || error.kind == .foreign else {
        throw error
      }
      verdict += [("verdict", "damaged"), ("difference", "\(error)")]
      show("damaged: \(error)", verdict, arguments)
      return .refuted
    }
  }
}

/// `livesync kv backup DIR TARGET`
enum KvBackupCommand: Command {
  static let specification = CommandSpecification(
    name: "kv backup",
    summary: "Copy the data directory of a key-value node, also while it runs.",
    positionals: ["DIR", "TARGET"],
    options: [],
    notes: [
      "TARGET is a directory without a store. The copy holds all up to some batch, is read in",
      "full, and is checked like any other by 'livesync db check'.",
    ])

  static func run(_ arguments: Arguments) throws -> ExitCode {
    let check = try KeyValueBackup.copy(
      from: KvData.reader(arguments.positionals[0]), to: KvData.writer(arguments.positionals[1]),
      at: KvData.now)
    KvData.show("copied to \(arguments.positionals[1])", KvData.facts(check), arguments)
    return .pass
  }
}

/// `livesync kv restore BACKUP DIR`
enum KvRestoreCommand: Command {
  static let specification = CommandSpecification(
    name: "kv restore",
    summary: "Make a data directory of a copy.",
    positionals: ["BACKUP", "DIR"],
    options: [],
    notes: [
      "DIR is a directory without a store. The new store is a replica of its own, so that others",
      "do not take it for the one whose later writes they have.",
    ])

  static func run(_ arguments: Arguments) throws -> ExitCode {
    let report = try KeyValueBackup.restore(
      from: KvData.reader(arguments.positionals[0]), to: KvData.writer(arguments.positionals[1]),
      as: KvData.identity(), at: KvData.now)
    KvData.show(
      "restored to \(arguments.positionals[1])",
      [
        ("checkpoint_entries", Int(report.checkpointEntries)), ("batches", Int(report.batches)),
      ], arguments)
    return .pass
  }
}

/// `livesync kv export-aof DIR FILE`
enum KvExportCommand: Command {
  static let specification = CommandSpecification(
    name: "kv export-aof",
    summary: "Write the keys of a data directory as a file that Redis loads.",
    positionals: ["DIR", "FILE"],
    options: [],
    notes: [
      "FILE must not be there. Of a node that runs, export a backup. redis-check-aof verifies the",
      "file; redis-server loads it as appendonly.aof, or redis-cli --pipe sends it.",
    ])

  static func run(_ arguments: Arguments) throws -> ExitCode {
    let export = try AOFExport(
      from: KvData.reader(arguments.positionals[0]), to: arguments.positionals[1],
      at: KvData.now)
    KvData.show(
      "written to \(arguments.positionals[1])",
      [("keys", export.keys), ("left_out", export.leftOut), ("bytes", export.bytes)], arguments)
    return .pass
  }
}

/// `livesync kv import-aof FILE DIR`
enum KvImportCommand: Command {
  static let specification = CommandSpecification(
    name: "kv import-aof",
    summary: "Load an AOF of Redis into a data directory.",
    positionals: ["FILE", "DIR"],
    options: [],
    notes: [
      "FILE is an AOF, or the directory appendonlydir of Redis 7, whose base must be an AOF too:",
      "CONFIG SET aof-use-rdb-preamble no, then BGREWRITEAOF. The node must not run. A command",
      "that is not known is named with its byte, and nothing is stored then.",
    ])

  static func run(_ arguments: Arguments) throws -> ExitCode {
    let done = try AOFImport(
      arguments.positionals[0], into: KvData.writer(arguments.positionals[1]),
      as: KvData.identity(), at: KvData.now)
    var facts: [(name: String, value: Any)] = [
      ("requests", Int(done.requests)), ("keys", done.keys),
    ]
    if let tail = done.tail { facts.append(("left_out", "\(tail)")) }
    KvData.show("loaded into \(arguments.positionals[1])", facts, arguments)
    return .pass
  }
}
