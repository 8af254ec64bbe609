import EventLog
import Fixtures
import Locking
import Primitives
import Reports
import Simulation
import Storage

extension FuzzTarget {
  /// A log that is read is what the writer writes of its records.
  static let eventLog = FuzzTarget(
    "event-log", seeds: { [eventLogSeed, []] },
    check: { input in
      guard let records = try? EventLogReader.records(of: input, schema: .livesync) else { return }
      try demand(records.flatMap(\.jsonLine) == input, "records are read from other lines")
    })

  private static let eventLogSeed: [UInt8] = {
    var scenario = Scenario()
    (scenario.nodes, scenario.accounts, scenario.blocks) = (2, 40, 12)
    scenario.joinAtBlock = 4
    let bytes = Lock<[UInt8]>([])
    _ = try? SimulationRun(scenario, seed: 1).run(
      identity: RunIdentity(commit: "fuzz", toolchain: "fuzz", mode: "release"),
      log: { piece in bytes.withLock { $0 += piece } })
    // One record of each kind, numbered anew.
    guard let records = try? EventLogReader.records(of: bytes.withLock { $0 }, schema: .livesync)
    else { return [] }
    let kept = Lock<[UInt8]>([])
    let writer = JSONLinesWriter(now: { 5 }) { piece in kept.withLock { $0 += piece } }
    var names: Set<String> = []
    for record in records where names.insert(record.event.name).inserted {
      let cause: UInt64? = names.count % 3 == 0 ? 1 : nil
      writer.record(record.event, context: record.context, cause: cause, request: record.request)
    }
    writer.flush()
    return kept.withLock { $0 }
  }()

  /// A header that is accepted is the one that the store writes.
  static let storeHeader = FuzzTarget(
    "store-header",
    seeds: {
      let owners = [StoreOwner.chain(.zero), StoreOwner(kind: "key-value", version: 7)]
      return owners.map { StoreHeader(owner: $0).bytes }
        + [StoreHeader(owner: owners[0], version: 3).bytes]
    },
    check: { input in
      guard let header = try? StoreHeader(input, of: "file") else { return }
      try demand(header.bytes == input, "a header that no store writes is accepted")
    })

  /// The first byte is the length of the key, then come the key and a sealed value.
  static let storeRecord = FuzzTarget(
    "store-record",
    seeds: {
      [[], [1], [1, 2, 3]].map { key in
        [UInt8(key.count)] + key + SealedRecord.seal([9, 8, 7], under: key)
      }
    },
    check: { input in
      var source = FuzzSource(input)
      let key = source.bytes(min(Int(source.byte()), 64))
      var sealed: [UInt8] = []
      while !source.isEmpty { sealed.append(source.byte()) }
      guard let value = SealedRecord.open(sealed, under: key) else { return }
      try demand(SealedRecord.seal(value, under: key) == sealed, "a record has two sealed forms")
    })

  /// A scenario that is read can be run, and is read again from what is written of it.
  static let scenario = FuzzTarget(
    "scenario",
    seeds: {
      Scenario.builtIn.map { Array($0.json.utf8) }
        + ["{}", #"{"name": "a.b_C-1", "description": "\f\u001b"}"#].map { Array($0.utf8) }
    },
    check: { input in
      guard let scenario = try? Scenario(json: input) else { return }
      let again = try? Scenario(json: Array(scenario.json.utf8))
      try demand(again == scenario, "a scenario is written as another one")
      _ = try SimulationRun(scenario, seed: 0)
    })

  /// A fixture that is read is what the writer writes of it.
  static let fixture = FuzzTarget(
    "fixture", seeds: { [fixtureSeed] },
    check: { input in
      guard let fixture = try? Fixture(bytes: input) else { return }
      try demand(fixture.bytes == input, "a fixture is read from bytes it would not write")
    })

  private static let fixtureSeed: [UInt8] = {
    let options = FixtureOptions(
      seed: 1, blocks: FixtureOptions.blocksMin, accounts: FixtureOptions.accountsMin,
      kind: .plain)
    var recorder = try? FixtureRecorder(options, name: "fuzz", generator: "fuzz")
    return (try? recorder?.run().bytes) ?? []
  }()
}
