import Ledger
import Locking
import Primitives
import Production
import Snapshot
import StateTrie
import Storage
import Streams

/// What the commands on snapshots have in common.
enum SnapshotPlace {
  static let directoryNote =
    "DATA is the data directory of a node; its snapshots are in DATA/snapshots."

  /// The snapshots of a node.
  static func directory(_ arguments: Arguments) -> SnapshotDirectory {
    SnapshotDirectory(path: arguments.positionals[0] + "/snapshots")
  }

  /// The snapshot that the second argument names by its height.
  static func snapshot(_ arguments: Arguments) throws -> SnapshotFiles {
    guard let height = UInt32(arguments.positionals[1]) else {
      throw UsageError("HEIGHT is a block number, not '\(arguments.positionals[1])'")
    }
    return try directory(arguments).open(SnapshotName(height: height))
  }

  /// What text and JSON say of a snapshot.
  static func facts(_ files: SnapshotFiles) -> [(name: String, value: Any)] {
    let manifest = files.manifest
    return [
      ("height", Int(manifest.height)), ("format", Int(files.name.format)),
      ("snapshot", files.hash.hex), ("chain", manifest.chain.hex),
      ("block", manifest.anchor.block.hash.hex),
      ("election", "\(manifest.anchor.election.id)"),
      ("state_root", manifest.stateRoot.hex), ("items", Int(manifest.items)),
      ("chunks", manifest.chunks.count), ("pieces", files.pieceCount),
      ("raw_bytes", Int(manifest.rawBytes)), ("stored_bytes", Int(files.index.storedBytes)),
      ("path", files.path),
    ]
  }

  static func object(_ files: SnapshotFiles) -> [String: Any] {
    facts(files).reduce(into: [:]) { $0[$1.name] = $1.value }
  }

  /// Prints a snapshot after a headline.
  static func show(_ files: SnapshotFiles, _ headline: String?, _ arguments: Arguments) {
    Console.endProgress()
    if arguments.wantsJSON {
      Console.printJSON(DbJSON.text(object(files)))
    } else {
      let rows = facts(files).map { fact in
        fact.name + String(repeating: " ", count: max(1, 14 - fact.name.count))
          + "\(fact.value)"
      }
      Console.print(((headline.map { [$0] } ?? []) + rows).joined(separator: "\n"))
    }
  }

  static func partsPerMillion(_ done: Int, of total: Int) -> Int {
    done * 1_000_000 / max(1, total)
  }
}

/// `livesync snapshot create DATA`
enum SnapshotCreateCommand: Command {
  static let specification = CommandSpecification(
    name: "snapshot create",
    summary: "Take a snapshot of the last macro block in a node's data directory.",
    positionals: ["DATA"],
    options: [
      .init("--genesis", "FILE", help: "genesis file of the chain"),
      .init(
        "--chunk-bytes", "N",
        help: "uncompressed bytes of a chunk (default \(SnapshotLimits.defaultChunkBytes))"),
      .init("--level", "N", help: "level of zstd, 1...19 (default \(SnapshotLimits.defaultLevel))"),
    ],
    notes: [
      SnapshotPlace.directoryNote,
      "No node may have the data directory open, and nothing of the chain in it changes.",
    ])

  static func run(_ arguments: Arguments) throws -> ExitCode {
    guard let file = arguments.text("--genesis") else {
      throw UsageError("option '--genesis' is missing")
    }
    var options = SnapshotOptions()
    if let bytes = try arguments.number("--chunk-bytes", in: 1...SnapshotLimits.chunkBytesMax) {
      options.chunkBytes = bytes
    }
    if let level = try arguments.number("--level", in: 1...19) { options.level = level }
    let genesis = try GenesisFile(path: file).genesis
    let path = arguments.positionals[0] + "/store"
    // Opening would make a new store.
    guard Folder.isFolder(path) else { throw UsageError("there is no chain's store '\(path)'") }
    let store = try LMDBStore(path: path, owner: .chain(genesis.hash))
    let chain = try Blockchain(genesis: genesis, state: .missing, store: store)
    let manifest = try take(chain, SnapshotPlace.directory(arguments), options)
    try store.close()
    let files = try SnapshotPlace.directory(arguments).open(
      SnapshotName(height: manifest.height))
    SnapshotPlace.show(files, nil, arguments)
    return .pass
  }

  private static func take(
    _ chain: Blockchain, _ directory: SnapshotDirectory, _ options: SnapshotOptions
  ) throws -> SnapshotManifest {
    let meter = Lock(ProgressMeter())
    let hash = chain.genesis.hash
    let reading = try chain.readLastMacroState { state in
      Result { () throws(SnapshotError) in
        try SnapshotTaking.take(state, chain: hash, into: directory, options: options) { start in
          let done = start.isEmpty ? 0 : KeyRange(start: .empty, end: start).share
          meter.withLock { $0.show(Int(done * 1_000_000), "taking") }
          return true
        }
      }
    }
    switch reading {
    case .read(let manifest): return try manifest.get()
    case .otherHead, .incomplete: throw SnapshotError.noState
    case .unanchored: throw SnapshotError.unanchored
    }
  }
}

/// `livesync snapshot list DATA`
enum SnapshotListCommand: Command {
  static let specification = CommandSpecification(
    name: "snapshot list",
    summary: "List the snapshots of a node, and what else lies beside them.",
    positionals: ["DATA"],
    options: [],
    notes: [SnapshotPlace.directoryNote, "Only names, manifests and lengths are looked at."])

  static func run(_ arguments: Arguments) throws -> ExitCode {
    let directory = SnapshotPlace.directory(arguments)
    let content = try directory.content()
    var lines: [String] = []
    var objects: [[String: Any]] = []
    for name in content.snapshots {
      guard name.format == SnapshotName.provable else {
        lines.append("\(name)  format \(name.format)")
        objects.append(["height": Int(name.height), "format": Int(name.format)])
        continue
      }
      do throws(SnapshotError) {
        let files = try directory.open(name)
        lines.append(
          "\(name)  \(files.manifest.items) items  \(files.index.storedBytes) bytes  "
            + files.hash.hex)
        objects.append(SnapshotPlace.object(files))
      } catch {
        lines.append("\(name)  unusable: \(error)")
        objects.append([
          "height": Int(name.height), "format": Int(name.format), "reason": error.reason,
          "detail": error.description,
        ])
      }
    }
    lines += content.partial.map { "not finished: \($0)" }
    lines += content.foreign.map { "no snapshot: \($0)" }
    if arguments.wantsJSON {
      Console.printJSON(
        DbJSON.text([
          "snapshots": objects, "partial": content.partial, "foreign": content.foreign,
        ]))
    } else {
      Console.print(lines.isEmpty ? "no snapshots" : lines.joined(separator: "\n"))
    }
    return .pass
  }
}

/// `livesync snapshot show DATA HEIGHT`
enum SnapshotShowCommand: Command {
  static let specification = CommandSpecification(
    name: "snapshot show",
    summary: "Print what a snapshot says of itself.",
    positionals: ["DATA", "HEIGHT"],
    options: [],
    notes: [SnapshotPlace.directoryNote])

  static func run(_ arguments: Arguments) throws -> ExitCode {
    SnapshotPlace.show(try SnapshotPlace.snapshot(arguments), nil, arguments)
    return .pass
  }
}

/// `livesync snapshot verify DATA HEIGHT`
enum SnapshotVerifyCommand: Command {
  static let specification = CommandSpecification(
    name: "snapshot verify",
    summary: "Check every piece of a snapshot against the state root of its block.",
    positionals: ["DATA", "HEIGHT"],
    options: [],
    notes: [
      SnapshotPlace.directoryNote,
      "Whether the block is one of the chain is not checked: compare its hash with a node's.",
      "Exit code \(ExitCode.refuted.rawValue): something is damaged; the first place is named.",
    ])

  static func run(_ arguments: Arguments) throws -> ExitCode {
    let files = try SnapshotPlace.snapshot(arguments)
    let meter = ProgressMeter()
    _ = try files.verify { done in
      meter.show(SnapshotPlace.partsPerMillion(done, of: files.pieceCount), "verifying")
      return true
    }
    SnapshotPlace.show(files, "sound", arguments)
    return .pass
  }
}

/// `livesync snapshot export DATA HEIGHT FILE`
enum SnapshotExportCommand: Command {
  static let specification = CommandSpecification(
    name: "snapshot export",
    summary: "Write a snapshot as one new ustar archive.",
    positionals: ["DATA", "HEIGHT", "FILE"],
    options: [],
    notes: [SnapshotPlace.directoryNote, "Nothing that is there is written over."])

  static func run(_ arguments: Arguments) throws -> ExitCode {
    let files = try SnapshotPlace.snapshot(arguments)
    let meter = ProgressMeter()
    try SnapshotArchive.export(files, to: arguments.positionals[2]) { done, total in
      meter.show(SnapshotPlace.partsPerMillion(done, of: total), "exporting")
      return true
    }
    SnapshotPlace.show(files, nil, arguments)
    return .pass
  }
}

/// `livesync snapshot import DATA FILE`
enum SnapshotImportCommand: Command {
  static let specification = CommandSpecification(
    name: "snapshot import",
    summary: "Check an archive and add its snapshot to those of a node.",
    positionals: ["DATA", "FILE"],
    options: [],
    notes: [
      SnapshotPlace.directoryNote,
      "Every piece is checked before the snapshot is there; '-' reads standard input.",
      "Whether the block is one of the chain is not checked: compare its hash with a node's.",
      "Exit code \(ExitCode.refuted.rawValue): the archive is damaged; the first place is named.",
    ])

  static func run(_ arguments: Arguments) throws -> ExitCode {
    let meter = ProgressMeter()
    let files = try SnapshotArchive.import(
      arguments.positionals[1], into: SnapshotPlace.directory(arguments)
    ) { done, total in
      meter.show(SnapshotPlace.partsPerMillion(done, of: total), "importing")
      return true
    }
    guard let files else { return .lost }
    SnapshotPlace.show(files, nil, arguments)
    return .pass
  }
}
