import EventLog
import Ledger
import Primitives

/// What a chain starts from, as a file that people can read: configuration, validators, accounts.
///
/// The file states the hash of the genesis, which is computed anew when it is read: whoever changes
/// a file by accident makes no other chain. Written and read as one JSON object (`Production.md`).
public struct GenesisFile: Sendable, Hashable {
  /// What the content makes.
  public let genesis: Genesis
  /// Accounts that the file lists, in the order of their addresses.
  public let listed: [GenesisAccount]
  /// Accounts that follow from a seed; nil if there are none.
  public let generated: GeneratedAccounts?

  /// Computes the genesis, which takes about a second for a million accounts. Throws
  /// `GenesisError` for what no chain can start from, the ranges of `generated` excluded, which
  /// must hold.
  public init(
    configuration: ChainConfiguration, timestamp: UInt64, validators: ValidatorSet,
    accounts: [GenesisAccount] = [], generated: GeneratedAccounts? = nil
  ) throws(GenesisError) {
    let made = generated?.accounts ?? []
    genesis = try Genesis(
      configuration: configuration, timestamp: timestamp, accounts: accounts + made,
      validators: validators)
    listed = accounts.sorted { $0.address < $1.address }
    self.generated = generated
  }

  /// The file without its accounts, of which the root of their state is known.
  init(
    configuration: ChainConfiguration, timestamp: UInt64, validators: ValidatorSet,
    stateRoot: Hash256, generated: GeneratedAccounts?
  ) throws(GenesisError) {
    genesis = try Genesis(
      configuration: configuration, timestamp: timestamp, stateRoot: stateRoot,
      validators: validators)
    listed = []
    self.generated = generated
  }

  /// The keys of the accounts that are for tests; anybody who has the file has them.
  public var testKeys: [KeyPair] { generated?.keys ?? [] }
}

extension GenesisFile {
  /// The version of the form that is written and read.
  static let format = 1

  /// The file's bytes: one object, its keys in a fixed order, a validator or an account a line.
  public var json: String {
    let rules = genesis.configuration
    var lines = [
      "\"livesync_genesis\": \(Self.format)",
      "\"network\": \(rules.network)",
      "\"version\": \(rules.version)",
      "\"blocks_per_batch\": \(rules.blocksPerBatch)",
      "\"batches_per_epoch\": \(rules.batchesPerEpoch)",
      "\"slots\": \(rules.slotCount)",
      "\"block_interval_ms\": \(rules.blockIntervalMilliseconds)",
      "\"timestamp_ms\": \(genesis.timestamp)",
      Self.list(
        "validators",
        genesis.validators.validators.map {
          "{\"public_key\": \"\($0.publicKey)\", \"slots\": \($0.slots)}"
        }),
    ]
    if !listed.isEmpty {
      lines.append(Self.list("accounts", listed.map(Self.line)))
    }
    if let generated {
      lines.append(
        "\"generated_accounts\": {\"count\": \(generated.count), \"seed\": \(generated.seed), "
          + "\"keyed\": \(generated.keyed), \"balance\": \(generated.balance), "
          + "\"data_bytes\": \(generated.dataBytes)}")
    }
    lines.append("\"state_root\": \"\(genesis.block.header.stateRoot)\"")
    lines.append("\"hash\": \"\(genesis.hash)\"")
    return "{\n" + lines.map { "  \($0)" }.joined(separator: ",\n") + "\n}\n"
  }

  private static func list(_ key: String, _ entries: [String]) -> String {
    "\"\(key)\": [\n" + entries.map { "    \($0)" }.joined(separator: ",\n") + "\n  ]"
  }

  private static func line(_ entry: GenesisAccount) -> String {
    var text = "{\"address\": \"\(entry.address)\", \"balance\": \(entry.account.balance)"
    if entry.account.nonce != 0 { text += ", \"nonce\": \(entry.account.nonce)" }
    if !entry.account.data.isEmpty {
      text += ", \"data\": \"\(Hex.string(entry.account.data))\""
    }
    return text + "}"
  }
}
