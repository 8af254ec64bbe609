import EventLog
import Ledger
import Primitives
import Streams

extension GenesisFile {
  private static let keys = [
    "livesync_genesis", "network", "version", "blocks_per_batch", "batches_per_epoch", "slots",
    "block_interval_ms", "timestamp_ms", "validators", "accounts", "generated_accounts",
    "state_root", "hash",
  ]

  /// Reads the file at `path`; `-` is standard input. At most `ProductionLimits.genesisBytesMax`
  /// bytes are read.
  /// - Parameter withAccounts: false leaves the accounts out, which takes no time and memory for
  ///   them: the file's hash proves the root of their state.
  public init(path: String, withAccounts: Bool = true) throws(GenesisFileError) {
    let bytes: [UInt8]
    do throws(StreamError) {
      var file = try InputFile(path: path)
      bytes = try file.all(limit: ProductionLimits.genesisBytesMax)
    } catch { throw .unreadable(error) }
    try self.init(json: bytes, file: path, withAccounts: withAccounts)
  }

  /// Reads the bytes of a file that errors call `file`. Unknown, missing and doubled keys, values
  /// of another type or out of their ranges, validators and accounts that come twice, and a hash
  /// that is not that of the content are refused by their place.
  public init(
    json bytes: [UInt8], file: String, withAccounts: Bool = true
  ) throws(GenesisFileError) {
    let document: JSONDocument
    do throws(JSONError) { document = try JSONDocument(parsing: bytes) } catch {
      throw .syntax(error, in: file)
    }
    let part = try GenesisPart(document, "a genesis", known: Self.keys, in: file)
    _ = try part.whole("livesync_genesis", in: Self.format...Self.format)
    let configuration = try Self.configuration(part)
    let timestamp = try part.whole(
      "timestamp_ms", in: 0...ProductionLimits.timestampMillisecondsMax)
    let validators = try Self.validators(part, slots: configuration.slotCount)
    let accounts = withAccounts ? try Self.accounts(part) : []
    let generated = try Self.generated(part)
    let root = try part.hash("state_root")
    let stated = try part.hash("hash")
    do throws(GenesisError) {
      if withAccounts {
        try self.init(
          configuration: configuration, timestamp: timestamp, validators: validators,
          accounts: accounts, generated: generated)
      } else {
        try self.init(
          configuration: configuration, timestamp: timestamp, validators: validators,
          stateRoot: root, generated: generated)
      }
    } catch { throw part.contradiction(error.description) }
    try part.check("state_root", root, computed: genesis.block.header.stateRoot)
    try part.check("hash", stated, computed: genesis.hash)
  }

  private static func configuration(
    _ part: GenesisPart
  ) throws(GenesisFileError) -> ChainConfiguration {
    let configuration = ChainConfiguration(
      network: try part.whole("network", in: 0...UInt16.max),
      version: try part.whole("version", in: 0...UInt16.max),
      blocksPerBatch: try part.whole("blocks_per_batch", in: 2...LedgerLimits.batchBlocksMax),
      batchesPerEpoch: try part.whole("batches_per_epoch", in: 1...LedgerLimits.batchBlocksMax),
      slotCount: try part.whole("slots", in: 1...UInt16.max),
      blockIntervalMilliseconds: try part.whole(
        "block_interval_ms", in: 1...ProductionLimits.blockIntervalMillisecondsMax))
    let blocks = configuration.blocksPerBatch.multipliedReportingOverflow(
      by: configuration.batchesPerEpoch)
    guard !blocks.overflow else {
      throw part.contradiction("an epoch has more than \(UInt32.max) blocks")
    }
    return configuration
  }

  private static func validators(
    _ part: GenesisPart, slots: UInt16
  ) throws(GenesisFileError) -> ValidatorSet {
    let list = try part.list("validators")
    guard (1...LedgerLimits.validatorsMax).contains(list.count) else {
      throw part.wrong(
        "validators", "has not from 1 to \(LedgerLimits.validatorsMax) entries",
        at: try part.value("validators"))
    }
    var known: Set<PublicKey> = []
    var validators: [Validator] = []
    for entry in list {
      let one = try GenesisPart(
        entry, "a validator", known: ["public_key", "slots"], in: part.file)
      let key = PublicKey(raw: try one.hash("public_key"))
      guard known.insert(key).inserted else { throw one.duplicate("validator \(key)") }
      validators.append(
        Validator(publicKey: key, slots: try one.whole("slots", in: 1...UInt16.max)))
    }
    guard let set = ValidatorSet(validators), set.slotCount == Int(slots) else {
      let sum = validators.reduce(0) { $0 + Int($1.slots) }
      throw part.wrong(
        "slots", "is \(slots), but the validators have \(sum) together",
        at: try part.value("slots"))
    }
    return set
  }

  private static func accounts(
    _ part: GenesisPart
  ) throws(GenesisFileError) -> [GenesisAccount] {
    guard part.optional("accounts") != nil else { return [] }
    var known: Set<Address> = []
    var accounts: [GenesisAccount] = []
    for entry in try part.list("accounts") {
      let one = try GenesisPart(
        entry, "an account", known: ["address", "balance", "nonce", "data"], in: part.file)
      let account = Account(
        balance: try one.whole("balance", in: 0...UInt64.max),
        nonce: try one.whole("nonce", in: 0...(Account.noncesPerBlock - 1), otherwise: 0),
        data: one.optional("data") == nil
          ? [] : try one.bytes("data", count: 0...LedgerLimits.dataBytesMax))
      let count = Address.byteCount
      guard let address = Address(bytes: try one.bytes("address", count: count...count)) else {
        throw one.wrong("address", "is no address", at: try one.value("address"))
      }
      guard !account.isEmpty else {
        throw one.contradiction("account \(address) has neither coins nor data")
      }
      guard known.insert(address).inserted else { throw one.duplicate("account \(address)") }
      accounts.append(GenesisAccount(address: address, account: account))
    }
    return accounts
  }

  private static func generated(
    _ part: GenesisPart
  ) throws(GenesisFileError) -> GeneratedAccounts? {
    guard let value = part.optional("generated_accounts") else { return nil }
    let one = try GenesisPart(
      value, "generated_accounts", known: ["count", "seed", "keyed", "balance", "data_bytes"],
      in: part.file)
    let count = try one.whole("count", in: 1...LedgerLimits.genesisAccountsMax)
    return GeneratedAccounts(
      count: count, seed: try one.whole("seed", in: 0...UInt64.max),
      keyed: try one.whole("keyed", in: 0...min(count, ProductionLimits.keyedAccountsMax)),
      balance: try one.whole("balance", in: 1...UInt64.max),
      dataBytes: try one.whole("data_bytes", in: 0...ProductionLimits.generatedDataBytesMax))
  }
}
