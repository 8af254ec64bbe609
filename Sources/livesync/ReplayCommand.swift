import Fixtures
import Simulation
import Storage
import Streams

/// `livesync replay FILE`
enum ReplayCommand: Command {
  static let specification = CommandSpecification(
    name: "replay",
    summary: "Drive a fixture chain through the engine and check everything recorded in it.",
    positionals: ["FILE"],
    options: [
      .init(
        "--schedule", "N", help: "order the engine's jobs by this seed instead of the fixture's"),
      .init("--store", "DIR", help: "keep the node's chain in this new data directory"),
    ],
    notes: [
      "Every root, event, request, missing range and the end state must be as recorded; the first",
      "step that differs is printed and the exit code is \(ExitCode.nondeterminism.rawValue).",
      "If the disk of DIR is full, the exit code is \(ExitCode.fullDisk.rawValue). A replay that",
      "did not come to its end is begun again by the next one into the same DIR.",
    ])

  static func run(_ arguments: Arguments) throws -> ExitCode {
    let path = arguments.positionals[0]
    let schedule = try arguments.number("--schedule", in: 0...UInt64.max)
    let fixture = try fixture(path)
    let directory = arguments.text("--store")
    let store = try directory.map { try open($0, fixture) }
    var replay = try replay(fixture, schedule, in: store)
    let meter = ProgressMeter()
    let count = fixture.steps.count
    let verdict = replay.run { done in
      meter.show(done * 1_000_000 / max(1, count), "replaying, step \(done) of \(count)")
    }
    Console.endProgress()
    if let failure = replay.storeFailure { throw failure }
    try store?.close()
    if let directory { try UnfinishedReplay.end(in: directory) }
    if arguments.wantsJSON {
      Console.printJSON(json(verdict, fixture))
    } else {
      Console.print(text(verdict, fixture))
    }
    return verdict == .pass ? .pass : .nondeterminism
  }

  /// Opens a new store; what a replay left that did not come to its end is begun again.
  private static func open(_ directory: String, _ fixture: Fixture) throws -> LMDBStore {
    if UnfinishedReplay.isLeft(in: directory) { try LMDBStore.erase(path: directory) }
    // One transaction a push all the same; they reach the disk together at the end.
    let store = try LMDBStore(
      path: directory, owner: .chain(fixture.genesis.hash), options: .init(durability: .onRequest))
    let isNew = try store.read { snapshot throws(StorageError) in
      snapshot.namespaces.isEmpty
    }
    // Never on a chain that somebody may still need.
    if isNew { try UnfinishedReplay.begin(in: directory) }
    return store
  }

  /// The fixture at `path`, read no further than it can be one.
  private static func fixture(_ path: String) throws -> Fixture {
    var file = try InputFile(path: path)
    var failure: StreamError?
    let result = Result { () throws(FixtureError) in
      try Fixture {
        do throws(StreamError) {
          return try file.next()
        } catch {
          failure = error
          return []
        }
      }
    }
    if let failure { throw failure }
    do throws(FixtureError) {
      return try result.get()
    } catch {
      throw UsageError("\(path): \(error)")
    }
  }

  private static func replay(
    _ fixture: Fixture, _ schedule: UInt64?, in store: LMDBStore?
  ) throws -> FixtureReplay {
    guard let store else { return FixtureReplay(fixture, scheduleSeed: schedule) }
    guard let replay = try FixtureReplay(fixture, scheduleSeed: schedule, store: store) else {
      throw UsageError("'\(store.path)' holds a chain already; a replay begins with a new one")
    }
    return replay
  }

  private static func text(_ verdict: FixtureVerdict, _ fixture: Fixture) -> String {
    switch verdict {
    case .pass:
      "pass: \(fixture.header.name), \(fixture.steps.count) steps, "
        + "\(fixture.end.items.count) items at block \(fixture.end.number)"
    case .differs(let mismatch): "\(mismatch)"
    }
  }

  private static func json(_ verdict: FixtureVerdict, _ fixture: Fixture) -> String {
    var object: [String: Any] = ["name": fixture.header.name, "steps": fixture.steps.count]
    switch verdict {
    case .pass: object["verdict"] = "pass"
    case .differs(let mismatch):
      object["verdict"] = "differs"
      if let step = mismatch.step { object["step"] = step }
      object["action"] = mismatch.action
      object["line"] = mismatch.line
      object["differences"] = mismatch.differences.map {
        ["field": $0.field, "expected": $0.expected, "actual": $0.actual]
      }
    }
    return DbJSON.text(object)
  }
}
