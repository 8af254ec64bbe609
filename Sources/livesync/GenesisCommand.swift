import EventLog
import Foundation
import Ledger
import Primitives
import Production
import Streams

/// `livesync genesis`
enum GenesisCommand: Command {
  private static let defaults = ChainConfiguration()
  private static let accountsDefault = 1_000
  private static let keyedDefault = 64

  static let specification = CommandSpecification(
    name: "genesis",
    summary: "Make the genesis file of a new chain, and the keys of its validators.",
    positionals: [],
    options: [
      .init("--out", "FILE", help: "the genesis file (genesis.json)"),
      .init("--keys", "DIR", help: "folder of the key files (keys)"),
      .init("--validators", "N", help: "validators, 1 to \(LedgerLimits.validatorsMax) (4)"),
      .init("--key-files", "N", help: "files that share the validators' keys (1)"),
      .init("--slots", "N", help: "slots of all validators (\(defaults.slotCount))"),
      .init("--accounts", "N", help: "accounts at the start (\(accountsDefault))"),
      .init("--seed", "N", help: "what these accounts follow from (1)"),
      .init(
        "--account-keys", "N",
        help: "how many of them have keys that everybody knows (\(keyedDefault))"),
      .init("--balance", "N", help: "coins of each (1000000)"),
      .init("--data-bytes", "N", help: "bytes of data of each (0)"),
      .init(
        "--block-time", "MS",
        help: "time between blocks in ms (\(defaults.blockIntervalMilliseconds))"),
      .init("--blocks-per-batch", "N", help: "blocks of a batch (\(defaults.blocksPerBatch))"),
      .init(
        "--batches-per-epoch", "N", help: "batches of an epoch (\(defaults.batchesPerEpoch))"),
      .init("--network", "N", help: "number that tells chains apart (\(defaults.network))"),
      .init("--timestamp", "MS", help: "time of block 0 in ms since 1970 (now)"),
    ],
    notes: [
      "Nothing is written over. The validators' keys are drawn from the operating system; with",
      "--key-files 1 they are in DIR/validators.key, else in DIR/validators-1.key and so on, each",
      "with mode 600. Keys of accounts follow from --seed: such a chain is for tests.",
    ])

  static func run(_ arguments: Arguments) throws -> ExitCode {
    let plan = try Plan(arguments)
    let out = try OutputFile(path: plan.out)
    guard out.isNew || out.isOutput else { throw UsageError("'\(plan.out)' is there already") }
    try Folder.make(plan.folder, mode: 0o700)
    if let taken = plan.keyFiles.first(where: { FileManager.default.fileExists(atPath: $0) }) {
      throw UsageError("'\(taken)' is there already")
    }
    var written: [String] = []
    let file: GenesisFile
    do {
      var pairs: [KeyPair] = []
      for (index, path) in plan.keyFiles.enumerated() {
        pairs += try KeyFile.generate(.validator, count: plan.keyCount(of: index), at: path)
        written.append(path)
      }
      file = try plan.genesis(pairs)
      try out.write(Array(file.json.utf8))
    } catch {
      // Keys of a chain that there is not.
      for path in written { try? FileManager.default.removeItem(atPath: path) }
      throw error
    }
    if out.isOutput { return .pass }
    if arguments.wantsJSON {
      Console.printJSON(json(plan, file))
    } else {
      Console.print(text(plan, file))
    }
    return .pass
  }

  /// What is to be made.
  private struct Plan {
    let out: String
    let folder: String
    let keyFiles: [String]
    let validators: Int
    let slots: UInt16
    let configuration: ChainConfiguration
    let timestamp: UInt64
    let accounts: GeneratedAccounts

    init(_ arguments: Arguments) throws(UsageError) {
      out = arguments.text("--out") ?? "genesis.json"
      folder = arguments.text("--keys") ?? "keys"
      validators = try arguments.number("--validators", in: 1...LedgerLimits.validatorsMax) ?? 4
      let files = try arguments.number("--key-files", in: 1...validators) ?? 1
      let folder = folder
      keyFiles =
        files == 1
        ? [folder + "/validators.key"] : (1...files).map { "\(folder)/validators-\($0).key" }
      slots =
        try arguments.number("--slots", in: UInt16(validators)...UInt16.max)
        ?? max(defaults.slotCount, UInt16(validators))
      configuration = ChainConfiguration(
        network: try arguments.number("--network", in: 0...UInt16.max) ?? defaults.network,
        blocksPerBatch: try arguments.number(
          "--blocks-per-batch", in: 2...LedgerLimits.batchBlocksMax) ?? defaults.blocksPerBatch,
        batchesPerEpoch: try arguments.number(
          "--batches-per-epoch", in: 1...LedgerLimits.batchBlocksMax) ?? defaults.batchesPerEpoch,
        slotCount: slots,
        blockIntervalMilliseconds: try arguments.number(
          "--block-time", in: 1...ProductionLimits.blockIntervalMillisecondsMax)
          ?? defaults.blockIntervalMilliseconds)
      timestamp =
        try arguments.number("--timestamp", in: 0...ProductionLimits.timestampMillisecondsMax)
        ?? UInt64(max(0, Date().timeIntervalSince1970 * 1_000))
      let count =
        try arguments.number("--accounts", in: 1...LedgerLimits.genesisAccountsMax)
        ?? accountsDefault
      let keyed = min(count, ProductionLimits.keyedAccountsMax)
      accounts = GeneratedAccounts(
        count: count, seed: try arguments.number("--seed", in: 0...UInt64.max) ?? 1,
        keyed: try arguments.number("--account-keys", in: 0...keyed) ?? min(keyed, keyedDefault),
        balance: try arguments.number("--balance", in: 1...UInt64.max) ?? 1_000_000,
        dataBytes: try arguments.number(
          "--data-bytes", in: 0...ProductionLimits.generatedDataBytesMax) ?? 0)
    }

    /// Keys in one of the files: as equal as can be, the first ones with more.
    func keyCount(of file: Int) -> Int {
      validators / keyFiles.count + (file < validators % keyFiles.count ? 1 : 0)
    }

    func genesis(_ pairs: [KeyPair]) throws -> GenesisFile {
      let share = Int(slots) / pairs.count
      let rest = Int(slots) % pairs.count
      let list = pairs.enumerated().map { index, pair in
        Validator(publicKey: pair.publicKey, slots: UInt16(share + (index < rest ? 1 : 0)))
      }
      guard let set = ValidatorSet(list) else {
        throw UsageError("\(pairs.count) validators cannot share \(slots) slots")
      }
      return try GenesisFile(
        configuration: configuration, timestamp: timestamp, validators: set, generated: accounts)
    }
  }

  private static func text(_ plan: Plan, _ file: GenesisFile) -> String {
    let rules = plan.configuration
    return """
      genesis    \(plan.out)
      hash       \(file.genesis.hash)
      root       \(file.genesis.block.header.stateRoot)
      validators \(plan.validators) with \(plan.slots) slots, keys in \
      \(plan.keyFiles.joined(separator: ", "))
      accounts   \(plan.accounts.count), \(plan.accounts.keyed) with keys that everybody knows
      blocks     every \(rules.blockIntervalMilliseconds) ms, \(rules.blocksPerBatch) a batch, \
      \(rules.batchesPerEpoch) batches an epoch
      """
  }

  private static func json(_ plan: Plan, _ file: GenesisFile) -> String {
    DbJSON.text([
      "genesis": plan.out, "hash": file.genesis.hash.hex,
      "state_root": file.genesis.block.header.stateRoot.hex, "validators": plan.validators,
      "slots": Int(plan.slots), "accounts": plan.accounts.count,
      "account_keys": plan.accounts.keyed, "key_files": plan.keyFiles,
    ])
  }
}
