import MerkleTree
import Primitives
import StateTrie

/// An account the chain starts with.
public struct GenesisAccount: Sendable, Hashable {
  public var address: Address
  public var account: Account

  public init(address: Address, account: Account) {
    self.address = address
    self.account = account
  }
}

/// What a chain starts from. Block 0 is an election block that names the first validators.
public struct Genesis: Sendable, Hashable {
  public let configuration: ChainConfiguration
  /// Milliseconds since the Unix epoch.
  public let timestamp: UInt64
  /// In the order of their addresses; none if they were left out.
  public let accounts: [GenesisAccount]
  /// False if the accounts were left out: then a chain cannot begin with them.
  public let hasAccounts: Bool
  public let validators: ValidatorSet
  /// Block 0. Its parent hash is the hash of the configuration, so that all nodes agree on it too.
  public let block: Block

  public var hash: Hash256 { block.hash }

  /// A genesis of these accounts in any order; computes the state root, which takes about 100
  /// hashes an account. Throws for a configuration out of range, validators that do not hold
  /// `slotCount` slots, an address that comes twice, an empty or too large account, and a supply
  /// that overflows 64 bits.
  public init(
    configuration: ChainConfiguration, timestamp: UInt64, accounts: [GenesisAccount],
    validators: ValidatorSet
  ) throws(GenesisError) {
    self = try Self.withState(
      configuration: configuration, timestamp: timestamp, accounts: accounts, validators: validators
    ).genesis
  }

  /// The same, and the state after block 0, which is made for its root: a chain may take it over
  /// instead of making it once more.
  public static func withState(
    configuration: ChainConfiguration, timestamp: UInt64, accounts: [GenesisAccount],
    validators: ValidatorSet
  ) throws(GenesisError) -> (genesis: Genesis, state: StateTrie) {
    guard configuration.isValid else { throw .configuration }
    guard validators.slotCount == Int(configuration.slotCount) else { throw .slotCount }
    let sorted = accounts.sorted { $0.address < $1.address }
    try Self.check(sorted)
    let trie = Self.trie(of: sorted)
    guard let root = trie.rootHash() else {
      preconditionFailure("a complete trie of \(sorted.count) accounts has no root")
    }
    return (
      Genesis(configuration, timestamp, sorted, hasAccounts: true, root, validators), trie
    )
  }

  /// The genesis with the accounts left out, of which only the root of their state is known: for a
  /// node that gets them from others. Throws for a configuration out of range and validators that
  /// do not hold `slotCount` slots.
  public init(
    configuration: ChainConfiguration, timestamp: UInt64, stateRoot: Hash256,
    validators: ValidatorSet
  ) throws(GenesisError) {
    guard configuration.isValid else { throw .configuration }
    guard validators.slotCount == Int(configuration.slotCount) else { throw .slotCount }
    self.init(configuration, timestamp, [], hasAccounts: false, stateRoot, validators)
  }

  private init(
    _ configuration: ChainConfiguration, _ timestamp: UInt64, _ accounts: [GenesisAccount],
    hasAccounts: Bool, _ root: Hash256, _ validators: ValidatorSet
  ) {
    self.configuration = configuration
    self.timestamp = timestamp
    self.accounts = accounts
    self.hasAccounts = hasAccounts
    self.validators = validators
    let header = BlockHeader(
      .init(
        kind: .election, number: 0, timestamp: timestamp, network: configuration.network,
        version: configuration.version, parentHash: Blake2b256.hash(configuration.wireBytes),
        lastElectionHash: nil, stateRoot: root, diffRoot: TrieDiff.empty.root,
        bodyRoot: Block.bodyRoot(of: [], nextValidators: validators),
        historyRoot: MountainFrontier().root, seed: BlockSeed(.zero).derived(number: 0)))
    block = Block(
      header: header, justification: .genesis, nextValidators: validators, body: .empty)
  }

  /// The same genesis with the accounts left out.
  public var withoutAccounts: Genesis {
    Genesis(
      configuration, timestamp, [], hasAccounts: false, block.header.stateRoot, validators)
  }

  /// The state after block 0.
  func trie() -> StateTrie { Self.trie(of: accounts) }

  private static func trie(of accounts: [GenesisAccount]) -> StateTrie {
    let trie = StateTrie()
    for entry in accounts {
      do {
        try trie.put(entry.address.key, entry.account.wireBytes)
      } catch {
        preconditionFailure("a checked genesis account was refused: \(error)")
      }
    }
    return trie
  }

  private static func check(_ accounts: [GenesisAccount]) throws(GenesisError) {
    guard accounts.count <= LedgerLimits.genesisAccountsMax else { throw .tooManyAccounts }
    var supply: UInt64 = 0
    for (index, entry) in accounts.enumerated() {
      if index > 0, entry.address == accounts[index - 1].address {
        throw .duplicateAddress(entry.address)
      }
      guard !entry.account.isEmpty, entry.account.data.count <= LedgerLimits.dataBytesMax,
        entry.account.nonce < Account.noncesPerBlock
      else { throw .invalidAccount(entry.address) }
      let (sum, overflow) = supply.addingReportingOverflow(entry.account.balance)
      if overflow { throw .supplyOverflow }
      supply = sum
    }
  }
}

/// Why no chain can start like this. A struct over a private enum, so that cases can be added.
public struct GenesisError: Error, Equatable, Sendable, CustomStringConvertible {
  private enum Kind: Equatable {
    case configuration, slotCount, tooManyAccounts, supplyOverflow
    case duplicateAddress(Address)
    case invalidAccount(Address)
  }
  private let kind: Kind

  /// A value of the configuration is out of its range.
  public static let configuration = GenesisError(kind: .configuration)
  /// The validators do not hold exactly the configured number of slots.
  public static let slotCount = GenesisError(kind: .slotCount)
  /// There are more accounts than `LedgerLimits.genesisAccountsMax`.
  public static let tooManyAccounts = GenesisError(kind: .tooManyAccounts)
  /// The balances do not fit 64 bits together.
  public static let supplyOverflow = GenesisError(kind: .supplyOverflow)
  /// An address comes twice.
  public static func duplicateAddress(_ address: Address) -> GenesisError {
    .init(kind: .duplicateAddress(address))
  }
  /// An account is empty, has too much data, or a nonce that only a later block could give.
  public static func invalidAccount(_ address: Address) -> GenesisError {
    .init(kind: .invalidAccount(address))
  }

  public var description: String {
    switch kind {
    case .configuration: "the chain configuration is out of range"
    case .slotCount: "the validators do not hold the configured number of slots"
    case .tooManyAccounts: "more than \(LedgerLimits.genesisAccountsMax) genesis accounts"
    case .supplyOverflow: "the genesis balances do not fit 64 bits together"
    case .duplicateAddress(let address): "account \(address) comes twice"
    case .invalidAccount(let address): "account \(address) cannot be stored"
    }
  }
}

extension GenesisAccount: WireCodable {
  public func encode(to encoder: inout WireEncoder) {
    encoder.append(address)
    encoder.append(account)
  }

  public init(from decoder: inout WireDecoder) throws(WireError) {
    self.init(address: try decoder.value(), account: try decoder.value())
  }
}

extension Genesis: WireCodable {
  public func encode(to encoder: inout WireEncoder) {
    encoder.append(configuration)
    encoder.append(timestamp)
    encoder.append(accounts)
    encoder.append(validators)
  }

  public init(from decoder: inout WireDecoder) throws(WireError) {
    let offset = decoder.offset
    let configuration: ChainConfiguration = try decoder.value()
    let timestamp = try decoder.uint64()
    let accounts = try decoder.array(
      of: GenesisAccount.self, elementBytes: Address.byteCount + 3,
      limit: LedgerLimits.genesisAccountsMax)
    let validators: ValidatorSet = try decoder.value()
    do {
      try self.init(
        configuration: configuration, timestamp: timestamp, accounts: accounts,
        validators: validators)
    } catch { throw .invalidValue(error.description, at: offset) }
    if accounts != self.accounts {
      throw .invalidValue("genesis accounts are not in address order", at: offset)
    }
  }
}
